"""Streamed bodies: raw bytes in pieces, and a connection that is closed however the reading ends."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import anyio
import httpx
import pytest

from docker_registry_sdk._core.wire import FILL, NO_LIMITS, Chunks, make_request, stream
from docker_registry_sdk.errors import NotFoundError, ParseError, RegistryError, TransportError
from docker_registry_sdk.v1.api import get_img_layer_stream
from docker_registry_sdk.v2.api import create_blob_read_stream
from docker_registry_sdk.v2.api.blobs.create_blob_read_stream import CreateBlobReadStreamPartialContent
from tests.core.wire.loopback import Handler, Loopback

DIGEST = "sha256:ab"
BLOCK = b"x" * 10_000


class Watched(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that records how many blocks are left, and whether it was closed."""

    def __init__(self, blocks: int) -> None:
        self.left = blocks
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        while self.left:
            self.left -= 1
            yield BLOCK

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.left:
            self.left -= 1
            yield BLOCK

    def close(self) -> None:
        """Record the call."""
        self.closed = True

    async def aclose(self) -> None:
        """Record the call."""
        self.closed = True


def fail(_: bytes) -> None:
    """Raise an error of the caller's own code."""
    raise KeyError


def sync_client(body: Watched, status: int = 200) -> httpx.Client:
    """Return a client that answers with the body."""
    return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, stream=body)), base_url="https://h.test")


def async_client(body: Watched, status: int = 200) -> httpx.AsyncClient:
    """Return an async client that answers with the body."""
    return httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(status, stream=body)), base_url="https://h.test"
    )


def test_body_is_read_in_pieces_and_closed_on_exit() -> None:
    body = Watched(5)
    with sync_client(body) as http, create_blob_read_stream.stream(http, "a", DIGEST) as blob:
        assert (body.left, body.closed) == (5, False)
        assert next(blob.body) == BLOCK
        assert body.left == 4
        assert b"".join(blob.body) == BLOCK * 4
    assert body.closed


@pytest.mark.anyio
async def test_body_is_read_in_pieces_and_closed_on_exit_async() -> None:
    body = Watched(5)
    async with async_client(body) as http, create_blob_read_stream.asyncio_stream(http, "a", DIGEST) as blob:
        assert (body.left, body.closed) == (5, False)
        assert [block async for block in blob.body] == [BLOCK] * 5
    assert body.closed


@pytest.mark.parametrize("read", [0, 1])
def test_body_that_is_partly_read_is_closed_and_read_no_further(read: int) -> None:
    body = Watched(5)
    with sync_client(body) as http:
        with create_blob_read_stream.stream(http, "a", DIGEST) as blob:
            for _ in range(read):
                next(blob.body)
        assert (body.left, body.closed) == (5 - read, True)


@pytest.mark.anyio
@pytest.mark.parametrize("read", [0, 1])
async def test_body_that_is_partly_read_is_closed_async(read: int) -> None:
    body = Watched(5)
    async with async_client(body) as http:
        async with create_blob_read_stream.asyncio_stream(http, "a", DIGEST) as blob:
            for _ in range(read):
                await anext(blob.body)
        assert (body.left, body.closed) == (5 - read, True)


def test_body_is_closed_when_the_caller_raises() -> None:
    body = Watched(5)
    with sync_client(body) as http:
        with pytest.raises(KeyError), create_blob_read_stream.stream(http, "a", DIGEST) as blob:
            fail(next(blob.body))
        assert body.closed


@pytest.mark.anyio
async def test_body_is_closed_when_the_caller_raises_or_is_cancelled_async() -> None:
    body = Watched(5)
    async with async_client(body) as http:
        with pytest.raises(KeyError):
            async with create_blob_read_stream.asyncio_stream(http, "a", DIGEST) as blob:
                fail(await anext(blob.body))
        assert body.closed
    body = Watched(5)
    async with async_client(body) as http:
        with anyio.move_on_after(0.01) as scope:
            async with create_blob_read_stream.asyncio_stream(http, "a", DIGEST):
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert body.closed


def test_body_is_closed_when_the_context_manager_is_deleted() -> None:
    body = Watched(5)
    with sync_client(body) as http:
        manager = create_blob_read_stream.stream(http, "a", DIGEST)
        manager.__enter__()
        del manager
        assert body.closed


@pytest.mark.parametrize("status", [204, 302, 404, 520])
def test_error_body_is_read_up_to_its_limit_and_closed(status: int) -> None:
    body = Watched(1000)
    with sync_client(body, status) as http:
        with pytest.raises(RegistryError) as caught, create_blob_read_stream.stream(http, "a", DIGEST):
            pytest.fail("there is no stream")
        assert len(getattr(caught.value, "raw", b"")) == 64 * 1024
        assert (body.left > 990, body.closed) == (True, True)


@pytest.mark.anyio
async def test_error_body_is_read_up_to_its_limit_and_closed_async() -> None:
    body = Watched(1000)
    async with async_client(body, 404) as http:
        with pytest.raises(NotFoundError) as caught:
            async with create_blob_read_stream.asyncio_stream(http, "a", DIGEST):
                pytest.fail("there is no stream")
        assert caught.value.raw == b"x" * 64 * 1024
        assert (body.left > 990, body.closed) == (True, True)


def test_body_is_closed_when_the_response_cannot_be_parsed() -> None:
    body = Watched(5)

    request = make_request("GET", "/", operation_id="x", repo=None)
    with sync_client(body) as http:
        with pytest.raises(ParseError), stream(http, request, (200,), None, NO_LIMITS):
            raise ParseError(model="X", field="Y", problem="is missing from the headers")
        assert body.closed


@pytest.mark.parametrize("read", [0, 1])
def test_reading_after_the_end_of_the_context_is_refused(read: int) -> None:
    with sync_client(Watched(5)) as http:
        with create_blob_read_stream.stream(http, "a", DIGEST) as blob:
            for _ in range(read):
                next(blob.body)
        with pytest.raises((RegistryError, ValueError)):
            list(blob.body)


@pytest.mark.anyio
@pytest.mark.parametrize("read", [0, 1])
async def test_reading_after_the_end_of_the_context_is_refused_async(read: int) -> None:
    async with async_client(Watched(5)) as http:
        async with create_blob_read_stream.asyncio_stream(http, "a", DIGEST) as blob:
            for _ in range(read):
                await anext(blob.body)
        with pytest.raises((RegistryError, ValueError)):
            [block async for block in blob.body]


def test_gzipped_body_is_not_decoded(loopback: Loopback, http: httpx.Client) -> None:
    body = gzip.compress(BLOCK)
    loopback.answer = lambda handler: handler.reply(200, body, Content_Encoding="gzip")
    with create_blob_read_stream.stream(http, "a", DIGEST) as blob:
        assert b"".join(blob.body) == body
    with get_img_layer_stream.stream(http, "a") as layer:
        assert b"".join(layer.body) == body
    assert create_blob_read_stream.sync(http, "a", DIGEST).body == body


def test_part_of_a_blob_is_streamed_with_its_range(loopback: Loopback, http: httpx.Client) -> None:
    loopback.answer = lambda handler: handler.reply(206, b"bc", Content_Range="bytes 1-2/5")
    with create_blob_read_stream.stream(http, "a", DIGEST, byte_range="bytes=1-2") as blob:
        assert isinstance(blob, CreateBlobReadStreamPartialContent)
        assert (b"".join(blob.body), blob.content_range, blob.content_length) == (b"bc", "bytes 1-2/5", 2)
    assert (loopback.seen[0].headers["range"], loopback.seen[0].headers["accept-encoding"]) == ("bytes=1-2", "identity")


def cut_body(handler: Handler) -> None:
    """Cut the body after 3 of 100 bytes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    handler.close_connection = True


def test_body_that_is_cut_is_a_transport_error(loopback: Loopback, http: httpx.Client) -> None:
    loopback.answer = cut_body
    for _ in range(2):
        with (
            pytest.raises(TransportError, match=r"^GET http://127\.0\.0\.1:\d+/v2/a/blobs/sha256:ab: "),
            create_blob_read_stream.stream(http, "a", DIGEST) as blob,
        ):
            list(blob.body)
        with pytest.raises(TransportError):
            create_blob_read_stream.sync(http, "a", DIGEST)


@pytest.mark.anyio
async def test_body_that_is_cut_is_a_transport_error_async(loopback: Loopback, async_http: httpx.AsyncClient) -> None:
    loopback.answer = cut_body
    with pytest.raises(TransportError):
        async with create_blob_read_stream.asyncio_stream(async_http, "a", DIGEST) as blob:
            [block async for block in blob.body]


def endless(handler: Handler) -> None:
    """Send a body of 1 TiB."""
    handler.send_response(404 if "missing" in handler.path else 200)
    handler.send_header("Content-Length", str(1 << 40))
    handler.end_headers()
    while True:
        handler.wfile.write(BLOCK)


@pytest.mark.parametrize("name", ["a", "missing"])
def test_connection_of_a_partly_read_body_is_closed(loopback: Loopback, http: httpx.Client, name: str) -> None:
    loopback.answer = endless
    with suppress(NotFoundError), create_blob_read_stream.stream(http, name, DIGEST) as blob:
        next(blob.body)
    assert loopback.client_closed.wait(5)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["a", "missing"])
async def test_connection_of_a_partly_read_body_is_closed_async(
    loopback: Loopback, async_http: httpx.AsyncClient, name: str
) -> None:
    loopback.answer = endless
    with suppress(NotFoundError):
        async with create_blob_read_stream.asyncio_stream(async_http, name, DIGEST) as blob:
            await anext(blob.body)
    assert await anyio.to_thread.run_sync(loopback.client_closed.wait, 5)


def test_timeout_within_a_stream_is_a_transport_error(loopback: Loopback, http: httpx.Client) -> None:
    def stall(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        loopback.client_closed.wait(0.5)
        handler.close_connection = True

    loopback.answer = stall
    with pytest.raises(TransportError, match="timed out"), create_blob_read_stream.stream(http, "a", DIGEST, timeout=0.1) as blob:
        list(blob.body)


def test_chunks_are_yielded_once() -> None:
    with sync_client(Watched(2)) as http, create_blob_read_stream.stream(http, "a", DIGEST) as blob:
        assert len(list(blob.body)) == 2
        assert list(blob.body) == []
    with sync_client(Watched(2)) as http:
        assert len(b"".join(Chunks(http.send(http.build_request("GET", "/"), stream=True)))) == 2 * len(BLOCK)


def test_body_that_was_read_before_can_be_streamed() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"all of it", headers={"content-type": "application/octet-stream"})

    with (
        httpx.Client(base_url="http://h.test", transport=httpx.MockTransport(respond)) as client,
        create_blob_read_stream.stream(client, "a", "sha256:b") as blob,
    ):
        assert list(blob.body) == [b"all of it"]


@pytest.mark.anyio
async def test_error_body_that_was_read_before_is_parsed_async() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"errors": [{"code": "BLOB_UNKNOWN"}]})

    async with httpx.AsyncClient(base_url="http://h.test", transport=httpx.MockTransport(respond)) as client:
        with pytest.raises(NotFoundError, match="BLOB_UNKNOWN"):
            async with create_blob_read_stream.asyncio_stream(client, "a", "sha256:b"):
                pass


def filled(body: Chunks, length: int) -> bytes:
    buffer, found = memoryview(bytearray(length)), b""
    while count := body.fill(buffer):
        found += buffer[:count]
    return found


@pytest.mark.parametrize("length", [1, 7, len(BLOCK), 3 * len(BLOCK)])
def test_chunks_fill_buffers_of_any_length(length: int) -> None:
    with sync_client(Watched(2)) as http, create_blob_read_stream.stream(http, "a", DIGEST) as blob:
        assert filled(blob.body, length) == 2 * BLOCK
        assert blob.body.fill(memoryview(bytearray(1))) == 0
        assert list(blob.body) == []


@pytest.mark.anyio
async def test_chunks_fill_buffers_async() -> None:
    async with async_client(Watched(2)) as http, create_blob_read_stream.asyncio_stream(http, "a", DIGEST) as blob:
        buffer = memoryview(bytearray(len(BLOCK) - 1))
        assert [await blob.body.fill(buffer) for _ in range(2)] == [len(BLOCK) - 1, 1]
        assert await anext(blob.body) == BLOCK
        assert await blob.body.fill(buffer) == 0


def test_rest_of_a_chunk_is_yielded_next() -> None:
    with sync_client(Watched(2)) as http, create_blob_read_stream.stream(http, "a", DIGEST) as blob:
        assert blob.body.fill(memoryview(bytearray(3))) == 3
        assert [len(chunk) for chunk in blob.body] == [len(BLOCK) - 3, len(BLOCK)]


def test_a_transport_may_fill_buffers_itself() -> None:
    counts = [3, 2, 0]

    def fill(buffer: memoryview) -> int:
        if not counts:
            raise httpx.ReadError("reset")
        buffer[: counts[0]] = b"x" * counts[0]
        return counts.pop(0)

    response = httpx.Response(200, stream=Watched(2), extensions={FILL: fill})
    with httpx.Client(transport=httpx.MockTransport(lambda _: response), base_url="https://h.test") as http:
        with create_blob_read_stream.stream(http, "a", DIGEST) as blob:
            buffer = memoryview(bytearray(9))
            assert filled(blob.body, 9) == b"xxxxx"
            with pytest.raises(TransportError, match="reset"):
                blob.body.fill(buffer)
        with pytest.raises(ValueError, match="the stream is closed"):
            blob.body.fill(buffer)
