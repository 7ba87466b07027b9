"""The pool of connections of the HTTP/1.1 engine, which a transport of httpx uses in place of its own."""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakSet

import httpx

from ...concurrency.waiting import AsyncSemaphore, async_checkpoint
from ...wire import FILL, call_of
from ...wire.failures import IDEMPOTENT_METHODS
from ..abandon import abandon_pool
from ..exchange import Exchange, connection_errors
from ..idle import Destination, IdleConnections
from ..sockets import ConnectionRules, NoRules
from .body import AsyncResponseBody
from .connection import AsyncConnection, async_connect
from .network_backend import async_apply_rules

if TYPE_CHECKING:
    import httpcore

# The limit of httpx.
DEFAULT_MAX_CONNECTIONS: Final = 100
_RECEIVE_BYTES: Final = 64 * 1024
# If the head and the body of a request are not larger than this together, they are sent in one call.
_MAX_JOINED_BYTES: Final = 16 * 1024
# While the server accepts no more bytes of a body, the time between two checks for an early response.
_LISTEN_INTERVAL_SECONDS: Final = 0.05


def async_use_engine(
    transport: httpx.AsyncBaseTransport,
    context: ssl.SSLContext,
    max_connections: int = DEFAULT_MAX_CONNECTIONS,
    rules: ConnectionRules | None = None,
) -> AsyncHTTP1Pool:
    """Let a transport of httpx send requests with the HTTP/1.1 engine, and return the engine's pool of connections.

    The transport keeps its class, so that libraries which observe or replace `handle_async_request` of httpx, such as those for
    OpenTelemetry and for tests, see the requests of the engine, too.

    Args:
        transport: An `httpx.AsyncHTTPTransport`.
        context: The trusted certificates and other TLS settings.
        max_connections: The maximum number of connections that are in use at the same time.
        rules: The rules that see each connection, also of requests that httpx sends.
    """
    # httpx has no option for it. A transport of httpx calls `handle_async_request` and `aclose` of its pool.
    changed: Any = transport
    pool = AsyncHTTP1Pool(context, changed._pool, max_connections, rules)
    changed._pool = pool
    return pool


class AsyncHTTP1Pool:
    """The connections of the HTTP/1.1 engine, with the methods of a pool of httpcore. Several tasks may use it at once.

    The engine sends requests whose `CallContext` has `bulk`, `addresses` or a `deadline`. All other requests are passed to the
    pool `others`. `bulk` means that the body of the request or of the response is large. `addresses` are the only IP addresses
    that the request may be sent to. The `deadline` limits the whole request, while the timeouts of httpx limit single reads and
    writes only.

    Args:
        context: The trusted certificates and other TLS settings.
        others: The pool of httpcore for requests without these three properties.
        max_connections: The maximum number of connections that are in use at the same time.
        rules: The rules that see each connection, also of the pool `others`.
    """

    def __init__(self, context: ssl.SSLContext, others: Any, max_connections: int, rules: ConnectionRules | None) -> None:
        self._context = context
        self._others = others
        self._max_connections = max_connections
        self._rules = NoRules() if rules is None else rules
        async_apply_rules(others, self._rules)
        self._idle: IdleConnections[AsyncConnection] = IdleConnections()
        self._limit = AsyncSemaphore(max_connections)
        self._connections: WeakSet[AsyncConnection] = WeakSet()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return the response. The caller reads the body from `response.stream`.

        Args:
            request: The request.

        Raises:
            httpx.TransportError: The request could not be sent, or no response was received.
            httpcore.NetworkError: The same, of a request that the pool `others` has sent.
        """
        call = call_of(request)
        if not call.bulk and call.addresses is None and call.deadline is None:
            passed: httpcore.Response = await self._others.handle_async_request(request)
            return passed
        timeout = request.extensions.get("timeout", {})
        if not await self._limit.acquire(timeout.get("pool")):
            raise httpx.PoolTimeout(
                f"all {self._max_connections} connections of the client are in use, and none became free within the timeout"
            )
        try:
            return await self._send(request, timeout)
        except BaseException:
            self._limit.release()
            raise

    async def aclose(self) -> None:
        """Close the idle connections and the pool `others`.

        A connection in use is closed as soon as the caller has read or closed the response.
        """
        self._idle.close()
        await self._others.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    def abandon(self) -> None:
        """Close the file descriptors of all connections, also of connections in use, and send nothing.

        Other processes with the same connections are not affected. The pool must not be used afterwards.
        """
        for connection in list(self._connections):
            connection.abandon()
        abandon_pool(self._others)

    async def _send(self, request: httpcore.Request, timeout: dict[str, Any]) -> httpcore.Response:
        url = request.url
        destination: Destination = (url.scheme.decode("ascii"), url.host.decode("ascii"), url.port)
        addresses = call_of(request).addresses
        exchange = Exchange(request)
        connection = self._idle.take(destination, addresses)
        if connection is not None:
            try:
                return await self._send_on(connection, exchange, request, timeout, destination)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                # The server may have closed the idle connection while the request was sent, so try a new connection.
                replayable = exchange.method in IDEMPOTENT_METHODS and isinstance(request.stream, httpx.ByteStream)
                if exchange.has_received or not replayable:
                    raise
                exchange = Exchange(request)
        deadline = call_of(request).deadline
        connection = await async_connect(destination, self._context, addresses, timeout.get("connect"), deadline, self._rules)
        self._connections.add(connection)
        return await self._send_on(connection, exchange, request, timeout, destination)

    async def _send_on(
        self,
        connection: AsyncConnection,
        exchange: Exchange,
        request: httpcore.Request,
        timeout: dict[str, Any],
        destination: Destination,
    ) -> httpcore.Response:
        from httpcore import Response

        connection.deadline = call_of(request).deadline
        try:
            await _send_request(connection, exchange, request, timeout.get("write"))
            while (head := exchange.response_head()) is None:
                with connection_errors(httpx.ReadError, httpx.ReadTimeout):
                    exchange.receive_data(await connection.receive(_RECEIVE_BYTES, timeout.get("read")))
        except BaseException:
            connection.close()
            raise

        def release(reusable: bool) -> None:
            if reusable:
                self._idle.put(destination, connection)
            else:
                connection.close()
            self._limit.release()

        body = AsyncResponseBody(connection, exchange, timeout.get("read"), release)
        extensions = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        return Response(
            head.status_code,
            headers=head.headers.raw_items(),
            content=body,
            extensions=extensions if exchange.is_chunked else {**extensions, FILL: body.fill},
        )


async def _send_request(
    connection: AsyncConnection, exchange: Exchange, request: httpcore.Request, seconds: float | None
) -> None:
    """Send a request. If the server responds before the whole request was sent, stop, and leave `exchange.is_sent` False."""
    assert isinstance(request.stream, AsyncIterable)
    unsent = exchange.head
    async for block in request.stream:
        encoded = exchange.encode(block)
        if unsent and len(unsent) + len(encoded) <= _MAX_JOINED_BYTES:
            unsent += encoded
            continue
        for data in (unsent, encoded):
            if data and not await _send_data(connection, exchange, data, seconds):
                return
        unsent = b""
    unsent += exchange.encode_end()
    exchange.is_sent = not unsent or await _send_data(connection, exchange, unsent, seconds)


async def _send_data(connection: AsyncConnection, exchange: Exchange, data: bytes, seconds: float | None) -> bool:
    """Send bytes, and return True; return False if the server responds before all bytes were sent."""
    left, deadline = memoryview(data), math.inf
    with connection_errors(httpx.WriteError, httpx.WriteTimeout):
        while left:
            await async_checkpoint()
            connection.check_deadline()
            try:
                received = connection.receive_now(_RECEIVE_BYTES)
                if received is not None:
                    exchange.receive_data(received)
                    if exchange.response_head() is not None:
                        return False
                sent = connection.send_now(left)
            except OSError:
                # The server may have rejected the body and closed the connection: read its response before reporting the error.
                if not await _receive_head(connection, exchange, seconds):
                    raise
                return False
            left = left[sent:]
            if sent or deadline == math.inf:
                deadline = math.inf if seconds is None else time.monotonic() + seconds
            if not sent:
                await connection.wait(_LISTEN_INTERVAL_SECONDS, write=True)
                if time.monotonic() > deadline:
                    raise TimeoutError("timed out: the server accepted no bytes of the request within the timeout")
    return True


async def _receive_head(connection: AsyncConnection, exchange: Exchange, seconds: float | None) -> bool:
    """Receive the head of the response, and return True; return False if the connection fails before the head is complete."""
    try:
        while exchange.response_head() is None:
            exchange.receive_data(await connection.receive(_RECEIVE_BYTES, seconds))
    except (OSError, httpx.RemoteProtocolError):
        return False
    return True
