"""Requests sent by the HTTP/1.1 engine: heads, bodies, and responses before the whole body was sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from docker_registry_sdk._core.wire import verbatim_url
from tests.support._async.http1_client import AsyncHTTP1Client
from tests.support.raw_server import HEAD_END, RawServer, answering, run_raw_server

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MIB = 1024 * 1024


def many(count: int, size: int = MIB) -> Any:
    """Return a function that returns an iterator of so many pieces."""

    def pieces() -> Iterator[bytes]:
        for number in range(count):
            yield bytes([number % 256]) * size

    return pieces


@pytest.mark.parametrize(
    ("content", "headers", "wire"),
    [
        (None, {}, b""),
        (b"", {}, b""),
        (b"hello", {}, b"hello"),
        (b"h" * 3 * MIB, {}, b"h" * 3 * MIB),
        (many(3, 2), {"Content-Length": "6"}, b"\0\0\1\1\2\2"),
        (many(3), {"Content-Length": f"{3 * MIB}"}, b"".join(many(3)())),
        (many(2, 3), {}, b"3\r\n\0\0\0\r\n3\r\n\1\1\1\r\n0\r\n\r\n"),
        (many(0), {}, b"0\r\n\r\n"),
    ],
)
async def test_a_body_is_sent_verbatim(content: Any, headers: dict[str, str], wire: bytes) -> None:
    with run_raw_server(answering(OK, OK)) as server:
        async with AsyncHTTP1Client() as client:
            for _ in range(2):
                assert (await client.fetch(f"{server.url}/x", "PUT", content, headers=headers)).extensions["raw"] == b"ok"
            assert [one.partition(HEAD_END)[2] for one in server.requests] == [wire, wire]
            assert len(server.connections) == 1


async def test_target_and_headers_are_sent_verbatim() -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            await client.fetch(verbatim_url(f"{server.url}/a/../b?c='%2f"), headers={"X-One": "1", "Authorization": "Bearer x"})
            head = server.requests[0]
            assert head.startswith(b"GET /a/../b?c='%2f HTTP/1.1\r\nHost: 127.0.0.1:")
            assert b"X-One: 1\r\nAuthorization: Bearer x\r\n\r\n" in head


async def test_a_piece_is_sent_before_the_next_one_is_available() -> None:
    received = threading.Event()

    def wait(server: RawServer, connection: socket.socket) -> None:
        got = 0
        while got < 10_000:
            got += len(connection.recv(65536))
        received.set()
        while connection.recv(65536):
            pass

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000
        assert received.wait(10)
        raise RuntimeError("enough")

    with run_raw_server(wait) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(RuntimeError, match="enough"):
                await client.fetch(f"{server.url}/x", "PUT", pieces, headers={"Content-Length": "2000000"})
            assert (client.idle, client.free) == (0, 100)


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "a\nEvil: 1", "a\0", "\x0b"])
async def test_a_header_value_cannot_add_a_header(value: str) -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.LocalProtocolError):
                await client.fetch(f"{server.url}/x", headers={"X": value})
            assert (server.requests, client.idle, client.free) == ([], 0, 100)


@pytest.mark.parametrize("target", ["/a b", "/a\r\nEvil: 1", "/\x7f"])
async def test_a_target_cannot_add_a_header(target: str) -> None:
    class Odd(httpx.URL):
        @property
        def raw_path(self) -> bytes:
            return target.encode()

    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.LocalProtocolError):
                await client.fetch(Odd(f"{server.url}/x"))
            assert (server.requests, client.idle, client.free) == ([], 0, 100)


@pytest.mark.parametrize("length", ["5", "7"])
async def test_a_body_that_does_not_match_content_length_fails(length: str) -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.LocalProtocolError):
                await client.fetch(f"{server.url}/x", "PUT", many(3, 2), headers={"Content-Length": length})
            assert (client.idle, client.free) == (0, 100)


@pytest.mark.parametrize("headers", [{"Content-Length": f"{64 * MIB}"}, {}])
async def test_a_response_before_the_end_of_the_body_is_read(headers: dict[str, str]) -> None:
    done = threading.Event()

    def refuse(server: RawServer, connection: socket.socket) -> None:
        while HEAD_END not in connection.recv(65536):
            pass
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big")
        done.wait(10)  # the server reads no more of the body

    with run_raw_server(refuse) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.fetch(f"{server.url}/x", "PUT", many(64), headers=headers)
            done.set()
            assert (response.status_code, response.extensions["raw"]) == (413, b"too big")
            assert (client.idle, client.free) == (0, 100)


@pytest.mark.parametrize("headers", [{"Content-Length": f"{64 * MIB}"}, {}])
async def test_a_response_before_the_end_of_the_body_is_read_although_the_server_closes(headers: dict[str, str]) -> None:
    def refuse(server: RawServer, connection: socket.socket) -> None:
        while HEAD_END not in connection.recv(65536):
            pass
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    with run_raw_server(refuse) as server:
        async with AsyncHTTP1Client() as client:
            assert (await client.fetch(f"{server.url}/x", "PUT", many(64), headers=headers)).status_code == 401
            assert (client.idle, client.free) == (0, 100)


async def test_a_connection_closed_without_a_response_fails() -> None:
    def close(server: RawServer, connection: socket.socket) -> None:
        connection.recv(100)

    with run_raw_server(close) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises((httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError)):
                await client.fetch(f"{server.url}/x", "PUT", many(64), headers={"Content-Length": f"{64 * MIB}"})
            assert (client.idle, client.free) == (0, 100)


async def test_informational_responses_do_not_stop_a_body() -> None:
    def early(server: RawServer, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        answering(OK)(server, connection)

    with run_raw_server(early) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.fetch(f"{server.url}/x", "PUT", many(16), headers={"Content-Length": f"{16 * MIB}"})
            assert response.extensions["raw"] == b"ok"
            assert len(server.requests[0].partition(HEAD_END)[2]) == 16 * MIB
