"""A registry for each test, over each storage, and a client for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, Settings

Serve = Callable[[Settings], EmbeddedRegistry]


@pytest.fixture(params=["memory", "directory"])
def storage_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "registry" if request.param == "directory" else None


@pytest.fixture
def serve(storage_path: Path | None) -> Iterator[Serve]:
    """Start registries with settings of one's own; they stop with the test."""
    started: list[EmbeddedRegistry] = []

    def start(settings: Settings) -> EmbeddedRegistry:
        registry = EmbeddedRegistry(storage=storage_path, settings=settings)
        registry.start()
        started.append(registry)
        return registry

    yield start
    for registry in started:
        registry.stop()


@pytest.fixture
def registry(serve: Serve) -> EmbeddedRegistry:
    return serve(Settings())


@pytest.fixture
def client(registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=registry.url, verify=False) as client:  # it is plain HTTP; loading certificates takes 20 ms
        yield client
