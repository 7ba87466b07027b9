"""Responses read by the HTTP/1.1 engine: every framing of a body, and invalid responses."""

from __future__ import annotations

import socket

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docker_registry_sdk._core.http1.exchange import MAX_HEAD_BYTES
from docker_registry_sdk._core.wire import FILL
from tests.support._async.http1_client import AsyncHTTP1Client, fill, read_raw
from tests.support.raw_server import RawServer, answering, run_raw_server

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "body", "kept"),
    [
        (LENGTH, b"hello", True),
        (OK + b"Content-Length: 0\r\n\r\n", b"", True),
        (OK + b"Content-Length: 5, 5\r\n\r\nhello", b"hello", True),
        (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
        (OK + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello", b"hello", False),
        (OK + b"Content-Length: 5\r\nConnection: x\r\nConnection: Close\r\n\r\nhello", b"hello", False),
        (OK + b"\r\nhello", b"hello", False),
        (OK + b"Connection: keep-alive\r\n\r\nhello", b"hello", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello", b"hello", False),
        (CHUNKED + b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\n", b"hello", True),
        (CHUNKED + b"0\r\n\r\n", b"", True),
        # Two lengths: Transfer-Encoding overrides Content-Length (RFC 9112 section 6.3), and the connection is closed.
        (OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", False),
        # Bytes after the response must not become the response to the next request.
        (LENGTH + OK + b"Content-Length: 4\r\n\r\nevil", b"hello", False),
        (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n" + LENGTH, b"hello", False),
        (OK + b"Content-Length: 0\r\n\r\n" + LENGTH, b"", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b"", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b"", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + LENGTH, b"hello", True),
        (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
        (OK + b"X: " + b"y" * (MAX_HEAD_BYTES // 2) + b"\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
    ],
)
async def test_the_head_determines_the_end_of_the_body(raw: bytes, body: bytes, kept: bool) -> None:
    with run_raw_server(answering(raw)) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.fetch(f"{server.url}/x")
            assert response.extensions["raw"] == body
            assert client.idle == kept
            assert client.free == 100


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"X: y"])
async def test_a_response_to_head_has_no_body(framing: bytes) -> None:
    with run_raw_server(answering(OK + framing + b"\r\n\r\n", LENGTH)) as server:
        async with AsyncHTTP1Client() as client:
            assert (await client.fetch(f"{server.url}/x", "HEAD")).extensions["raw"] == b""
            assert (await client.fetch(f"{server.url}/x")).extensions["raw"] == b"hello"
            assert len(server.connections) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 2",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 99 Odd\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        OK + b"Content-Length: 5, 6\r\n\r\nhello",
        OK + b"Content-Length: -5\r\n\r\nhello",
        OK + b"Content-Length: +5\r\n\r\nhello",
        OK + b"Content-Length: 0x5\r\n\r\nhello",
        OK + b"Content-Length: 5 5\r\n\r\nhello",
        OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nhello",
        OK + b"Content-Length: 6\r\n\r\nhello",
        OK + b"Transfer-Encoding: gzip\r\n\r\nhello",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"Content-Length : 5\r\n\r\nhello",
        OK + b"No colon\r\n\r\n",
        OK + b"A: b\x00c\r\n\r\n",
        OK + b"X: " + b"y" * (2 * MAX_HEAD_BYTES) + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 30 + LENGTH,
        b"HTTP/1.1 100 Continue\r\n\r\n",
        CHUNKED,
        CHUNKED + b"5\r\nhel",
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"5\r\nhelloo\r\n0\r\n\r\n",
        CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"g\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5" * 30 + b"\r\nhello\r\n0\r\n\r\n",
    ],
)
async def test_an_invalid_or_cut_response_fails(raw: bytes) -> None:
    with run_raw_server(answering(raw)) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.fetch(f"{server.url}/x")
            assert (client.idle, client.free) == (0, 100)


async def test_a_reset_does_not_count_as_the_end_of_a_body() -> None:
    def reset(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(OK + b"\r\nhello")
        server.read_request(connection)  # until the client has read the body so far
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    with run_raw_server(reset) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.send(f"{server.url}/x")
            server.connections[0].shutdown(socket.SHUT_RD)
            with pytest.raises(httpx.ReadError):
                await read_raw(response)


async def test_a_body_closed_early_closes_its_connection() -> None:
    with run_raw_server(answering(OK + b"Content-Length: 9\r\n\r\nhello")) as server:
        async with AsyncHTTP1Client() as client:
            assert await read_raw(await client.send(f"{server.url}/x"), pieces=1) == b"hello"
            assert (client.idle, client.free) == (0, 100)


async def test_closing_an_unread_body_closes_its_connection() -> None:
    with run_raw_server(answering(LENGTH)) as server:
        async with AsyncHTTP1Client() as client:
            await (await client.send(f"{server.url}/x")).aclose()
            assert (client.idle, client.free) == (0, 100)


async def test_a_response_has_status_reason_version_and_headers() -> None:
    raw = b"HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\nX-Two: a\r\nx-two: b\r\n\r\n"
    with run_raw_server(answering(raw)) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.fetch(f"{server.url}/x")
            assert (response.status_code, response.reason_phrase, response.http_version) == (418, "I'm a teapot", "HTTP/1.1")
            assert response.headers.get_list("X-Two") == ["a", "b"]
            assert response.headers.raw[1] == (b"X-Two", b"a")


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 300), max_size=5), chunked=st.booleans())
@settings(max_examples=40, deadline=None)
async def test_a_response_may_arrive_in_any_pieces(data: bytes, cuts: list[int], chunked: bool) -> None:
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n"
    raw = CHUNKED + body if chunked else OK + b"Content-Length: %d\r\n\r\n" % len(data) + data
    ends = sorted({min(cut, len(raw)) for cut in cuts} | {len(raw)})

    def cut(server: RawServer, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.read_request(connection)
        for start, end in zip([0, *ends], ends, strict=False):
            connection.sendall(raw[start:end])
        server.read_request(connection)

    with run_raw_server(cut) as server:
        async with AsyncHTTP1Client() as client:
            assert (await client.fetch(f"{server.url}/x")).extensions["raw"] == data
            assert client.idle == 1


async def test_a_body_is_read_into_buffers_of_any_length() -> None:
    with run_raw_server(answering(*[LENGTH] * 4)) as server:
        async with AsyncHTTP1Client() as client:
            for length in (1, 2, 5, 9):
                response = await client.send(f"{server.url}/x")
                buffer, body = memoryview(bytearray(length)), b""
                while filled := await fill(response, buffer):
                    body += buffer[:filled]
                assert body == b"hello"
                assert (client.idle, await fill(response, buffer)) == (1, 0)
                await response.aclose()
            assert (len(server.connections), client.free) == (1, 100)


async def test_a_body_without_a_length_is_read_into_buffers_to_the_end_of_the_connection() -> None:
    with run_raw_server(answering(OK + b"\r\nhello")) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.send(f"{server.url}/x")
            buffer = memoryview(bytearray(9))
            assert bytes(buffer[: await fill(response, buffer)]) == b"hello"
            assert (await fill(response, buffer), await fill(response, buffer)) == (0, 0)
            assert (client.idle, client.free) == (0, 100)


async def test_reading_a_cut_or_closed_body_into_a_buffer_fails() -> None:
    with run_raw_server(answering(OK + b"Content-Length: 9\r\n\r\nhello")) as server:
        async with AsyncHTTP1Client() as client:
            buffer = memoryview(bytearray(9))
            short = await client.send(f"{server.url}/x")
            assert await fill(short, buffer) == 5
            with pytest.raises(httpx.RemoteProtocolError, match="4 bytes before the end of the body; its Content-Length is 9"):
                await fill(short, buffer)
            closed = await client.send(f"{server.url}/x")
            await closed.aclose()
            for response in (short, closed):
                with pytest.raises(httpx.ReadError, match="closed"):
                    await fill(response, buffer)
            assert (client.idle, client.free) == (0, 100)


async def test_bytes_after_a_body_are_not_read_into_a_buffer() -> None:
    with run_raw_server(answering(LENGTH + b"evil")) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.send(f"{server.url}/x")
            buffer = memoryview(bytearray(99))
            assert (await fill(response, buffer), await fill(response, buffer)) == (5, 0)
            assert (client.idle, client.free) == (0, 100)


async def test_a_body_is_read_into_a_buffer_and_then_iterated() -> None:
    with run_raw_server(answering(LENGTH)) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.send(f"{server.url}/x")
            buffer = memoryview(bytearray(2))
            assert await fill(response, buffer) == 2
            assert bytes(buffer) + await read_raw(response) == b"hello"
            assert client.idle == 1


async def test_a_chunked_body_is_not_read_into_buffers() -> None:
    with run_raw_server(answering(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n")) as server:
        async with AsyncHTTP1Client() as client:
            assert FILL not in (await client.fetch(f"{server.url}/x")).extensions
