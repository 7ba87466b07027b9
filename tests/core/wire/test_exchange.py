"""Requests and responses, sync and async: errors of httpx, errors on a real socket, and reuse of connections."""

from __future__ import annotations

import gzip
import ssl
import traceback
from collections.abc import Callable

import httpx
import pytest

from docker_registry_sdk.errors import (
    NotFoundError,
    RegistryError,
    ServerError,
    StatusError,
    TransportError,
    UnexpectedContentTypeError,
)
from docker_registry_sdk.v2.api import (
    complete_blob_upload,
    create_blob_read_stream,
    get_manifest,
    head_manifest,
    list_tags,
    ping,
    start_blob_upload,
)
from tests.core.wire.loopback import Handler, Loopback

HTTPX_ERRORS: list[Callable[[], Exception]] = [
    lambda: httpx.ConnectError("connection refused"),
    lambda: httpx.ConnectTimeout("timed out"),
    lambda: httpx.ReadTimeout(""),
    lambda: httpx.WriteError("broken pipe"),
    lambda: httpx.PoolTimeout("no connection free"),
    lambda: httpx.ProxyError("407 Proxy Authentication Required"),
    lambda: httpx.RemoteProtocolError("server disconnected"),
    lambda: httpx.DecodingError("bad gzip"),
    lambda: httpx.TooManyRedirects("too many"),
    lambda: httpx.UnsupportedProtocol("no ftp"),
]


@pytest.mark.parametrize("make", HTTPX_ERRORS, ids=lambda make: type(make()).__name__)
def test_httpx_error_becomes_a_transport_error_with_method_and_url(make: Callable[[], Exception]) -> None:
    original = make()

    def fail(request: httpx.Request) -> httpx.Response:
        raise original

    with httpx.Client(transport=httpx.MockTransport(fail), base_url="https://user:secret@h.test") as http:
        with pytest.raises(TransportError) as caught:
            list_tags.sync(http, "a", next_url="/v2/a/tags/list?token=secret")
        with pytest.raises(TransportError), create_blob_read_stream.stream(http, "a", "sha256:ab"):
            pytest.fail("there is no stream")
    error = caught.value
    assert (error.method, error.url) == ("GET", "https://h.test/v2/a/tags/list?token=…")
    assert str(error).startswith(f"GET https://h.test/v2/a/tags/list?token=…: {str(original) or type(original).__name__}")
    assert error.__cause__ is None  # exceptions of httpx hold the request with its credentials
    assert error.__context__ is None


@pytest.mark.anyio
@pytest.mark.parametrize("make", HTTPX_ERRORS, ids=lambda make: type(make()).__name__)
async def test_httpx_error_becomes_a_transport_error_async(make: Callable[[], Exception]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise make()

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail), base_url="https://h.test") as http:
        with pytest.raises(TransportError, match=r"^GET https://h\.test/v2/: "):
            await ping.asyncio(http)
        with pytest.raises(TransportError):
            async with create_blob_read_stream.asyncio_stream(http, "a", "sha256:ab"):
                pytest.fail("there is no stream")


def test_refused_connection_is_a_transport_error() -> None:
    with httpx.Client(base_url="http://127.0.0.1:1", trust_env=False) as http, pytest.raises(TransportError, match="refused"):
        ping.sync(http)


def test_server_without_tls_is_a_transport_error(loopback: Loopback) -> None:
    url = loopback.url.replace("http:", "https:")
    with httpx.Client(base_url=url, trust_env=False, verify=ssl.create_default_context()) as http, pytest.raises(TransportError):
        ping.sync(http)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 99 Odd\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    ],
    ids=lambda sent: sent[:40],
)
def test_malformed_response_is_a_registry_error(loopback: Loopback, http: httpx.Client, sent: bytes) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(sent)
        handler.close_connection = True

    loopback.answer = answer
    with pytest.raises(RegistryError):
        list_tags.sync(http, "a")


def test_error_does_not_show_a_malformed_header_line(loopback: Loopback, http: httpx.Client) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 202 Accepted\r\nLocation https://h.test/u?sig=hunter2\r\n\r\n")
        handler.close_connection = True

    loopback.answer = answer
    with pytest.raises(TransportError) as caught:
        start_blob_upload.sync(http, "a")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("value", ["Bearer hunter2\n", "Bearer hunter2\r\nX: y", "Bearer hunter2\x00"])
def test_error_does_not_show_a_header_that_cannot_be_sent(loopback: Loopback, value: str) -> None:
    with (
        httpx.Client(base_url=loopback.url, trust_env=False, headers={"Authorization": value}) as http,
        pytest.raises(TransportError) as caught,
    ):
        ping.sync(http)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_error_does_not_show_a_password_in_the_url() -> None:
    with (
        httpx.Client(base_url="http://user:hunter2@127.0.0.1:1", trust_env=False) as http,
        pytest.raises(TransportError) as caught,
    ):
        ping.sync(http)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("status", "kind", "body", "media_type"),
    [
        (404, NotFoundError, b"<html>gone</html>", "text/html"),
        (404, NotFoundError, b"", "application/json"),
        (404, NotFoundError, b'{"errors": 5}', "application/json"),
        (404, NotFoundError, b'{"errors":' + b"[" * 50_000, "application/json"),
        (520, ServerError, b"error code: 520", "text/plain"),
        (503, ServerError, b"\xff" * 1000, "application/octet-stream"),
    ],
)
def test_status_error_is_raised_whatever_its_body(
    loopback: Loopback, http: httpx.Client, status: int, kind: type[StatusError], body: bytes, media_type: str
) -> None:
    loopback.answer = lambda handler: handler.reply(status, body, Content_Type=media_type)
    for _ in range(2):
        with pytest.raises(StatusError) as caught:
            get_manifest.sync(http, "a", "b")
        assert type(caught.value) is kind
        assert caught.value.raw == body
        with pytest.raises(kind), create_blob_read_stream.stream(http, "a", "sha256:ab"):
            pytest.fail("there is no stream")


@pytest.mark.parametrize(
    ("body", "media_type", "message"),
    [
        (b'{"message": "no"}', "application/json", "no"),
        (b'{"errors": {"code": "DENIED", "message": "no"}}', "application/json", "DENIED: no"),
        (b'{"title": "Gone", "detail": "no"}', "application/problem+json", "no"),
        (
            b'{"errors": [{"code": "DENIED", "message": "refus\xe9"}]}',
            "application/json; charset=iso-8859-1",
            "DENIED: refus\ufffd",
        ),
        (b"\xef\xbb\xbf" + b'{"message": "no"}', "application/json", "no"),
        (b'{"message": "no"}', "text/plain", "no"),
        (
            b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
            "application/xml",
            "AccessDenied: Request has expired",
        ),
        (b"<Error><Code>NoSuchKey</Code></Error>", "text/html", "NoSuchKey"),
    ],
)
def test_the_message_of_an_error_is_found_in_each_form(
    loopback: Loopback, http: httpx.Client, body: bytes, media_type: str, message: str
) -> None:
    loopback.answer = lambda handler: handler.reply(403, body, Content_Type=media_type)
    with pytest.raises(StatusError) as caught:
        get_manifest.sync(http, "a", "b")
    assert caught.value.problem.endswith(f": 403 Forbidden: {message}")


@pytest.mark.anyio
async def test_status_error_is_raised_whatever_its_body_async(loopback: Loopback, async_http: httpx.AsyncClient) -> None:
    loopback.answer = lambda handler: handler.reply(520, b"<html>")
    with pytest.raises(ServerError) as caught:
        await get_manifest.asyncio(async_http, "a", "b")
    assert (caught.value.status, caught.value.raw) == (520, b"<html>")


def test_head_error_has_no_body(loopback: Loopback, http: httpx.Client) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response(404)
        handler.send_header("Content-Length", "100")
        handler.end_headers()

    loopback.answer = answer
    with pytest.raises(
        NotFoundError, match="The response to a HEAD request has no body; a GET request may return an error message"
    ) as caught:
        head_manifest.sync(http, "a", "b")
    assert caught.value.raw == b""


def test_error_body_that_is_cut_is_kept_as_far_as_received(loopback: Loopback, http: httpx.Client) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nas far")
        handler.close_connection = True

    loopback.answer = answer
    with pytest.raises(NotFoundError) as caught:
        get_manifest.sync(http, "a", "b")
    assert caught.value.raw == b"as far"


def test_gzipped_error_body_is_read(loopback: Loopback, http: httpx.Client) -> None:
    body = gzip.compress(b'{"errors": [{"code": "NAME_UNKNOWN"}]}')
    loopback.answer = lambda handler: handler.reply(404, body, Content_Encoding="gzip", Content_Type="application/json")
    with pytest.raises(NotFoundError) as caught:
        get_manifest.sync(http, "a", "b")
    assert caught.value.codes == ("NAME_UNKNOWN",)
    with pytest.raises(NotFoundError, match="NAME_UNKNOWN"), create_blob_read_stream.stream(http, "a", "sha256:ab"):
        pytest.fail("there is no stream")


def test_unexpected_content_type_is_raised_with_the_raw_body(loopback: Loopback, http: httpx.Client) -> None:
    loopback.answer = lambda handler: handler.reply(200, b"<html>", Content_Type="text/html")
    with pytest.raises(UnexpectedContentTypeError) as caught:
        get_manifest.sync(http, "a", "b")
    assert caught.value.raw == b"<html>"


def test_one_connection_serves_many_calls(loopback: Loopback, http: httpx.Client) -> None:
    ports: set[int] = set()

    def answer(handler: Handler) -> None:
        ports.add(handler.client_address[1])
        handler.reply(404 if "missing" in handler.path else 201, b"x")

    loopback.answer = answer
    for _ in range(5):
        complete_blob_upload.sync(http, "a", "/u", "sha256:ab", body=[b"x"])
        with pytest.raises(NotFoundError):
            get_manifest.sync(http, "missing", "b")
    assert len(ports) == 1


@pytest.mark.anyio
async def test_one_connection_serves_many_calls_async(loopback: Loopback, async_http: httpx.AsyncClient) -> None:
    ports: set[int] = set()

    def answer(handler: Handler) -> None:
        ports.add(handler.client_address[1])
        handler.reply(404 if "missing" in handler.path else 201, b"x")

    loopback.answer = answer
    for _ in range(5):
        await complete_blob_upload.asyncio(async_http, "a", "/u", "sha256:ab", body=[b"x"])
        with pytest.raises(NotFoundError):
            await get_manifest.asyncio(async_http, "missing", "b")
    assert len(ports) == 1
