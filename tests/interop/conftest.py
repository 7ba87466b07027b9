"""Debian's docker-registry and the embedded registry; every exchange is validated against the specification."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from attrs import frozen

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.interop.private_registry import MODES, PrivateRegistry, run_private_registry
from tests.support.docker_registry import run_docker_registry
from tests.support.secret_watch import SecretWatch, watch_secrets
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.validation import Exchanges, Specification

SERVERS = ("docker-registry", "embedded")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on both servers, or on those that its marker `only_on` names."""
    if "registry" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("only_on")
        metafunc.parametrize("registry", marker.args if marker else SERVERS, indirect=True, scope="session")


@pytest.fixture(autouse=True)
def secret_watch() -> Iterator[SecretWatch]:
    """Fail each test after which a log record or an exception holds a secret."""
    with watch_secrets() as watch:
        yield watch
    if found := watch.findings():
        pytest.fail("secrets are in:\n" + "\n".join(found))


@frozen
class Server:
    """A running registry that all tests share; each test uses its own repositories.

    Attributes:
        name: `docker-registry` or `embedded`.
        url: Its URL, without a path.
    """

    name: str
    url: str


@pytest.fixture(scope="session")
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Debian's docker-registry, or the embedded one."""
    if request.param == "embedded":
        with EmbeddedRegistry() as embedded:
            yield Server("embedded", embedded.url)
    else:
        with run_docker_registry(tmp_path_factory.mktemp("docker-registry")) as debian:
            yield Server("docker-registry", debian.url)


@pytest.fixture(scope="module", params=MODES)
def private_registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRegistry]:
    """A docker-registry that requires tokens or a password, over http or https, with an image in `library/there`."""
    with run_private_registry(tmp_path_factory.mktemp(request.param), request.param) as running:
        yield running


@pytest.fixture
def repo(request: pytest.FixtureRequest) -> str:
    """The name of a repository that only this test uses."""
    return "tests/" + re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:120].strip("-")


@pytest.fixture
def specification() -> str:
    """The file of openapi/ that validates the exchanges; modules for another API override this fixture."""
    return "registry-v2.yaml"


@pytest.fixture
def exchanges(request: pytest.FixtureRequest, specification: str) -> Iterator[Exchanges]:
    """The exchanges of this test. At its end all must be valid, or with the marker `deviation` at least one invalid."""
    recorded = Exchanges(Specification.load(specification))
    yield recorded
    marker = request.node.get_closest_marker("deviation")
    if marker is None and recorded.violations:
        pytest.fail("these exchanges violate openapi/:\n" + "\n".join(recorded.violations))
    if marker is not None and not recorded.violations:
        pytest.fail(f"this test is marked as deviating ({marker.args[0]}), but every exchange was valid")


@pytest.fixture
def http(registry: Server, exchanges: Exchanges) -> Iterator[httpx.Client]:
    """A sync client of the registry."""
    with httpx.Client(base_url=registry.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as client:
        yield client


@pytest.fixture
async def async_http(registry: Server, exchanges: Exchanges, anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """An async client of the registry."""
    transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(), exchanges)
    async with httpx.AsyncClient(base_url=registry.url, transport=transport) as client:
        yield client
