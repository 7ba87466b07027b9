"""Clients that want the time and memory of an embedded registry: endless heads, half a request, and very many requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, request_log
from docker_registry_sdk.testing.http_protocol import MAX_HEAD_BYTES
from docker_registry_sdk.testing.request_log import RequestLog, RequestRecord

HEAD = b"GET /v2/ HTTP/1.1\r\nHost: x\r\n"
UPLOAD = b"POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
MANIFEST = b"PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"


@pytest.fixture
def connection(embedded_registry: EmbeddedRegistry) -> Iterator[socket.socket]:
    """A connection to the registry."""
    host, _, port = embedded_registry.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        yield connection


def receive_all(connection: socket.socket) -> bytes:
    """Return all bytes until the registry closes the connection."""
    received = b""
    try:
        while block := connection.recv(65536):
            received += block
    except ConnectionError:  # a reset, since the registry did not read all that was sent
        pass
    return received


def send_until_closed(connection: socket.socket, block: bytes) -> int:
    """Send the same bytes until the registry closes the connection, or has taken far too much, and return their number."""
    sent = 0
    try:
        while sent < 64 * 1024 * 1024:
            connection.sendall(block)
            sent += len(block)
    except ConnectionError:
        pass
    return sent


@pytest.mark.parametrize(
    ("start", "block"),
    [
        (b"GET /", b"a"),
        (HEAD + b"X: ", b"a"),
        (HEAD, b"X: a\r\n"),
        (UPLOAD + b"1\r\na\r\n0\r\n", b"X: a\r\n"),
        (UPLOAD + b"1\r\na\r\n0\r\nX:", b"a"),
        (UPLOAD + b"1;x=", b"a"),
    ],
    ids=["path", "header", "headers", "trailers", "trailer", "chunk extension"],
)
def test_an_endless_head_is_cut(
    embedded_registry: EmbeddedRegistry, connection: socket.socket, start: bytes, block: bytes
) -> None:
    connection.sendall(start)
    assert send_until_closed(connection, block * (65536 // len(block))) < 16 * 1024 * 1024  # what buffers of sockets can hold
    assert embedded_registry.client("a").supports_v2()


def test_a_long_head_that_arrives_at_once_is_refused(embedded_registry: EmbeddedRegistry, connection: socket.socket) -> None:
    connection.sendall(HEAD + b"X: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n")
    assert receive_all(connection)[:12] in (b"HTTP/1.1 431", b"")  # a reset can outrun the response
    assert len(embedded_registry.requests) == 0
    host, _, port = embedded_registry.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as other:
        other.sendall(HEAD + b"Connection: close\r\nX: " + b"a" * (MAX_HEAD_BYTES - 100) + b"\r\n\r\n")
        assert receive_all(other).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /v2",
        HEAD,
        UPLOAD,
        UPLOAD + b"5\r\nab",
        b"PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    ],
    ids=["nothing", "path", "head", "no body", "half a chunk", "half a body"],
)
def test_half_a_request_ends(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.http_protocol.MAX_SILENT_SECONDS", 0.05)
    with EmbeddedRegistry() as registry:
        host, _, port = registry.host.partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(sent)
            receive_all(connection)  # which fails after 60 seconds if the registry does not close the connection


def record(number: int, length: int) -> RequestRecord:
    """Return a record with a header of some length."""
    return RequestRecord(
        method="GET",
        path=f"/{number}",
        headers=(("x", "a" * length),),
        status=200,
        request_bytes=0,
        response_bytes=0,
        response_headers=(),
    )


def test_the_log_of_requests_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "MAX_LOG_CHARACTERS", 10_000)
    log = RequestLog()
    for number in range(100):
        log.append(record(number, 500))
    assert 5 < len(log) < 10
    assert log.removed == 100 - len(log)
    assert log[-1].path == "/99"
    log.clear()
    log.append(record(100, 20_000))
    assert [one.path for one in log] == ["/100"]  # the last record stays, whatever its length
