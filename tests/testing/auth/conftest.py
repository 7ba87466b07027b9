"""A private registry with a token service, and an HTTP client."""

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry


@pytest.fixture
def private_registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(auth="token", anonymous_pull=False) as registry:
        yield registry


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client
