"""The pool of connections of the HTTP/1.1 engine, which a transport of httpx uses in place of its own, and the connections that
httpx makes itself: rules see the address of each, and the bytes before the end of a head are limited."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakSet

import httpx

from ...concurrency.waiting import AsyncSemaphore
from ...wire import FILL, call_of
from ...wire.failures import IDEMPOTENT_METHODS
from ..abandon import abandon_pool
from ..exchange import Exchange, connection_errors
from ..idle import Destination, IdleConnections
from ..sockets import ConnectionRules, NoRules, address_of, allowed_addresses, async_resolve_host
from .body import AsyncResponseBody
from .connection import AsyncConnection, async_connect
from .sending import async_receive_head, async_send_request

if TYPE_CHECKING:
    import httpcore

# The limit of httpx.
DEFAULT_MAX_CONNECTIONS: Final = 100
# httpx limits a single head to 100 KiB. The beginning of the body may arrive together with the head.
MAX_RECEIVED_BYTES: Final = 512 * 1024


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
            await async_send_request(connection, exchange, request, timeout.get("write"))
            with connection_errors(httpx.ReadError, httpx.ReadTimeout):
                head = await async_receive_head(connection, exchange, timeout.get("read"))
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


def async_apply_rules(pool: Any, rules: ConnectionRules) -> None:
    """Let rules see each connection that a pool of httpcore makes from now on, and count the bytes that it receives.

    Args:
        pool: The pool, which has no option for it. Nothing happens if it is None.
        rules: The rules.
    """
    if pool is not None:
        pool._network_backend = AsyncNetworkBackend(pool._network_backend, rules)


class AsyncNetworkBackend:
    """A network backend for httpcore. It resolves hosts itself, and passes one IP address after the other to another backend.

    Args:
        backend: The other backend, which makes the connections.
        rules: The rules that see each connection.
    """

    def __init__(self, backend: Any, rules: ConnectionRules) -> None:
        self._backend = backend
        self._rules = rules

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> Any:
        """Return a connection to the first address of a host that accepts one.

        Args:
            host: The host.
            port: The port.
            timeout: The maximum time to connect in seconds, of which each address gets an equal share; None for no limit.
            options: The other options of the other backend.

        Raises:
            httpx.ConnectError: The host cannot be resolved, or no address may be connected to.
        """
        with connection_errors(httpx.ConnectError, httpx.ConnectTimeout):
            infos = allowed_addresses(self._rules, host, await async_resolve_host(host, port))
        deadline = None if timeout is None else time.monotonic() + timeout
        failure: Exception | None = None
        for number, info in enumerate(infos):
            share = None if deadline is None else max(0.0, deadline - time.monotonic()) / (len(infos) - number)
            try:
                stream = await self._backend.connect_tcp(*info[4][:2], timeout=share, **options)
            except Exception as error:  # an exception of httpcore, which httpx converts
                failure = error
            else:
                self._rules.note_connection(host, address_of(info))
                return AsyncCountedStream(stream)
        assert failure is not None
        raise failure

    async def connect_unix_socket(self, path: str, timeout: float | None = None, **options: Any) -> Any:
        """Return a connection of the other backend to a Unix socket.

        Args:
            path: The path of the socket.
            timeout: The maximum time to connect in seconds; None for no limit.
            options: The other options of the other backend.
        """
        return await self._backend.connect_unix_socket(path, timeout=timeout, **options)

    async def sleep(self, seconds: float) -> None:
        """Wait.

        Args:
            seconds: The time to wait.
        """
        await self._backend.sleep(seconds)


class AsyncCountedStream:
    """A connection of httpcore that limits the bytes which it receives before the end of the head of a response.

    httpx ignores informational (1xx) responses, so a server could send them without end, and no timeout of a single read would
    pass.

    Args:
        stream: The connection of another backend.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._received: int | None = 0  # None after the end of the head

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes; b"" if the server has closed the connection.

        Args:
            max_bytes: The maximum number of bytes.
            timeout: The maximum time to wait in seconds; None for no limit.

        Raises:
            httpx.RemoteProtocolError: Too many bytes were received before the end of the head of a response.
        """
        data: bytes = await self._stream.read(max_bytes, timeout)
        if self._received is not None:
            self._received += len(data)
            if self._received > MAX_RECEIVED_BYTES:
                raise httpx.RemoteProtocolError("the server sent too many informational responses")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes.

        Args:
            buffer: The bytes.
            timeout: The maximum time to wait in seconds; None for no limit.
        """
        self._received = 0
        await self._stream.write(buffer, timeout)

    def end_head(self) -> None:
        """Limit the bytes no longer, until the next request is sent."""
        self._received = None

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncCountedStream:
        """Return a connection with TLS over this connection.

        Args:
            ssl_context: The trusted certificates and other TLS settings.
            server_hostname: The name that the certificate of the server must have.
            timeout: The maximum time to wait in seconds; None for no limit.
        """
        return AsyncCountedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return a property of the connection, such as `socket`; None if the property is unknown.

        Args:
            info: The name of the property.
        """
        return self._stream.get_extra_info(info)


def async_end_head(response: httpx.Response) -> None:
    """Note that the head of a response was received, so that the bytes of its body are not limited.

    Args:
        response: A response of a transport of httpx or of another transport.
    """
    stream = response.extensions.get("network_stream")
    if isinstance(stream, AsyncCountedStream):
        stream.end_head()
