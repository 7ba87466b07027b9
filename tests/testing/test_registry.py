"""The life cycle of a registry: start, stop, and the requests at the time of the stop."""

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import httpx
import pytest
from starlette.types import ASGIApp

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.testing.connection import connection_of
from docker_registry_sdk.testing.faults import Fault, FaultExchange
from tests.testing.helpers import digest_of, push_blob, start_upload

Threads: TypeAlias = Callable[[], set[threading.Thread]]


@pytest.fixture
def threads() -> Threads:
    """Return a function that returns the threads of registries that were started in this test."""

    def running() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name.startswith("registry-")}

    before = running()
    return lambda: running() - before


def test_start_and_stop(threads: Threads) -> None:
    with EmbeddedRegistry() as registry:
        assert registry.url == f"http://{registry.host}"
        response = httpx.get(f"{registry.url}/v2/")
        assert (response.status_code, response.json()) == (200, {})
        assert response.headers["docker-distribution-api-version"] == "registry/2.0"
        assert "server" not in response.headers
        assert threads()
        url = registry.url
    assert not threads()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/v2/")


def test_api_v1_is_imported_at_its_first_request() -> None:
    program = """
import sys, urllib.request
from docker_registry_sdk.testing import EmbeddedRegistry
def loaded():
    return [name in sys.modules for name in ("docker_registry_sdk.testing.v1.routes", "tarfile")]
with EmbeddedRegistry() as registry:
    urllib.request.urlopen(f"{registry.url}/v2/").read()
    assert loaded() == [False, False], loaded()
    urllib.request.urlopen(f"{registry.url}/v1/_ping").read()
    assert loaded() == [True, True], loaded()
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_import_without_the_server_libraries() -> None:
    program = "import sys, docker_registry_sdk.testing as t; assert 'uvicorn' not in sys.modules; print(dir(t), t.RegistryClock)"
    assert "EmbeddedRegistry" in subprocess.check_output([sys.executable, "-c", program], text=True)


def test_stop_after_an_error(threads: Threads) -> None:
    with pytest.raises(ZeroDivisionError), EmbeddedRegistry():
        raise ZeroDivisionError
    assert not threads()


def test_use_in_an_event_loop(threads: Threads) -> None:
    async def pull() -> int:
        with EmbeddedRegistry() as registry:
            async with httpx.AsyncClient(base_url=registry.url) as client:
                responses = await asyncio.gather(*(client.get("/v2/") for _ in range(20)))
                return sum(response.status_code == 200 for response in responses)

    assert asyncio.run(pull()) == 20
    assert not threads()


def stop(registry: EmbeddedRegistry) -> None:
    """Stop a registry; fail if it does not stop."""
    stopping = threading.Thread(target=registry.stop, daemon=True)
    stopping.start()
    stopping.join(60)
    assert not stopping.is_alive()


def test_stop_does_not_wait_for_idle_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.server.SHUTDOWN_GRACE_SECONDS", 3600)
    with EmbeddedRegistry() as registry:
        client = httpx.Client(base_url=registry.url)
        client.get("/v2/")
        stop(registry)
    client.close()


def test_running_request_finishes_after_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.server.SHUTDOWN_GRACE_SECONDS", 60.0)
    content = b"x" * 30_000_000
    with ThreadPoolExecutor(1) as pool:
        with EmbeddedRegistry() as registry, httpx.Client(base_url=registry.url) as client:
            path = f"/v2/repo/blobs/{push_blob(client, 'repo', content)}"
            begun = threading.Event()

            def pull() -> int:
                with httpx.stream("GET", registry.url + path) as response:
                    begun.set()
                    return sum(len(piece) for piece in response.iter_raw())

            pulling = pool.submit(pull)
            assert begun.wait(60)
        assert pulling.result() == len(content)


def test_hanging_requests_are_aborted(caplog: pytest.LogCaptureFixture, threads: Threads) -> None:
    content = b"x" * 30_000_000
    with EmbeddedRegistry() as registry:
        with httpx.Client(base_url=registry.url) as client:
            path = f"/v2/repo/blobs/{push_blob(client, 'repo', content)}"
            location = start_upload(client)
        address, _, port = registry.host.rpartition(":")
        reader = socket.create_connection((address, int(port)))
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        writer = socket.create_connection((address, int(port)))
        writer.sendall(f"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".encode())
        assert reader.recv(10) == b"HTTP/1.1 2"
        stop(registry)
    assert not threads()
    assert not caplog.records
    reader.close()
    writer.close()


def test_the_repr_shows_the_url() -> None:
    registry = EmbeddedRegistry(password="s3cret")
    assert repr(registry) == "<EmbeddedRegistry not running>"
    with registry:
        assert repr(registry) == f"<EmbeddedRegistry {registry.url}>"
    assert repr(registry) == "<EmbeddedRegistry not running>"


def test_restart() -> None:
    registry = EmbeddedRegistry()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not running"):
            registry.url  # noqa: B018
        registry.stop()
        with registry:
            with pytest.raises(RuntimeError, match="already"):
                registry.start()
            assert httpx.get(f"{registry.url}/v2/").status_code == 200
    assert len(registry.requests) == 2


def test_fixed_port() -> None:
    with EmbeddedRegistry() as registry:
        port = int(registry.host.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            EmbeddedRegistry(port=port).start()
    with EmbeddedRegistry(port=port) as registry:
        assert registry.host == f"127.0.0.1:{port}"


def test_server_that_cannot_start(monkeypatch: pytest.MonkeyPatch, threads: Threads) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("uvicorn.server.Server.startup", fail)
    registry = EmbeddedRegistry()
    with pytest.raises(RuntimeError, match="could not start") as caught:
        registry.start()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(RuntimeError, match="not running"):
        registry.url  # noqa: B018
    assert not threads()


def test_malformed_request_is_not_logged() -> None:
    program = """
import socket
from docker_registry_sdk.testing import EmbeddedRegistry
with EmbeddedRegistry() as registry, socket.create_connection(("127.0.0.1", int(registry.host.split(":")[1]))) as client:
    client.sendall(b"nonsense" * 9)
    assert client.recv(100).startswith(b"HTTP/1.1 400")
"""
    run = subprocess.run([sys.executable, "-W", "error", "-X", "dev", "-c", program], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


def test_ssl_context_without_certificate() -> None:
    """Without a certificate, no handshake succeeds, but the server starts and stops."""
    with EmbeddedRegistry(ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as registry:
        assert registry.url.startswith("https://127.0.0.1:")
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{registry.url}/v2/", verify=False)


def test_nagles_algorithm_is_off(memory_registry: EmbeddedRegistry) -> None:
    """Nagle's algorithm would delay each response by 40 ms."""
    no_delay: list[int] = []

    class ReadOption:
        async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
            connection = connection_of(exchange.scope).transport.get_extra_info("socket")
            no_delay.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            await app(exchange.scope, exchange.receive, exchange.send)

    memory_registry.faults.add(Fault(ReadOption()))
    assert httpx.get(f"{memory_registry.url}/v2/").status_code == 200
    assert [bool(option) for option in no_delay] == [True]


def test_many_concurrent_pulls() -> None:
    content = bytes(100_000)
    with EmbeddedRegistry() as registry:
        with httpx.Client(base_url=registry.url) as client:
            path = f"/v2/repo/blobs/{push_blob(client, 'repo', content)}"

        async def pull_all() -> list[bytes]:
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(base_url=registry.url, limits=limits, timeout=30) as client:
                responses = await asyncio.gather(*(client.get(path) for _ in range(200)))
                return [response.content for response in responses]

        assert {digest_of(pulled) for pulled in asyncio.run(pull_all())} == {digest_of(content)}


def test_invalid_settings() -> None:
    with pytest.raises(ValueError, match="manifest_limit"):
        RegistrySettings(manifest_limit=0)
    with pytest.raises(ValueError, match="chunk_min_length"):
        RegistrySettings(chunk_min_length=0)
    with pytest.raises(ValueError, match="page_limit"):
        RegistrySettings(page_limit=0)
