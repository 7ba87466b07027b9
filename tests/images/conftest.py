"""Registries that tests of images share, and both kinds of functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.calls import Calls
from tests.support.awaited import KINDS
from tests.support.docker_registry import run_docker_registry
from tests.support.skopeo import Skopeo, require_skopeo


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that calls images in sync and in async."""
    if "calls" in metafunc.fixturenames:
        metafunc.parametrize("calls", [Calls(kind) for kind in KINDS], ids=KINDS)
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", ("embedded", "docker-registry"), indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Debian's docker-registry, or of the embedded one."""
    if request.param == "embedded":
        with EmbeddedRegistry() as embedded:
            yield embedded.url
    else:
        with run_docker_registry(tmp_path_factory.mktemp("docker-registry")) as debian:
            yield debian.url


@pytest.fixture
def serve() -> Iterator[Callable[..., EmbeddedRegistry]]:
    """Start embedded registries that only this test uses."""
    with ExitStack() as stack:

        def start(**options: Any) -> EmbeddedRegistry:
            return stack.enter_context(EmbeddedRegistry(**options))

        yield start


@pytest.fixture
def repo(request: pytest.FixtureRequest) -> str:
    """The name of a repository that only this test uses."""
    return "tests/" + re.sub("[^a-z0-9]+", "-", request.node.name.lower())[-120:].strip("-")


@pytest.fixture
def skopeo(tmp_path_factory: pytest.TempPathFactory) -> Skopeo:
    """Debian's skopeo."""
    return Skopeo(require_skopeo(), tmp_path_factory.mktemp("skopeo"))
