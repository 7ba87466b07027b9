"""Connections of the HTTP/1.1 engine: addresses, TLS, timeouts, limits and reuse."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest
import trustme

from docker_registry_sdk._core.http1._async.transport import MAX_CONNECTIONS, AsyncHTTP1Transport
from docker_registry_sdk._core.http1.idle import MAX_IDLE_CONNECTIONS
from docker_registry_sdk._core.wire import CALL, CallContext, is_untrusted
from tests.support.direct import Other, free_slots, open_direct
from tests.support.names import resolve_to_loopback
from tests.support.raw_server import RawServer, answering, run_raw_server
from tests.support.sessions import KINDS, Kind

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MIB = 1024 * 1024
both = pytest.mark.parametrize("kind", KINDS)


def silent(server: RawServer, connection: socket.socket) -> None:
    """Read until the client closes the connection, and send nothing."""
    while connection.recv(65536):
        pass


@both
def test_requests_without_bulk_and_addresses_go_to_the_other_transport(kind: Kind) -> None:
    with open_direct(kind) as direct:
        for call in (CallContext(), CallContext(operation_id="get_manifest")):
            response = direct.send("http://registry.example.com/x", call=call, keep=True)
            assert response.status_code == 299


@both
def test_an_idle_connection_is_reused(kind: Kind) -> None:
    with run_raw_server(answering(OK, OK, OK)) as server, open_direct(kind) as direct:
        for _ in range(3):
            assert direct.send(f"{server.url}/x").extensions["raw"] == b"ok"
        assert len(server.connections) == 1


@both
def test_an_idle_connection_is_not_reused_for_another_host(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to_loopback(monkeypatch)
    with run_raw_server(answering(OK, OK)) as server, open_direct(kind) as direct:
        for host in ("one.example.com", "two.example.com"):
            direct.send(server.url.replace("127.0.0.1", host))
        assert len(server.connections) == 2


@both
def test_an_idle_connection_that_the_server_closed_is_not_reused(kind: Kind) -> None:
    with run_raw_server(answering(OK)) as server, open_direct(kind) as direct:
        for number in range(3):
            assert direct.send(f"{server.url}/x", "POST").extensions["raw"] == b"ok"
            assert len(server.connections) == number + 1
            [waiting] = direct.transport._idle._entries
            assert _readable(waiting.connection._sock)  # the server has closed its side


def _readable(sock: socket.socket) -> bool:
    """Wait until there are bytes to read, or the end of the connection."""
    return bool(select.select([sock], [], [], 10)[0])


@both
def test_an_idle_connection_with_unrequested_bytes_is_not_reused(kind: Kind) -> None:
    read = threading.Event()

    def smuggle(server: RawServer, connection: socket.socket) -> None:
        answering(OK)(server, connection)
        read.wait(10)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        silent(server, connection)

    with run_raw_server(smuggle) as server, open_direct(kind) as direct:
        direct.send(f"{server.url}/x")
        [waiting] = direct.transport._idle._entries
        read.set()
        assert _readable(waiting.connection._sock)
        assert direct.send(f"{server.url}/x").extensions["raw"] == b"ok"
        assert len(server.connections) == 2


@both
@pytest.mark.parametrize(("method", "again"), [("GET", True), ("PUT", True), ("POST", False), ("PATCH", False)])
def test_a_request_on_a_closing_connection_is_sent_again_if_that_is_safe(kind: Kind, method: str, again: bool) -> None:
    def close_later(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(OK)
        server.read_request(connection)

    with run_raw_server(close_later) as server, open_direct(kind) as direct:
        direct.send(f"{server.url}/x")
        if again:
            assert direct.send(f"{server.url}/x", method, b"body").extensions["raw"] == b"ok"
        else:
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                direct.send(f"{server.url}/x", method, b"body")
        assert len(server.connections) == 1 + again
        assert direct.free == 100


@both
@pytest.mark.parametrize("sent", [b"", b"H"])
def test_a_request_is_sent_at_most_twice(kind: Kind, sent: bytes) -> None:
    def close(server: RawServer, connection: socket.socket) -> None:
        if server.read_request(connection) and len(server.requests) == 1:
            connection.sendall(OK)
            server.read_request(connection)
        connection.sendall(sent)

    with run_raw_server(close) as server, open_direct(kind) as direct:
        direct.send(f"{server.url}/x")
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            direct.send(f"{server.url}/x")
        assert len(server.requests) == (3 if not sent else 2)


@both
def test_a_body_from_an_iterator_is_not_sent_again(kind: Kind) -> None:
    def close_later(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(OK)
        server.read_request(connection)

    def pieces() -> Iterator[bytes]:
        yield b"body"

    with run_raw_server(close_later) as server, open_direct(kind) as direct:
        direct.send(f"{server.url}/x")
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            direct.send(f"{server.url}/x", "PUT", pieces, headers={"Content-Length": "4"})
        assert len(server.connections) == 1


@both
def test_the_number_of_idle_connections_is_limited(kind: Kind) -> None:
    with run_raw_server(answering(OK)) as server, open_direct(kind) as direct:
        kept = [direct.send(f"{server.url}/x", keep=True) for _ in range(MAX_IDLE_CONNECTIONS + 5)]
        for response in kept:
            direct.read(response)
        assert (direct.idle, direct.free) == (MAX_IDLE_CONNECTIONS, 100)
        direct.close()
        assert direct.idle == 0


@both
def test_no_connection_is_kept_after_closing(kind: Kind) -> None:
    with run_raw_server(answering(OK)) as server, open_direct(kind) as direct:
        response = direct.send(f"{server.url}/x", keep=True)
        direct.close()
        direct.read(response)
        assert direct.idle == 0


@both
def test_the_number_of_open_connections_is_limited(kind: Kind) -> None:
    with run_raw_server(answering(OK)) as server, open_direct(kind) as direct:
        kept = [direct.send(f"{server.url}/x", keep=True) for _ in range(100)]
        with pytest.raises(httpx.PoolTimeout):
            direct.send(f"{server.url}/x", timeout=httpx.Timeout(10, pool=0.01))
        direct.read(kept.pop())
        direct.send(f"{server.url}/x")
        for response in kept:
            direct.read(response)
        assert direct.free == 100


@both
def test_a_read_that_takes_too_long_fails(kind: Kind) -> None:
    with run_raw_server(silent) as server, open_direct(kind) as direct:
        with pytest.raises(httpx.ReadTimeout):
            direct.send(f"{server.url}/x", timeout=httpx.Timeout(10, read=0.01))
        assert (direct.idle, direct.free) == (0, 100)


@both
def test_a_body_that_stalls_fails(kind: Kind) -> None:
    def stop(server: RawServer, connection: socket.socket) -> None:
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")(server, connection)
        silent(server, connection)

    with run_raw_server(stop) as server, open_direct(kind) as direct:
        with pytest.raises(httpx.ReadTimeout):
            direct.send(f"{server.url}/x", timeout=httpx.Timeout(10, read=0.01))
        assert (direct.idle, direct.free) == (0, 100)


@both
def test_a_write_that_takes_too_long_fails(kind: Kind) -> None:
    done = threading.Event()

    def stop(server: RawServer, connection: socket.socket) -> None:
        done.wait(10)

    with run_raw_server(stop) as server, open_direct(kind) as direct:
        with pytest.raises(httpx.WriteTimeout):
            direct.send(f"{server.url}/x", "PUT", b"x" * 64 * MIB, timeout=httpx.Timeout(10, write=0.01))
        done.set()
        assert (direct.idle, direct.free) == (0, 100)


@both
def test_connecting_to_a_closed_port_fails(kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with open_direct(kind) as direct, pytest.raises(httpx.ConnectError):
        direct.send(url)


@both
def test_connecting_to_an_unknown_host_fails(kind: Kind) -> None:
    with open_direct(kind) as direct:
        with pytest.raises(httpx.ConnectError):
            direct.send("http://registry.invalid/")
        with pytest.raises(httpx.ConnectError):
            direct.send(f"http://{'a' * 64}.example.com/")
        assert direct.free == 100


@both
def test_only_the_given_addresses_are_connected_to(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        looked.append(host.decode() if isinstance(host, bytes) else host)
        return real("127.0.0.1" if host in ("one.example.com", b"one.example.com") else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with run_raw_server(answering(OK, OK, OK)) as server, open_direct(kind) as direct:
        url = server.url.replace("127.0.0.1", "one.example.com")
        direct.send(url, call=CallContext(addresses=("127.0.0.1",)))
        assert looked == ["127.0.0.1"]
        assert b"Host: one.example.com:" in server.requests[0]
        # The idle connection leads to another address.
        with pytest.raises(httpx.ConnectError):
            direct.send(url, call=CallContext(bulk=True, addresses=("127.0.0.2",)))
        with pytest.raises(httpx.ConnectError, match=r"no address of one\.example\.com"):
            direct.send(url, call=CallContext(bulk=True, addresses=()))
        direct.send(url, call=CallContext(bulk=True, addresses=("127.0.0.2", "127.0.0.1")))
        direct.send(url)
        assert len(server.connections) == 1
        assert "one.example.com" not in looked


@both
def test_after_an_address_that_does_not_answer_the_next_one_is_tried(kind: Kind) -> None:
    with run_raw_server(answering(OK)) as server, open_direct(kind) as direct:
        call = CallContext(bulk=True, addresses=("127.0.0.2", "127.0.0.3", "127.0.0.1"))
        assert direct.send(server.url, call=call).extensions["raw"] == b"ok"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The certificate authority of the servers."""
    return trustme.CA()


def tls_of(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate for a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """Return the TLS context of a client that trusts the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@both
def test_tls_uses_the_name_of_the_host_instead_of_its_address(kind: Kind, authority: trustme.CA) -> None:
    names: list[str | None] = []
    tls = tls_of(authority, "registry.example.com")
    tls.sni_callback = lambda sock, name, context: names.append(name)
    body = bytes(3 * MIB)
    big = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with run_raw_server(answering(big, big), tls) as server, open_direct(kind, trusting(authority)) as direct:
        url = server.url.replace("127.0.0.1", "registry.example.com")
        for _ in range(2):
            response = direct.send(url, "PUT", body, call=CallContext(bulk=True, addresses=("127.0.0.1",)))
            assert response.extensions["raw"] == body
        assert names == ["registry.example.com"]
        assert [request.endswith(body) for request in server.requests] == [True, True]


@both
def test_a_certificate_of_another_host_is_not_trusted(kind: Kind, authority: trustme.CA) -> None:
    tls = tls_of(authority, "other.example.com")
    with run_raw_server(answering(OK), tls) as server, open_direct(kind, trusting(authority)) as direct:
        url = server.url.replace("127.0.0.1", "registry.example.com")
        with pytest.raises(httpx.ConnectError) as caught:
            direct.send(url, call=CallContext(bulk=True, addresses=("127.0.0.1",)))
        assert is_untrusted(caught.value)
        assert server.requests == []
        assert direct.free == 100


@both
def test_a_handshake_that_takes_too_long_fails(kind: Kind) -> None:
    with run_raw_server(silent) as server, open_direct(kind) as direct, pytest.raises(httpx.ConnectTimeout):
        direct.send(server.url.replace("http:", "https:"), timeout=httpx.Timeout(10, connect=0.01))


@both
def test_tls_with_a_server_that_speaks_plain_http_fails(kind: Kind) -> None:
    def refuse(server: RawServer, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with run_raw_server(refuse) as server, open_direct(kind) as direct, pytest.raises(httpx.ConnectError):
        direct.send(server.url.replace("http:", "https:"))


def test_threads_share_a_transport() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + bytes(MIB)
    with run_raw_server(answering(*[body] * 200)) as server, open_direct("sync") as direct, ThreadPoolExecutor(8) as threads:
        sizes = threads.map(lambda _: len(direct.send(f"{server.url}/x").extensions["raw"]), range(100))
        assert set(sizes) == {MIB}
        assert len(server.connections) <= 8
        assert direct.free == 100


@pytest.mark.anyio
async def test_tasks_share_a_transport_and_a_cancelled_one_leaves_no_half_read_connection() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + bytes(MIB)

    def slow(server: RawServer, connection: socket.socket) -> None:
        while request := server.read_request(connection):
            connection.sendall(body[: MIB // 2])
            if b"/stuck" in request:
                silent(server, connection)
            connection.sendall(body[MIB // 2 :])

    transport = AsyncHTTP1Transport(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), Other())
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
            assert len(transport._idle._entries) <= 5
            assert free_slots(transport) == MAX_CONNECTIONS
    assert sizes == [MIB] * 15


@pytest.mark.anyio
async def test_reading_a_body_that_another_task_closes_fails() -> None:
    def stop(server: RawServer, connection: socket.socket) -> None:
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")(server, connection)
        silent(server, connection)

    transport = AsyncHTTP1Transport(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), Other())
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
            assert free_slots(transport) == MAX_CONNECTIONS
