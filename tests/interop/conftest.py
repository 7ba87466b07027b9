"""Debian's docker-registry, with every exchange held against the specification."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.support.docker_registry import DockerRegistry, run_docker_registry
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.validation import Exchanges, Specification


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A docker-registry that all tests share, each in repositories of its own."""
    with run_docker_registry(tmp_path_factory.mktemp("docker-registry")) as running:
        yield running


@pytest.fixture
def repo(request: pytest.FixtureRequest) -> str:
    """The name of a repository that only this test uses."""
    return "tests/" + re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:120].strip("-")


@pytest.fixture
def exchanges(request: pytest.FixtureRequest) -> Iterator[Exchanges]:
    """What passes in this test; at its end all of it must be valid, or something invalid where the test says so."""
    recorded = Exchanges(Specification.load("registry-v2.yaml"))
    yield recorded
    marker = request.node.get_closest_marker("deviation")
    if marker is None and recorded.violations:
        pytest.fail("these exchanges are not as openapi/ has them:\n" + "\n".join(recorded.violations))
    if marker is not None and not recorded.violations:
        pytest.fail(f"this test is marked as deviating ({marker.args[0]}), but every exchange was valid")


@pytest.fixture
def http(registry: DockerRegistry, exchanges: Exchanges) -> Iterator[httpx.Client]:
    """A sync client of the shared docker-registry."""
    with httpx.Client(base_url=registry.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as client:
        yield client


@pytest.fixture
async def async_http(registry: DockerRegistry, exchanges: Exchanges, anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """An async client of the shared docker-registry."""
    transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(), exchanges)
    async with httpx.AsyncClient(base_url=registry.url, transport=transport) as client:
        yield client
