"""TLS connections of the HTTP/1.1 engine."""

from __future__ import annotations

import socket
import ssl

import httpx
import pytest
import trustme

from docker_registry_sdk._core.wire import CallContext, is_untrusted
from tests.support._async.http1_client import AsyncHTTP1Client
from tests.support.raw_server import RawServer, answering, read_until_closed, run_raw_server

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MIB = 1024 * 1024


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


async def test_tls_uses_the_name_of_the_host_instead_of_its_address(authority: trustme.CA) -> None:
    names: list[str | None] = []
    tls = tls_of(authority, "registry.example.com")
    tls.sni_callback = lambda sock, name, context: names.append(name)
    body = bytes(3 * MIB)
    big = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with run_raw_server(answering(big, big), tls) as server:
        async with AsyncHTTP1Client(trusting(authority)) as client:
            url = server.url.replace("127.0.0.1", "registry.example.com")
            for _ in range(2):
                response = await client.fetch(url, "PUT", body, call=CallContext(bulk=True, addresses=("127.0.0.1",)))
                assert response.extensions["raw"] == body
            assert names == ["registry.example.com"]
            assert [request.endswith(body) for request in server.requests] == [True, True]


async def test_a_certificate_of_another_host_is_not_trusted(authority: trustme.CA) -> None:
    tls = tls_of(authority, "other.example.com")
    with run_raw_server(answering(OK), tls) as server:
        async with AsyncHTTP1Client(trusting(authority)) as client:
            url = server.url.replace("127.0.0.1", "registry.example.com")
            with pytest.raises(httpx.ConnectError) as caught:
                await client.fetch(url, call=CallContext(bulk=True, addresses=("127.0.0.1",)))
            assert is_untrusted(caught.value)
            assert server.requests == []
            assert client.free == 100


async def test_a_handshake_that_takes_too_long_fails() -> None:
    with run_raw_server(read_until_closed) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.ConnectTimeout):
                await client.fetch(server.url.replace("http:", "https:"), timeout=httpx.Timeout(10, connect=0.01))


async def test_tls_with_a_server_that_speaks_plain_http_fails() -> None:
    def refuse(server: RawServer, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with run_raw_server(refuse) as server:
        async with AsyncHTTP1Client() as client:
            with pytest.raises(httpx.ConnectError):
                await client.fetch(server.url.replace("http:", "https:"))
