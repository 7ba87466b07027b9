"""Encode a request as HTTP/1.1 and parse its response: the heads, and the framing of the bodies. Free of I/O."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import h11
import httpx

if TYPE_CHECKING:
    import httpcore

# The limit of httpx. Some servers send more than 16 KiB, the default of h11.
MAX_HEAD_BYTES: Final = 100 * 1024
# A server could delay the response forever by sending informational (1xx) responses.
_MAX_INFORMATIONAL: Final = 20


class Exchange:
    """The state of one request and its response. An exchange encodes the bytes to send, and parses the received bytes.

    Args:
        request: The request.

    Raises:
        httpx.LocalProtocolError: The method, target or headers of the request are not valid HTTP/1.1.

    Attributes:
        method: The method of the request.
        head: The bytes of the request's head.
        remaining: The number of bytes of the request's body that are not sent yet; None if the request has no Content-Length.
        is_sent: Whether the whole request was sent. The code that sends the request sets this attribute.
        has_received: Whether any byte of a response was received.
    """

    def __init__(self, request: httpcore.Request) -> None:
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self.method = request.method.decode("ascii")
        self._informational = 0
        self._response: h11.Response | None = None
        self._headers = httpx.Headers()
        self.has_received = False
        self.is_sent = False
        headers = httpx.Headers(request.headers)
        length = headers.get("Content-Length")
        self.remaining: int | None = int(length) if length and length.isascii() and length.isdigit() else None
        self._closing = "close" in headers.get("Connection", "").lower()
        with _local_errors():
            head = self._parser.send(h11.Request(method=request.method, target=request.url.target, headers=request.headers))
        self.head = head or b""

    def encode(self, block: bytes) -> bytes:
        """Return the bytes to send for a block of the request's body.

        Args:
            block: The next bytes of the body.

        Raises:
            httpx.LocalProtocolError: The body is longer than its Content-Length.
        """
        if self.remaining is None:
            with _local_errors():
                return self._parser.send(h11.Data(data=block)) or b""
        self.remaining -= len(block)
        if self.remaining < 0:
            raise httpx.LocalProtocolError("the body of the request is longer than its Content-Length")
        return block

    def encode_end(self) -> bytes:
        """Return the bytes to send after the last block of the request's body; b"" unless the body is chunked.

        Raises:
            httpx.LocalProtocolError: The body is shorter than its Content-Length.
        """
        if self.remaining:
            raise httpx.LocalProtocolError(f"the body of the request is {self.remaining} bytes shorter than its Content-Length")
        if self.remaining is None:
            with _local_errors():
                return self._parser.send(h11.EndOfMessage()) or b""
        return b""

    def receive_data(self, data: bytes) -> None:
        """Pass bytes that were received from the server to the parser.

        Args:
            data: The bytes; b"" if the server has closed the connection.
        """
        self.has_received = self.has_received or bool(data)
        self._parser.receive_data(data)

    def response_head(self) -> h11.Response | None:
        """Return the head of the response; None if it was not received completely yet.

        Raises:
            httpx.RemoteProtocolError: The bytes received are not an HTTP/1.1 response.
        """
        while self._response is None:
            event = self._next_event()
            if event is h11.NEED_DATA:
                return None
            informational = isinstance(event, h11.InformationalResponse) and event.status_code != 101
            if informational and self._informational < _MAX_INFORMATIONAL:
                self._informational += 1
            elif isinstance(event, h11.Response):
                self._response = event
                self._headers = httpx.Headers(event.headers.raw_items())
            elif isinstance(event, h11.ConnectionClosed):
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")  # the message of httpcore
            else:
                raise httpx.RemoteProtocolError("the server sent something other than an HTTP/1.1 response")
        return self._response

    @property
    def is_chunked(self) -> bool:
        """Return whether the response's body is chunked."""
        return not self._has_no_body and "transfer-encoding" in self._headers

    @property
    def length(self) -> int | None:
        """Return the number of bytes of the response's body; None if only the end of the body shows its length.

        The length is unknown in advance if the body is chunked, or if the server marks the end by closing the connection.
        """
        if self._has_no_body:
            return 0
        length = None if self.is_chunked else self._headers.get("content-length")
        # If there are several values, h11 has checked that they are equal.
        return None if length is None else int(length.partition(",")[0])

    @property
    def keeps_alive(self) -> bool:
        """Return whether the connection can be used for another request once the whole response was read."""
        assert self._response is not None
        headers = self._headers
        # A proxy may take a response with both headers for two responses, so do not reuse the connection.
        framed = self._has_no_body or (("content-length" in headers) != ("transfer-encoding" in headers))
        closing = self._closing or "close" in headers.get("connection", "").lower()
        return self.is_sent and framed and not closing and self._response.http_version >= b"1.1"

    def trailing_data(self) -> bytes:
        """Return the received bytes after the end of a chunked body or, if the body is not chunked, after the response's head."""
        return self._parser.trailing_data[0]

    def next_chunk(self) -> bytes | None:
        """Return the next bytes of a chunked body; b"" at the end of the body, and None if no chunk was received completely yet.

        Raises:
            httpx.RemoteProtocolError: The bytes received are not a chunked body.
        """
        while True:
            event = self._next_event()
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return b""
            elif event is h11.NEED_DATA:
                return None
            else:
                raise httpx.RemoteProtocolError("the response has a chunked body that is malformed")

    def _next_event(self) -> object:
        try:
            return self._parser.next_event()
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error

    @property
    def _has_no_body(self) -> bool:
        assert self._response is not None
        return self.method == "HEAD" or self._response.status_code in (204, 304)


@contextmanager
def _local_errors() -> Iterator[None]:
    try:
        yield
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error


@contextmanager
def connection_errors(kind: type[httpx.TransportError], timeout: type[httpx.TransportError]) -> Iterator[None]:
    """Return a context manager that converts errors of sockets, TLS and the resolver into exceptions of httpx.

    Args:
        kind: The exception class that replaces OSError and ValueError, except TimeoutError.
        timeout: The exception class that replaces TimeoutError.

    Raises:
        httpx.TransportError: The `with` block raised OSError (also TimeoutError) or ValueError.
    """
    try:
        yield
    except TimeoutError as error:
        raise timeout(str(error)) from error
    except (OSError, ValueError) as error:  # TLS and the resolver raise ValueError for an invalid host name
        raise kind(str(error)) from error
