"""A registry for each test, and a client for it."""

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry() as registry:
        yield registry


@pytest.fixture
def client(registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=registry.url, verify=False) as client:
        yield client
