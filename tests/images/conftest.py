"""Fixtures of the tests of images: registries, repositories and skopeo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.docker_registry import run_docker_registry
from tests.support.referrers_registries import registry_without_referrers
from tests.support.skopeo import Skopeo, require_skopeo

__all__ = ["registry_without_referrers"]

StartRegistry: TypeAlias = Callable[..., EmbeddedRegistry]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that uses `registry_url` with an embedded registry and with Debian's docker-registry."""
    if "registry_url" in metafunc.fixturenames:
        metafunc.parametrize("registry_url", ("embedded", "docker-registry"), indirect=True, scope="session")


@pytest.fixture(scope="session")
def registry_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded registry, or of Debian's docker-registry, that all tests share."""
    if request.param == "embedded":
        with EmbeddedRegistry() as embedded:
            yield embedded.url
    else:
        with run_docker_registry(tmp_path_factory.mktemp("docker-registry")) as debian:
            yield debian.url


@pytest.fixture
def start_registry() -> Iterator[StartRegistry]:
    """A function that starts an embedded registry for this test only."""
    with ExitStack() as stack:

        def start(**options: Any) -> EmbeddedRegistry:
            return stack.enter_context(EmbeddedRegistry(**options))

        yield start


@pytest.fixture
def repo_name(request: pytest.FixtureRequest) -> str:
    """The name of a repository for this test only."""
    test = re.sub("[^a-z0-9]+", "-", request.node.name.lower())[-120:].strip("-")
    return f"tests/{request.node.path.parent.name.strip('_')}/{test}"


@pytest.fixture
def skopeo(tmp_path_factory: pytest.TempPathFactory) -> Skopeo:
    """Debian's skopeo."""
    return Skopeo(require_skopeo(), tmp_path_factory.mktemp("skopeo"))
