"""A log of the requests that the embedded registry has answered, for tests to assert on."""

import re
import threading
from collections.abc import Iterator, Sequence
from typing import overload
from urllib.parse import unquote_plus

import attrs
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docker_registry_sdk.testing.faults.fault import Fault
from docker_registry_sdk.testing.faults.injection import faults_of

REDACTED = "[redacted]"
_SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SECRET_FIELDS = frozenset({"access_token", "client_secret", "id_token", "password", "refresh_token", "signature", "token"})
_SIGNATURE = re.compile(r"(signature=)[^,;&\s]+", re.IGNORECASE)  # of API v1: in tokens and in signed URLs


@attrs.frozen
class RequestRecord:
    """One request and the answer to it.

    Args:
        method: The method.
        path: The path and the query, as they came; the values of fields that carry secrets are redacted.
        headers: The request's headers, names in lower case; the values of those that carry secrets are redacted.
        status: The status of the answer, or None when the client had gone before there was one.
        request_bytes: How many bytes of the request's body were read.
        response_bytes: How many bytes of body were sent.
        response_headers: The answer's headers, likewise.
        faults: The faults that it met, the one nearest to the client last; those of a profile are among them.
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
        """The fault nearest to the client, or None when nothing went wrong by order."""
        return self.faults[-1] if self.faults else None

    def header(self, name: str) -> str | None:
        """Return the first value of a request header.

        Args:
            name: Its name, in any case.

        Returns:
            The value, or None when the request did not have it.
        """
        return next((value for key, value in self.headers if key == name.lower()), None)


class RequestLog(Sequence[RequestRecord]):
    """The requests in the order in which they were answered; any thread may read and clear it.

    A record is there before the client has the end of the answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[RequestRecord] = []
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """How many requests have come of which there is no record yet, as of one whose client has gone."""
        return self._under_way

    def append(self, record: RequestRecord) -> None:
        """Add a record."""
        with self._lock:
            self._records.append(record)

    def begin(self) -> None:
        """Note that a request has come."""
        with self._lock:
            self._under_way += 1

    def finish(self, record: RequestRecord) -> None:
        """Add the record of a request that had come."""
        with self._lock:
            self._under_way -= 1
            self._records.append(record)

    def clear(self) -> None:
        """Forget all records."""
        with self._lock:
            self._records.clear()

    def snapshot(self) -> list[RequestRecord]:
        """Return the records as a list that does not change any more."""
        with self._lock:
            return list(self._records)

    @overload
    def __getitem__(self, index: int) -> RequestRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[RequestRecord]: ...
    def __getitem__(self, index: int | slice) -> RequestRecord | list[RequestRecord]:
        return self.snapshot()[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[RequestRecord]:
        return iter(self.snapshot())

    def __repr__(self) -> str:
        return f"RequestLog({self.snapshot()!r})"


class LogRequests:
    """An ASGI application that writes what passes to another one into a log.

    Args:
        app: The other application.
        log: The log.
    """

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and log it, before the last part of the answer goes out."""
        exchange = _Exchange(self._log, scope, receive, send)
        self._log.begin()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            exchange.finish()


class _Exchange:
    """Counts what passes in one request."""

    def __init__(self, log: RequestLog, scope: Scope, receive: Receive, send: Send) -> None:
        self._log = log
        self._scope = scope
        self._receive = receive
        self._send = send
        self._status: int | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._received = 0
        self._sent = 0
        self._announced: int | None = None
        self._finished = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = list(message.get("headers", []))
            self._announced = next((int(value) for name, value in self._headers if name.lower() == b"content-length"), None)
            # The client has the whole answer with its head, and may look into the log at once.
            if self._scope["method"] == "HEAD" or self._announced == 0 or self._status in (204, 304):
                self.finish()
        elif message["type"] == "http.response.body":
            if self._scope["method"] != "HEAD":
                self._sent += len(message.get("body", b""))
            if not message.get("more_body", False) or self._sent == self._announced:
                self.finish()
        await self._send(message)

    def finish(self) -> None:
        """Write the record, once."""
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
    return tuple((name, REDACTED if name in _SECRET else _SIGNATURE.sub(rf"\1{REDACTED}", value)) for name, value in pairs)


def _redacted_query(query: str) -> str:
    return "&".join(_redacted_field(field) for field in query.split("&"))


def _redacted_field(field: str) -> str:
    name, _, value = field.partition("=")
    return f"{name}={REDACTED}" if value and unquote_plus(name).lower() in _SECRET_FIELDS else field
