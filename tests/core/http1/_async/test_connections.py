"""Connections of the HTTP/1.1 engine: addresses, TLS, timeouts, limits and reuse."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from docker_registry_sdk._core.http1.idle import MAX_IDLE_CONNECTIONS
from docker_registry_sdk._core.wire import CallContext
from tests.support._async.http1_client import AsyncHTTP1Client, read_raw
from tests.support.names import resolve_to_loopback
from tests.support.raw_server import RawServer, answering, read_until_closed, run_raw_server

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MIB = 1024 * 1024


async def test_requests_without_bulk_and_addresses_go_to_the_other_transport() -> None:
    async with AsyncHTTP1Client() as client:
        for call in (CallContext(), CallContext(operation_id="get_manifest")):
            response = await client.send("http://registry.example.com/x", call=call)
            assert response.status_code == 299


async def test_an_idle_connection_is_reused() -> None:
    with run_raw_server(answering(OK, OK, OK)) as server:
        async with AsyncHTTP1Client() as client:
            for _ in range(3):
                assert (await client.fetch(f"{server.url}/x")).extensions["raw"] == b"ok"
            assert len(server.connections) == 1


async def test_an_idle_connection_is_not_reused_for_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to_loopback(monkeypatch)
    with run_raw_server(answering(OK, OK)) as server:
        async with AsyncHTTP1Client() as client:
            for host in ("one.example.com", "two.example.com"):
                await client.fetch(server.url.replace("127.0.0.1", host))
            assert len(server.connections) == 2


async def test_an_idle_connection_that_the_server_closed_is_not_reused() -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            for number in range(3):
                assert (await client.fetch(f"{server.url}/x", "POST")).extensions["raw"] == b"ok"
                assert len(server.connections) == number + 1
                [waiting] = client.pool._idle._entries
                assert _readable(waiting.connection._sock)  # the server has closed its side


def _readable(sock: socket.socket) -> bool:
    """Wait until there are bytes to read, or the end of the connection."""
    return bool(select.select([sock], [], [], 10)[0])


async def test_an_idle_connection_with_unrequested_bytes_is_not_reused() -> None:
    read = threading.Event()

    def smuggle(server: RawServer, connection: socket.socket) -> None:
        answering(OK)(server, connection)
        read.wait(10)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        read_until_closed(server, connection)

    with run_raw_server(smuggle) as server:
        async with AsyncHTTP1Client() as client:
            await client.fetch(f"{server.url}/x")
            [waiting] = client.pool._idle._entries
            read.set()
            assert _readable(waiting.connection._sock)
            assert (await client.fetch(f"{server.url}/x")).extensions["raw"] == b"ok"
            assert len(server.connections) == 2


@pytest.mark.parametrize(("method", "again"), [("GET", True), ("PUT", True), ("POST", False), ("PATCH", False)])
async def test_a_request_on_a_closing_connection_is_sent_again_if_that_is_safe(method: str, again: bool) -> None:
    def close_later(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(OK)
        server.read_request(connection)

    with run_raw_server(close_later) as server:
        async with AsyncHTTP1Client() as client:
            await client.fetch(f"{server.url}/x")
            if again:
                assert (await client.fetch(f"{server.url}/x", method, b"body")).extensions["raw"] == b"ok"
            else:
                with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                    await client.fetch(f"{server.url}/x", method, b"body")
            assert len(server.connections) == 1 + again
            assert client.free == 100


@pytest.mark.parametrize("sent", [b"", b"H"])
async def test_a_request_is_sent_at_most_twice(sent: bytes) -> None:
    def close(server: RawServer, connection: socket.socket) -> None:
        if server.read_request(connection) and len(server.requests) == 1:
            connection.sendall(OK)
            server.read_request(connection)
        connection.sendall(sent)

    with run_raw_server(close) as server:
        async with AsyncHTTP1Client() as client:
            await client.fetch(f"{server.url}/x")
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                await client.fetch(f"{server.url}/x")
            assert len(server.requests) == (3 if not sent else 2)


async def test_a_body_from_an_iterator_is_not_sent_again() -> None:
    def close_later(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(OK)
        server.read_request(connection)

    def pieces() -> Iterator[bytes]:
        yield b"body"

    with run_raw_server(close_later) as server:
        async with AsyncHTTP1Client() as client:
            await client.fetch(f"{server.url}/x")
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                await client.fetch(f"{server.url}/x", "PUT", pieces, headers={"Content-Length": "4"})
            assert len(server.connections) == 1


async def test_the_number_of_idle_connections_is_limited() -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            kept = [await client.send(f"{server.url}/x") for _ in range(MAX_IDLE_CONNECTIONS + 5)]
            for response in kept:
                await read_raw(response)
            assert (client.idle, client.free) == (MAX_IDLE_CONNECTIONS, 100)
            await client.aclose()
            assert client.idle == 0


async def test_no_connection_is_kept_after_closing() -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            response = await client.send(f"{server.url}/x")
            await client.aclose()
            await read_raw(response)
            assert client.idle == 0


async def test_the_number_of_open_connections_is_limited() -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            kept = [await client.send(f"{server.url}/x") for _ in range(100)]
            with pytest.raises(httpx.PoolTimeout):
                await client.fetch(f"{server.url}/x", timeout=httpx.Timeout(10, pool=0.01))
            await read_raw(kept.pop())
            await client.fetch(f"{server.url}/x")
            for response in kept:
                await read_raw(response)
            assert client.free == 100


async def test_a_read_that_takes_too_long_fails() -> None:
    with run_raw_server(read_until_closed) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.fetch(f"{server.url}/x", timeout=httpx.Timeout(10, read=0.01))
            assert (client.idle, client.free) == (0, 100)


async def test_a_body_that_stalls_fails() -> None:
    def stop(server: RawServer, connection: socket.socket) -> None:
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")(server, connection)
        read_until_closed(server, connection)

    with run_raw_server(stop) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.fetch(f"{server.url}/x", timeout=httpx.Timeout(10, read=0.01))
            assert (client.idle, client.free) == (0, 100)


async def test_a_write_that_takes_too_long_fails() -> None:
    done = threading.Event()

    def stop(server: RawServer, connection: socket.socket) -> None:
        done.wait(10)

    with run_raw_server(stop) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.WriteTimeout):
                await client.fetch(f"{server.url}/x", "PUT", b"x" * 64 * MIB, timeout=httpx.Timeout(10, write=0.01))
            done.set()
            assert (client.idle, client.free) == (0, 100)


async def test_connecting_to_a_closed_port_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    async with AsyncHTTP1Client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.fetch(url)


async def test_connecting_to_an_unknown_host_fails() -> None:
    async with AsyncHTTP1Client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.fetch("http://registry.invalid/")
        with pytest.raises(httpx.ConnectError):
            await client.fetch(f"http://{'a' * 64}.example.com/")
        assert client.free == 100


async def test_only_the_given_addresses_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        looked.append(host.decode() if isinstance(host, bytes) else host)
        return real("127.0.0.1" if host in ("one.example.com", b"one.example.com") else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with run_raw_server(answering(OK, OK, OK)) as server:
        async with AsyncHTTP1Client() as client:
            url = server.url.replace("127.0.0.1", "one.example.com")
            await client.fetch(url, call=CallContext(addresses=("127.0.0.1",)))
            assert looked == ["127.0.0.1"]
            assert b"Host: one.example.com:" in server.requests[0]
            # The idle connection leads to another address.
            with pytest.raises(httpx.ConnectError):
                await client.fetch(url, call=CallContext(bulk=True, addresses=("127.0.0.2",)))
            with pytest.raises(httpx.ConnectError, match=r"no address of the host one\.example\.com"):
                await client.fetch(url, call=CallContext(bulk=True, addresses=()))
            await client.fetch(url, call=CallContext(bulk=True, addresses=("127.0.0.2", "127.0.0.1")))
            await client.fetch(url)
            assert len(server.connections) == 1
            assert "one.example.com" not in looked


async def test_after_an_address_that_does_not_answer_the_next_one_is_tried() -> None:
    with run_raw_server(answering(OK)) as server:
        async with AsyncHTTP1Client() as client:
            call = CallContext(bulk=True, addresses=("127.0.0.2", "127.0.0.3", "127.0.0.1"))
            assert (await client.fetch(server.url, call=call)).extensions["raw"] == b"ok"
