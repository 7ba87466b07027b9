"""A client for a registry in memory: the storage does not matter to faults."""

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry


@pytest.fixture
def client(memory_registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=memory_registry.url, verify=False) as client:
        yield client
