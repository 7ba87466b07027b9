"""Registries of API v1, and sync and async clients for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from tests.legacy_v1.driver import Driver, drive
from tests.support.validation import Exchanges, Specification

StartRegistry = Callable[..., EmbeddedRegistry]


@pytest.fixture(autouse=True)
def _no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the credential files of the user who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """A driver of sync or of async clients, which validates their exchanges."""
    exchanges = Exchanges(Specification.load("registry-v1.yaml"))
    with drive(request.param, exchanges) as driver:
        yield driver
    marker = request.node.get_closest_marker("deviation")
    if marker is None and exchanges.violations:
        pytest.fail("these exchanges contradict openapi/:\n" + "\n".join(dict.fromkeys(exchanges.violations)))
    if marker is not None and not exchanges.violations:
        pytest.fail(f"this test is marked as deviating ({marker.args[0]}), but every exchange was valid")


@pytest.fixture
def start_registry() -> Iterator[StartRegistry]:
    """A function that starts a registry with API v1 only; the registries are stopped at the end."""
    started: list[EmbeddedRegistry] = []

    def start(index: EmbeddedRegistry | None = None, *, storage: Any = None, **v1: Any) -> EmbeddedRegistry:
        apis: tuple[Literal["v1"]] = ("v1",)
        registry = EmbeddedRegistry(apis=apis, v1=V1Settings(**v1), index=index, storage=storage)
        registry.start()
        started.append(registry)
        return registry

    yield start
    for registry in reversed(started):
        registry.stop()
