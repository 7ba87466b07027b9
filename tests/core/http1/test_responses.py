"""Responses read by the HTTP/1.1 engine: every framing of a body, and invalid responses."""

from __future__ import annotations

import socket

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docker_registry_sdk._core.http1.exchange import MAX_HEAD_BYTES
from tests.support.direct import open_direct
from tests.support.raw_server import RawServer, answering, run_raw_server
from tests.support.sessions import KINDS, Kind

pytestmark = pytest.mark.parametrize("kind", KINDS)
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
def test_the_head_tells_the_end_of_the_body(kind: Kind, raw: bytes, body: bytes, kept: bool) -> None:
    with run_raw_server(answering(raw)) as server, open_direct(kind) as direct:
        response = direct.send(f"{server.url}/x")
        assert response.extensions["raw"] == body
        assert direct.idle == kept
        assert direct.free == 100


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"X: y"])
def test_a_response_to_head_has_no_body(kind: Kind, framing: bytes) -> None:
    with run_raw_server(answering(OK + framing + b"\r\n\r\n", LENGTH)) as server, open_direct(kind) as direct:
        assert direct.send(f"{server.url}/x", "HEAD").extensions["raw"] == b""
        assert direct.send(f"{server.url}/x").extensions["raw"] == b"hello"
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
def test_an_invalid_or_cut_response_fails(kind: Kind, raw: bytes) -> None:
    with run_raw_server(answering(raw)) as server, open_direct(kind) as direct:
        with pytest.raises(httpx.RemoteProtocolError):
            direct.send(f"{server.url}/x")
        assert (direct.idle, direct.free) == (0, 100)


def test_a_reset_does_not_count_as_the_end_of_a_body(kind: Kind) -> None:
    def reset(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(OK + b"\r\nhello")
        server.read_request(connection)  # until the client has read the body so far
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    with run_raw_server(reset) as server, open_direct(kind) as direct:
        response = direct.send(f"{server.url}/x", keep=True)
        server.connections[0].shutdown(socket.SHUT_RD)
        with pytest.raises(httpx.ReadError):
            direct.read(response)


def test_a_body_closed_early_closes_its_connection(kind: Kind) -> None:
    with run_raw_server(answering(OK + b"Content-Length: 9\r\n\r\nhello")) as server, open_direct(kind) as direct:
        response = direct.read(direct.send(f"{server.url}/x", keep=True), pieces=1)
        assert response.extensions["raw"] == b"hello"
        assert (direct.idle, direct.free) == (0, 100)


def test_closing_an_unread_body_closes_its_connection(kind: Kind) -> None:
    with run_raw_server(answering(LENGTH)) as server, open_direct(kind) as direct:
        direct.read(direct.send(f"{server.url}/x", keep=True), pieces=0)
        assert (direct.idle, direct.free) == (0, 100)


def test_a_response_has_status_reason_version_and_headers(kind: Kind) -> None:
    raw = b"HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\nX-Two: a\r\nx-two: b\r\n\r\n"
    with run_raw_server(answering(raw)) as server, open_direct(kind) as direct:
        response = direct.send(f"{server.url}/x")
        assert (response.status_code, response.reason_phrase, response.http_version) == (418, "I'm a teapot", "HTTP/1.1")
        assert response.headers.get_list("X-Two") == ["a", "b"]
        assert response.headers.raw[1] == (b"X-Two", b"a")


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 300), max_size=5), chunked=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_response_may_arrive_in_any_pieces(kind: Kind, data: bytes, cuts: list[int], chunked: bool) -> None:
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n"
    raw = CHUNKED + body if chunked else OK + b"Content-Length: %d\r\n\r\n" % len(data) + data
    ends = sorted({min(cut, len(raw)) for cut in cuts} | {len(raw)})

    def cut(server: RawServer, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.read_request(connection)
        for start, end in zip([0, *ends], ends, strict=False):
            connection.sendall(raw[start:end])
        server.read_request(connection)

    with run_raw_server(cut) as server, open_direct(kind) as direct:
        assert direct.send(f"{server.url}/x").extensions["raw"] == data
        assert direct.idle == 1


def test_a_body_is_read_into_buffers_of_any_length(kind: Kind) -> None:
    with run_raw_server(answering(*[LENGTH] * 4)) as server, open_direct(kind) as direct:
        for length in (1, 2, 5, 9):
            response = direct.send(f"{server.url}/x", keep=True)
            room, body = memoryview(bytearray(length)), b""
            while filled := direct.fill(response, room):
                body += room[:filled]
            assert body == b"hello"
            assert (direct.idle, direct.fill(response, room)) == (1, 0)
            direct.drop(response)
        assert (len(server.connections), direct.free) == (1, 100)


def test_a_body_without_a_length_is_read_into_buffers_to_the_end_of_the_connection(kind: Kind) -> None:
    with run_raw_server(answering(OK + b"\r\nhello")) as server, open_direct(kind) as direct:
        response = direct.send(f"{server.url}/x", keep=True)
        room = memoryview(bytearray(9))
        assert bytes(room[: direct.fill(response, room)]) == b"hello"
        assert (direct.fill(response, room), direct.fill(response, room)) == (0, 0)
        assert (direct.idle, direct.free) == (0, 100)


def test_reading_a_cut_or_closed_body_into_a_buffer_fails(kind: Kind) -> None:
    with run_raw_server(answering(OK + b"Content-Length: 9\r\n\r\nhello")) as server, open_direct(kind) as direct:
        room = memoryview(bytearray(9))
        short = direct.send(f"{server.url}/x", keep=True)
        assert direct.fill(short, room) == 5
        with pytest.raises(httpx.RemoteProtocolError, match="4 bytes short of the 9"):
            direct.fill(short, room)
        closed = direct.send(f"{server.url}/x", keep=True)
        direct.drop(closed)
        for response in (short, closed):
            with pytest.raises(httpx.ReadError, match="closed"):
                direct.fill(response, room)
        assert (direct.idle, direct.free) == (0, 100)


def test_bytes_after_a_body_are_not_read_into_a_buffer(kind: Kind) -> None:
    with run_raw_server(answering(LENGTH + b"evil")) as server, open_direct(kind) as direct:
        response = direct.send(f"{server.url}/x", keep=True)
        room = memoryview(bytearray(99))
        assert (direct.fill(response, room), direct.fill(response, room)) == (5, 0)
        assert (direct.idle, direct.free) == (0, 100)


def test_a_body_is_read_into_a_buffer_and_then_iterated(kind: Kind) -> None:
    with run_raw_server(answering(LENGTH)) as server, open_direct(kind) as direct:
        response = direct.send(f"{server.url}/x", keep=True)
        room = memoryview(bytearray(2))
        assert direct.fill(response, room) == 2
        assert bytes(room) + direct.read(response).extensions["raw"] == b"hello"
        assert direct.idle == 1


def test_a_chunked_body_is_not_read_into_buffers(kind: Kind) -> None:
    with run_raw_server(answering(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n")) as server, open_direct(kind) as direct:
        assert "fill" not in direct.send(f"{server.url}/x").extensions
