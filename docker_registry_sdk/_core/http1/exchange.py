"""One exchange of HTTP/1.1 without I/O: the heads of request and answer, and how long the answer's body is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import h11
import httpx

# As httpx has it; 16 KiB, the default of h11, is less than some servers send.
LONGEST_HEAD = 100 * 1024
# Each of them may take as long as a whole answer.
_MOST_INTERIM = 20


class Exchange:
    """A request and its answer.

    Args:
        request: The request.

    Raises:
        httpx.LocalProtocolError: Its head is none.
    """

    def __init__(self, request: httpx.Request) -> None:
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._method = request.method
        self._interim = 0
        self._answer: h11.Response | None = None
        self._headers = httpx.Headers()
        self.heard = False
        """Whether any byte of an answer has come."""
        self.sent = False
        """Whether the whole request was sent."""
        length = request.headers.get("Content-Length")
        self.left: int | None = int(length) if length and length.isascii() and length.isdigit() else None
        """How many bytes of the request's body are left to send; None when it goes in chunks, or has none."""
        self._closing = "close" in request.headers.get("Connection", "").lower()
        with _local():
            sent = self._parser.send(h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw))
        self.head = sent or b""
        """The head of the request."""

    def coded(self, block: bytes) -> bytes:
        """Return a block of the request's body as it goes over the wire.

        Args:
            block: The bytes.

        Raises:
            httpx.LocalProtocolError: There are more than Content-Length says.
        """
        if self.left is None:
            with _local():
                return self._parser.send(h11.Data(data=block)) or b""
        self.left -= len(block)
        if self.left < 0:
            raise httpx.LocalProtocolError("the body is longer than Content-Length")
        return block

    def end(self) -> bytes:
        """Return what ends the request's body.

        Raises:
            httpx.LocalProtocolError: There are fewer bytes than Content-Length says.
        """
        if self.left:
            raise httpx.LocalProtocolError(f"the body ends {self.left} bytes short of Content-Length")
        if self.left is None:
            with _local():
                return self._parser.send(h11.EndOfMessage()) or b""
        return b""

    def take(self, data: bytes) -> None:
        """Take in what came from the server.

        Args:
            data: The bytes; none at the end.
        """
        self.heard = self.heard or bool(data)
        self._parser.receive_data(data)

    def answer(self) -> h11.Response | None:
        """Return the head of the answer, None when more must be taken in first.

        Raises:
            httpx.RemoteProtocolError: What came is none.
        """
        while self._answer is None:
            event = self._next()
            if event is h11.NEED_DATA:
                return None
            if isinstance(event, h11.InformationalResponse) and event.status_code != 101 and self._interim < _MOST_INTERIM:
                self._interim += 1
            elif isinstance(event, h11.Response):
                self._answer = event
                self._headers = httpx.Headers(event.headers.raw_items())
            elif isinstance(event, h11.ConnectionClosed):
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            else:
                raise httpx.RemoteProtocolError("what the server sent is no answer")
        return self._answer

    @property
    def is_chunked(self) -> bool:
        """Whether the answer's body comes in chunks."""
        return not self._is_empty and "transfer-encoding" in self._headers

    @property
    def length(self) -> int | None:
        """How long the answer's body is; None when only its end tells."""
        if self._is_empty:
            return 0
        length = None if self.is_chunked else self._headers.get("content-length")
        # h11 has seen to it that several are the same.
        return None if length is None else int(length.partition(",")[0])

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection is good for another exchange, once the answer was read to its end."""
        assert self._answer is not None
        headers = self._headers
        # An answer that tells its length in two ways means two answers to some.
        framed = self._is_empty or (("content-length" in headers) != ("transfer-encoding" in headers))
        closing = self._closing or "close" in headers.get("connection", "").lower()
        return self.sent and framed and not closing and self._answer.http_version >= b"1.1"

    def rest(self) -> bytes:
        """Return what came after the head of an answer whose body does not come in chunks."""
        return self._parser.trailing_data[0]

    def chunk(self) -> bytes | None:
        """Return the next bytes of a body that comes in chunks, b"" at its end; None when more must be taken in first.

        Raises:
            httpx.RemoteProtocolError: What came is none.
        """
        while True:
            event = self._next()
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return b""
            elif event is h11.NEED_DATA:
                return None
            else:
                raise httpx.RemoteProtocolError("what the server sent is no body")

    def _next(self) -> object:
        try:
            return self._parser.next_event()
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error

    @property
    def _is_empty(self) -> bool:
        assert self._answer is not None
        return self._method == "HEAD" or self._answer.status_code in (204, 304)


@contextmanager
def _local() -> Iterator[None]:
    try:
        yield
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error


@contextmanager
def failing(kind: type[httpx.TransportError], late: type[httpx.TransportError]) -> Iterator[None]:
    """Raise the failures of a connection as those of httpx.

    Args:
        kind: What a failure becomes.
        late: What it becomes when something did not come in time.

    Raises:
        httpx.TransportError: Something failed.
    """
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except (OSError, ValueError) as error:  # names that are none for TLS or for the resolver are values
        raise kind(str(error)) from error
