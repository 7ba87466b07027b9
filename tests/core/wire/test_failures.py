"""Failures of httpx become exceptions with a hint that fits, and connection errors are recognized by their causes."""

from __future__ import annotations

import socket
import ssl
import threading

import httpx
import pytest

from docker_registry_sdk._core.wire import CallContext, is_untrusted, set_call
from docker_registry_sdk._core.wire.failures import transport_error
from docker_registry_sdk.errors import RequestTimeoutError, TransportError

REQUEST = httpx.Request("GET", "https://registry.test/v2/")


def test_an_untrusted_certificate_is_found_among_the_causes() -> None:
    error, context = httpx.ConnectError("no"), OSError("no")
    error.__cause__, context.__context__ = context, ssl.SSLCertVerificationError("no")
    assert is_untrusted(error)
    assert not is_untrusted(httpx.ConnectError("no"))


def test_a_cycle_of_causes_is_searched_once() -> None:
    one, two, three = httpx.ConnectError("one"), OSError("two"), OSError("three")
    one.__cause__, two.__cause__, three.__cause__ = two, three, two
    assert not is_untrusted(one)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (httpx.ConnectTimeout, "timeout"),
        (httpx.ReadTimeout, "timeout"),
        (httpx.WriteTimeout, "timeout"),
        (httpx.PoolTimeout, "max_connections"),
    ],
)
def test_timeouts_are_timeout_errors(kind: type[httpx.TimeoutException], word: str) -> None:
    error = transport_error(REQUEST, kind("timed out"))
    assert isinstance(error, RequestTimeoutError)
    assert isinstance(error, TimeoutError)
    assert word in error.hint


def test_other_failures_are_no_timeout_errors() -> None:
    error = transport_error(REQUEST, httpx.ConnectError("Connection refused"))
    assert type(error) is TransportError
    assert error.problem == "GET https://registry.test/v2/: Connection refused"
    assert "network" in error.hint


def test_untrusted_certificate_has_a_hint_of_its_own() -> None:
    failure = httpx.ConnectError("certificate verify failed")
    failure.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    assert "ca_file" in transport_error(REQUEST, failure).hint


def test_a_server_without_tls_has_a_hint_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_without_tls, args=(server,))
        thread.start()
        with pytest.raises(httpx.ConnectError) as caught:
            httpx.get(f"https://127.0.0.1:{server.getsockname()[1]}", trust_env=False)
        thread.join()
    assert "Write http:// before the name" in transport_error(REQUEST, caught.value).hint
    set_call(caught.value.request, CallContext(operation_id="get_token"))
    assert "the realm in its challenge" in transport_error(REQUEST, caught.value).hint


def answer_without_tls(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
