"""The log of the requests to the embedded registry, for assertions in tests."""

import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import overload
from urllib.parse import unquote_plus

import attrs
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docker_registry_sdk.testing.faults.fault import Fault
from docker_registry_sdk.testing.faults.injection import faults_of

REDACTED = "[redacted]"

MAX_LOG_CHARACTERS = 32 * 1024 * 1024
"""The maximum length of the paths and headers of all records of a log. A log that is longer removes its oldest records."""

_CHARACTERS_PER_RECORD = 500  # about the memory that a record needs beside its path and headers

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SECRET_FIELDS = frozenset({"access_token", "client_secret", "id_token", "password", "refresh_token", "signature", "token"})
_SIGNATURE = re.compile(r"(signature=)[^,;&\s]+", re.IGNORECASE)  # in tokens and signed URLs of API v1


@attrs.frozen(kw_only=True)
class RequestRecord:
    """The record of a request and its response.

    Args:
        method: The HTTP method, such as `GET`.
        path: The path and the query, percent-encoded as the client sent them. The values of secret query parameters, such as
            `password`, are replaced by `REDACTED`.
        headers: The names and values of the request headers. The names are in lower case. The values of secret headers, such as
            `authorization`, and signatures in other values are replaced by `REDACTED`.
        status: The status code of the response, or None if the connection was closed before a response was sent.
        request_bytes: The number of bytes of the request body that the registry read.
        response_bytes: The number of bytes of the response body that the registry sent.
        response_headers: The names and values of the response headers, in the form of `headers`.
        faults: The faults that were applied to the request, in the order in which they were added to the registry. The faults of
            the profile are included, before all other faults.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    status: int | None
    request_bytes: int
    response_bytes: int
    response_headers: tuple[tuple[str, str], ...]
    faults: tuple[Fault, ...] = ()

    @property
    def fault(self) -> Fault | None:
        """Return the last fault in `faults`, or None if no fault was applied to the request."""
        return self.faults[-1] if self.faults else None

    def header(self, name: str) -> str | None:
        """Return the first value of a request header.

        Args:
            name: The name of the header, in any case.

        Returns:
            The value, or None if the request does not have this header.
        """
        return next((value for key, value in self.headers if key == name.lower()), None)


class RequestLog(Sequence[RequestRecord]):
    """A sequence of the records of requests, in the order in which the responses ended. Any thread may call the methods.

    The record of a request is added before the client receives the end of the response. A log with paths and headers of more than
    32 Mi characters, some ten thousand usual records, removes its oldest records.

    Attributes:
        removed: The number of records that were removed because the log was full.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: deque[RequestRecord] = deque()
        self._characters = 0
        self._under_way = 0
        self.removed = 0

    @property
    def under_way(self) -> int:
        """Return the number of requests that are still being answered. The log does not contain records of these requests yet."""
        return self._under_way

    def append(self, record: RequestRecord) -> None:
        """Add the record of a request for which `begin` was not called. `under_way` does not change.

        Args:
            record: The record.
        """
        with self._lock:
            self._add(record)

    def begin(self) -> None:
        """Increment `under_way` because a request begins. The caller must call `finish` when the request ends."""
        with self._lock:
            self._under_way += 1

    def finish(self, record: RequestRecord) -> None:
        """Add the record of a request for which `begin` was called, and decrement `under_way`.

        Args:
            record: The record.
        """
        with self._lock:
            self._under_way -= 1
            self._add(record)

    def clear(self) -> None:
        """Remove all records from the log. `under_way` does not change."""
        with self._lock:
            self._records.clear()
            self._characters = 0

    def snapshot(self) -> list[RequestRecord]:
        """Return the current records as a new list, which does not change when requests follow."""
        with self._lock:
            return list(self._records)

    def _add(self, record: RequestRecord) -> None:
        self._records.append(record)
        self._characters += _length(record)
        while self._characters > MAX_LOG_CHARACTERS and len(self._records) > 1:
            self._characters -= _length(self._records.popleft())
            self.removed += 1

    @overload
    def __getitem__(self, index: int) -> RequestRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[RequestRecord]: ...
    def __getitem__(self, index: int | slice) -> RequestRecord | list[RequestRecord]:
        """Return a record, or a list of records.

        Args:
            index: The position of a record, or a slice for a list.
        """
        return self.snapshot()[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[RequestRecord]:
        return iter(self.snapshot())

    def __repr__(self) -> str:
        return f"RequestLog({self.snapshot()!r})"


def _length(record: RequestRecord) -> int:
    headers = sum(len(name) + len(value) for name, value in (*record.headers, *record.response_headers))
    return len(record.path) + headers + _CHARACTERS_PER_RECORD


class LogRequests:
    """An ASGI middleware that adds a record of each request to a log.

    Args:
        app: The application to which requests are passed.
        log: The log to which the records are added.
    """

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application, and add the record of the request to the log.

        The record is added before the last part of the response is sent, or, if the response stays incomplete, when the
        application ends.
        """
        exchange = _Exchange(self._log, scope, receive, send)
        self._log.begin()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            exchange.finish()


class _Exchange:
    """A request that is being answered, with the data for its record: byte counts, and the status and headers of the response."""

    def __init__(self, log: RequestLog, scope: Scope, receive: Receive, send: Send) -> None:
        self._log = log
        self._scope = scope
        self._receive = receive
        self._send = send
        self._status: int | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._received = 0
        self._sent = 0
        self._content_length: int | None = None
        self._finished = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = list(message.get("headers", []))
            self._content_length = next((int(value) for name, value in self._headers if name.lower() == b"content-length"), None)
            # The response has no body. So add the record now, since the client can read the log when it has received the headers.
            if self._scope["method"] == "HEAD" or self._content_length == 0 or self._status in (204, 304):
                self.finish()
        elif message["type"] == "http.response.body":
            if self._scope["method"] != "HEAD":
                self._sent += len(message.get("body", b""))
            if not message.get("more_body", False) or self._sent == self._content_length:
                self.finish()
        await self._send(message)

    def finish(self) -> None:
        """Add the record of the request to the log. If an earlier call has added the record, do nothing."""
        if self._finished:
            return
        self._finished = True
        query = self._scope["query_string"].decode("latin-1")
        path = self._scope["raw_path"].decode("latin-1")
        self._log.finish(
            RequestRecord(
                method=self._scope["method"],
                path=f"{path}?{_redacted_query(query)}" if query else path,
                headers=_redacted(self._scope["headers"]),
                status=self._status,
                request_bytes=self._received,
                response_bytes=self._sent,
                response_headers=_redacted(self._headers),
                faults=faults_of(self._scope),
            )
        )


def _redacted(headers: list[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return tuple((name, _redacted_value(name, value)) for name, value in pairs)


def _redacted_value(name: str, value: str) -> str:
    return REDACTED if name in _SECRET_HEADERS else _SIGNATURE.sub(rf"\1{REDACTED}", value)


def _redacted_query(query: str) -> str:
    return "&".join(_redacted_field(field) for field in query.split("&"))


def _redacted_field(field: str) -> str:
    name, _, value = field.partition("=")
    return f"{name}={REDACTED}" if value and unquote_plus(name).lower() in _SECRET_FIELDS else field
