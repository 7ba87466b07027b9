"""Threads and tasks that share a pool of the HTTP/1.1 engine, and cancelled tasks."""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.lowlevel
import httpx
import pytest

from docker_registry_sdk._core.http1._async.pool import DEFAULT_MAX_CONNECTIONS, async_use_engine
from docker_registry_sdk._core.wire import CALL, CallContext
from tests.support._sync.http1_client import HTTP1Client
from tests.support.connections import free_slots
from tests.support.raw_server import RawServer, answering, read_until_closed, run_raw_server

MIB = 1024 * 1024


def test_threads_share_a_transport() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + bytes(MIB)
    with run_raw_server(answering(*[body] * 200)) as server, HTTP1Client() as client, ThreadPoolExecutor(8) as threads:
        sizes = threads.map(lambda _: len(client.fetch(f"{server.url}/x").extensions["raw"]), range(100))
        assert set(sizes) == {MIB}
        assert len(server.connections) <= 8
        assert client.free == 100


@pytest.mark.anyio
async def test_tasks_share_a_transport_and_a_cancelled_one_leaves_no_half_read_connection() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + bytes(MIB)

    def slow(server: RawServer, connection: socket.socket) -> None:
        while request := server.read_request(connection):
            connection.sendall(body[: MIB // 2])
            if b"/stuck" in request:
                read_until_closed(server, connection)
            connection.sendall(body[MIB // 2 :])

    transport = httpx.AsyncHTTPTransport()
    pool = async_use_engine(transport, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    sizes: list[int] = []
    with run_raw_server(slow) as server:
        async with httpx.AsyncClient(transport=transport) as http:

            async def get(path: str) -> None:
                response = await http.get(f"{server.url}{path}", extensions={CALL: CallContext(bulk=True)}, timeout=30)
                sizes.append(len(response.content))

            for _ in range(3):
                async with anyio.create_task_group() as group:
                    for _ in range(5):
                        group.start_soon(get, "/x")
                    with anyio.move_on_after(0.05) as scope:
                        await get("/stuck")
                    assert scope.cancelled_caught
            assert len(pool._idle._entries) <= 5
            assert free_slots(pool) == DEFAULT_MAX_CONNECTIONS
    assert sizes == [MIB] * 15


@pytest.mark.anyio
async def test_reading_a_body_that_another_task_closes_fails() -> None:
    def stop(server: RawServer, connection: socket.socket) -> None:
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")(server, connection)
        read_until_closed(server, connection)

    transport = httpx.AsyncHTTPTransport()
    pool = async_use_engine(transport, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    with run_raw_server(stop) as server:
        async with httpx.AsyncClient(transport=transport, timeout=30) as http:
            request = http.build_request("GET", server.url, extensions={CALL: CallContext(bulk=True)})
            response = await http.send(request, stream=True)
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"hello"
            async with anyio.create_task_group() as group:

                async def read() -> None:
                    with pytest.raises(httpx.ReadError, match="closed"):
                        await anext(pieces)

                group.start_soon(read)
                await anyio.sleep(0.05)
                await response.aclose()
            assert free_slots(pool) == DEFAULT_MAX_CONNECTIONS


@pytest.mark.anyio
async def test_other_tasks_run_while_tiny_chunks_are_parsed() -> None:
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n"
    transport = httpx.AsyncHTTPTransport()
    async_use_engine(transport, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await anyio.lowlevel.checkpoint()
            turns += 1

    with run_raw_server(answering(body)) as server:
        async with httpx.AsyncClient(transport=transport) as http, anyio.create_task_group() as group:
            url, bulk = f"{server.url}/x", {CALL: CallContext(bulk=True)}
            async with http.stream("GET", url, extensions=bulk, timeout=30) as response:
                group.start_soon(count_turns)
                assert len([chunk async for chunk in response.aiter_raw()]) == 20_000
            group.cancel_scope.cancel()
    assert turns >= 20_000 // 256
