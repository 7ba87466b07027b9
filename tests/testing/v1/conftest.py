"""Registries of API v1 with each storage, and a client for a standalone one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings

ServeV1 = Callable[..., EmbeddedRegistry]


@pytest.fixture
def serve_v1(storage_path: Path | None) -> Iterator[ServeV1]:
    """Return a function that starts a registry with some settings; the registries stop at the end of the test."""
    started: list[EmbeddedRegistry] = []

    def start(index: EmbeddedRegistry | None = None, **settings: object) -> EmbeddedRegistry:
        storage = None if storage_path is None else storage_path / str(len(started))
        registry = EmbeddedRegistry(storage=storage, v1=V1Settings(**settings), index=index)  # type: ignore[arg-type]
        registry.start()
        started.append(registry)
        return registry

    yield start
    for registry in reversed(started):
        registry.stop()


@pytest.fixture
def v1_registry(serve_v1: ServeV1) -> EmbeddedRegistry:
    return serve_v1()


@pytest.fixture
def client(v1_registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=v1_registry.url) as client:
        yield client
