"""Registries on each kind of storage, registries in memory, and clients for them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings

Serve = Callable[[RegistrySettings], EmbeddedRegistry]


@pytest.fixture(params=["memory", "directory"])
def storage_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "registry" if request.param == "directory" else None


@pytest.fixture
def serve(storage_path: Path | None) -> Iterator[Serve]:
    """Return a function that starts a registry with some settings; the registries stop at the end of the test."""
    started: list[EmbeddedRegistry] = []

    def start(settings: RegistrySettings) -> EmbeddedRegistry:
        registry = EmbeddedRegistry(storage=storage_path, settings=settings)
        registry.start()
        started.append(registry)
        return registry

    yield start
    for registry in started:
        registry.stop()


@pytest.fixture
def stored_registry(serve: Serve) -> EmbeddedRegistry:
    """A registry on each kind of storage."""
    return serve(RegistrySettings())


@pytest.fixture
def client(stored_registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stored_registry.url, verify=False) as client:  # loading CA certificates takes 20 ms
        yield client


@pytest.fixture
def memory_registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry() as registry:
        yield registry


@pytest.fixture
def token_registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(auth="token") as registry:
        yield registry
