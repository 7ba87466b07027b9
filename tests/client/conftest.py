"""The registries that the clients of API v2 are tested with, and the validation of every exchange against the specification."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import frozen

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from tests.client.log_of_requests import Requests
from tests.core.wire.loopback import Loopback, run_loopback
from tests.support.docker_registry import PASSWORD, USERNAME, htpasswd_settings, run_docker_registry
from tests.support.images import OCI_MANIFEST, digest_of, make_image
from tests.support.referrers_registries import referrers_registry, registry_without_referrers
from tests.support.stored import store
from tests.support.validation import Exchanges, Specification

__all__ = ["referrers_registry", "registry_without_referrers"]

EMBEDDED = ("none", "basic", "token")
DEBIAN = ("docker-registry", "docker-registry-basic")
NAME = "tests/budget"
"""The repository of `image_registry`."""
BLOBS = [f"blob {number}".encode() for number in range(10)]
"""The blobs of `image_registry`, without those of its image."""
StartRegistry = Callable[..., EmbeddedRegistry]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that uses `server` on all servers or on those of its marker `only_on`."""
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
    # The sync and the async form of a test have the same name, and their folders differ.
    name = f"{request.node.name}-{request.path.parent.name}".lower()
    return "tests/" + re.sub("[^a-z0-9]+", "-", name)[-120:].strip("-")


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
def start_registry() -> Iterator[StartRegistry]:
    """A function that starts an embedded registry which only this test uses."""
    started: list[EmbeddedRegistry] = []

    def start(settings: RegistrySettings | None = None, **options: Any) -> EmbeddedRegistry:
        registry = EmbeddedRegistry(settings=settings, **options)
        registry.start()
        started.append(registry)
        return registry

    yield start
    for registry in started:
        registry.stop()


def cancelled(registry: EmbeddedRegistry) -> bool:
    """Return whether the log of the registry has the cancellation of one upload, after at most 2 seconds."""
    # A response without a body may arrive before it is logged. A wrong digest may have closed the session already: 404.
    for _ in range(200):
        if found := [record.status for record in registry.requests if record.method == "DELETE"]:
            return found in ([204], [404])
        time.sleep(0.01)
    return False


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server that answers as a test defines."""
    with run_loopback(lambda handler: handler.reply(500)) as running:
        yield running


@pytest.fixture(params=["named", "anonymous"])
def image_registry(request: pytest.FixtureRequest) -> Iterator[EmbeddedRegistry]:
    """A registry with token authentication, an image and ten blobs, and an empty log."""
    with EmbeddedRegistry(auth="token", anonymous_pull=request.param == "anonymous") as running:
        image = make_image()
        store(running, NAME, [image.config, image.layer, *BLOBS], [(OCI_MANIFEST, image.oci)], {"v1": digest_of(image.oci)})
        yield running


@pytest.fixture
def requests(image_registry: EmbeddedRegistry) -> Requests:
    """The requests in the log of `image_registry`."""
    return Requests(image_registry)
