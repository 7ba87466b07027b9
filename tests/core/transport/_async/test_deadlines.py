"""Deadlines: a server that is slow for ever cannot outlast one, at whichever part of a call it is slow."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, Deadline, DeadlineExceededError, RateLimitedError, TransportError
from docker_registry_sdk._core.wire import AsyncChunks
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.v2.api import create_blob_read_stream, get_manifest, head_blob, start_blob_upload
from tests.support.raw_server import RawServer, run_raw_server

pytestmark = pytest.mark.anyio

DIGEST = f"sha256:{'0' * 64}"
INTERVAL_SECONDS = 0.2
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
END = b"\r\nContent-Length: 0\r\n\r\n"
BODY = b"Content-Length: 1000\r\n\r\n"


def send_slowly(connection: socket.socket, data: bytes) -> None:
    """Send a byte every 0.2 s, until the client closes the connection."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(INTERVAL_SECONDS)


def slow_head(server: RawServer, connection: socket.socket) -> None:
    """Send a slow head."""
    server.read_request(connection)
    send_slowly(connection, HEAD + BODY)


def slow_body(server: RawServer, connection: socket.socket) -> None:
    """Send a slow body."""
    server.read_request(connection)
    connection.sendall(HEAD + BODY)
    send_slowly(connection, b" " * 1000)


def slow_chunks(server: RawServer, connection: socket.socket) -> None:
    """Send a slow body in chunks."""
    server.read_request(connection)
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    send_slowly(connection, b"1\r\n \r\n" * 1000)


def slow_error(server: RawServer, connection: socket.socket) -> None:
    """Send a slow body with a status that is repeated."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\n" + BODY)
    send_slowly(connection, b" " * 1000)


def slow_token(server: RawServer, connection: socket.socket) -> None:
    """Require a token, and send it slowly."""
    request = server.read_request(connection)
    if b"/token" in request.partition(b"\r\n")[0]:
        connection.sendall(HEAD + BODY)
        send_slowly(connection, b" " * 1000)
    else:
        challenge = f'Bearer realm="{server.url}/token"'.encode()
        connection.sendall(b"HTTP/1.1 401 No\r\nConnection: close\r\nWWW-Authenticate: " + challenge + END)


def silent(server: RawServer, connection: socket.socket) -> None:
    """Read a request, and say nothing."""
    server.read_request(connection)
    connection.recv(1)


async def read_all(body: AsyncChunks) -> None:
    """Read a body to its end."""
    async for _ in body:
        pass


async def fill_all(body: AsyncChunks) -> None:
    """Read a body to its end, by buffers."""
    while await body.fill(memoryview(bytearray(10))):
        pass


Script = Callable[[RawServer, socket.socket], None]


@pytest.mark.parametrize("script", [slow_head, slow_body, slow_chunks, slow_error, slow_token, silent])
async def test_slow_response_ends_at_the_deadline(script: Script) -> None:
    with run_raw_server(script) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retry_wait=0) as client:
            with pytest.raises(DeadlineExceededError, match=r"the deadline of 0\.5 s passed") as caught:
                await get_manifest.asyncio(client, "a", "latest", deadline=0.5)
    assert caught.value.seconds == 0.5
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, TransportError)


async def test_deadline_of_the_client_is_that_of_each_call() -> None:
    with run_raw_server(slow_body) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", deadline=0.5) as client:
            for _ in range(2):
                with pytest.raises(DeadlineExceededError):
                    await get_manifest.asyncio(client, "a", "latest")


async def test_slow_stream_ends_at_the_deadline() -> None:
    with run_raw_server(slow_body) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a") as client:
            async with create_blob_read_stream.asyncio_stream(client, "a", DIGEST, deadline=0.5) as response:
                with pytest.raises(DeadlineExceededError):
                    await read_all(response.body)
            async with create_blob_read_stream.asyncio_stream(client, "a", DIGEST, deadline=0.5) as response:
                with pytest.raises(DeadlineExceededError):
                    await fill_all(response.body)


async def test_slow_body_of_an_httpx_client_ends_at_the_deadline() -> None:
    with run_raw_server(slow_body) as server:
        async with httpx.AsyncClient(base_url=server.url) as http:
            with pytest.raises(DeadlineExceededError):
                await get_manifest.asyncio(http, "a", "latest", deadline=0.5)
        async with (
            httpx.AsyncClient() as http,
            AsyncRegistryClientV2(f"{server.url}/a", transport=AsyncHttpxTransport(http)) as client,
        ):
            with pytest.raises(DeadlineExceededError):
                await get_manifest.asyncio(client, "a", "latest", deadline=0.5)


async def test_server_that_reads_slowly_cannot_outlast_the_deadline() -> None:
    def read_slowly(server: RawServer, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while connection.recv(4096):
            time.sleep(INTERVAL_SECONDS)

    body = [b"x" * 1_000_000] * 100
    with run_raw_server(read_slowly) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=0) as client:
            with pytest.raises(DeadlineExceededError):
                await start_blob_upload.asyncio(client, "a", body=iter(body), digest=DIGEST, deadline=0.5)


async def test_shared_deadline_that_has_passed_sends_nothing() -> None:
    deadline = Deadline(1.0, time.monotonic())
    with run_raw_server(silent) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a") as client:
            with pytest.raises(DeadlineExceededError):
                await head_blob.asyncio(client, "a", DIGEST, deadline=deadline)
        assert server.connections == []


async def test_wait_that_would_pass_the_deadline_is_not_begun() -> None:
    def busy(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 429 Busy\r\nConnection: close\r\nRetry-After: 40" + END)

    with run_raw_server(busy) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a") as client:
            with pytest.raises(RateLimitedError):
                await get_manifest.asyncio(client, "a", "latest", deadline=30)
        assert len(server.requests) == 1


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan")])
async def test_deadline_should_be_above_zero(seconds: float) -> None:
    with pytest.raises(ValueError, match="deadline must be a number of seconds above 0"):
        AsyncRegistryClientV2("registry.example.com/a", deadline=seconds)
    async with AsyncRegistryClientV2("registry.example.com/a") as client:
        with pytest.raises(ValueError, match="deadline must be a number of seconds above 0"):
            await get_manifest.asyncio(client, "a", "latest", deadline=seconds)


async def test_deadline_should_be_a_number() -> None:
    with pytest.raises(TypeError, match="deadline must be a number of seconds or a Deadline, not str"):
        AsyncRegistryClientV2("registry.example.com/a", deadline="5")  # type: ignore[arg-type]
    async with AsyncRegistryClientV2("registry.example.com/a") as client:
        with pytest.raises(TypeError, match="deadline must be a number of seconds or a Deadline, not str"):
            await client.list_tags(deadline="5")  # type: ignore[arg-type]


async def test_infinite_deadline_replaces_that_of_the_client() -> None:
    def answer(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")

    with run_raw_server(answer) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", deadline=1e-9) as client:
            with pytest.raises(DeadlineExceededError):
                await head_blob.asyncio(client, "a", DIGEST)
            response = await head_blob.asyncio(client, "a", DIGEST, deadline=float("inf"))
            assert response.content_length == 5
