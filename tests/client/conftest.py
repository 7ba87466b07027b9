"""The registries that the clients of API v2 are tested with, and the validation of every exchange against the specification."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from attrs import frozen

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry, Settings
from tests.core.wire.loopback import Loopback, run_loopback
from tests.support.awaited import KINDS, connect
from tests.support.docker_registry import PASSWORD, USERNAME, htpasswd_settings, run_docker_registry
from tests.support.validation import Exchanges, Specification

EMBEDDED = ("none", "basic", "token")
DEBIAN = ("docker-registry", "docker-registry-basic")
Connect = Callable[..., Awaitable[AsyncRegistryClientV2]]
StartRegistry = Callable[..., EmbeddedRegistry]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with a sync and an async client, and on all servers or on those of its marker `only_on`."""
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", ["async"] if metafunc.definition.get_closest_marker("only_async") else KINDS)
    if "server" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("only_on")
        metafunc.parametrize("server", marker.args if marker else EMBEDDED + DEBIAN, indirect=True, scope="session")


@frozen
class Server:
    """A running registry that many tests share, each with its own repository.

    Attributes:
        name: The kind of authentication of the embedded registry, or the name of the other registry.
        url: The URL of the registry.
        options: The options of a client that is authorized.
        embedded: The embedded registry, or None for another registry.
    """

    name: str
    url: str
    options: dict[str, Any]
    embedded: EmbeddedRegistry | None = None

    @property
    def is_debian(self) -> bool:
        """Whether the registry is Debian's docker-registry 2.8."""
        return self.embedded is None


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Debian's docker-registry, or the embedded registry."""
    if request.param in EMBEDDED:
        with EmbeddedRegistry(auth=request.param) as embedded:
            yield Server(request.param, embedded.url, options_of(embedded), embedded)
        return
    folder = tmp_path_factory.mktemp(request.param)
    basic = request.param == "docker-registry-basic"
    with run_docker_registry(folder, settings=htpasswd_settings(folder) if basic else "") as debian:
        yield Server(request.param, debian.url, {"username": USERNAME, "password": PASSWORD} if basic else {})


def options_of(registry: EmbeddedRegistry) -> dict[str, Any]:
    """Return the options of a client that is authorized by the registry."""
    return {"username": registry.username, "password": registry.password}


@pytest.fixture
def repo(request: pytest.FixtureRequest) -> str:
    """The name of a repository that only this test uses."""
    return "tests/" + re.sub("[^a-z0-9]+", "-", request.node.name.lower())[-120:].strip("-")


@pytest.fixture
def exchanges(request: pytest.FixtureRequest) -> Iterator[Exchanges]:
    """The exchanges of this test. At its end all must be valid, or at least one invalid if the test is marked `deviation`."""
    recorded = Exchanges(Specification.load("registry-v2.yaml"))
    yield recorded
    marker = request.node.get_closest_marker("deviation")
    if marker is None and recorded.violations:
        pytest.fail("these exchanges contradict openapi/:\n" + "\n".join(recorded.violations))
    if marker is not None and not recorded.violations:
        pytest.fail(f"this test is marked as deviating ({marker.args[0]}), but every exchange was valid")


@pytest.fixture
async def client(
    server: Server, kind: str, repo: str, exchanges: Exchanges, anyio_backend: str
) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of the server, bound to the test's own repository; every exchange is validated."""
    async with connect(kind, f"{server.url}/{repo}", exchanges, **server.options) as connected:
        yield connected
        await _close_http(connected)


@pytest.fixture
async def connect_to(kind: str, repo: str, anyio_backend: str) -> AsyncIterator[Connect]:
    """A function that returns a client of a registry by its URL; the clients are closed at the end."""
    async with AsyncExitStack() as stack:

        async def connect_client(url: str, **options: Any) -> AsyncRegistryClientV2:
            return await stack.enter_async_context(connect(kind, f"{url}/{repo}", **options))

        yield connect_client


@pytest.fixture
def start_registry() -> Iterator[StartRegistry]:
    """A function that starts an embedded registry which only this test uses."""
    started: list[EmbeddedRegistry] = []

    def start(settings: Settings | None = None, **options: Any) -> EmbeddedRegistry:
        registry = EmbeddedRegistry(settings=settings, **options)
        registry.start()
        started.append(registry)
        return registry

    yield start
    for registry in started:
        registry.stop()


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server that answers as a test defines."""
    with run_loopback(lambda handler: handler.reply(500)) as running:
        yield running


@pytest.fixture
async def loopback_client(connect_to: Connect, loopback: Loopback) -> AsyncRegistryClientV2:
    """A client of the loopback server."""
    return await connect_to(loopback.url)


async def _close_http(client: AsyncRegistryClientV2) -> None:
    # A client does not close an http_client that it was passed.
    http: Any = client._pipeline._settings.http
    if hasattr(http, "aclose"):
        await http.aclose()
    else:
        http.close()
