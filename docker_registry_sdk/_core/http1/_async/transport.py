"""The direct transport: bodies of blobs at the speed of the socket, and connections to addresses that were checked."""

from __future__ import annotations

import math
import ssl
import time
from typing import Any

import httpx

from ...auth.authenticator import is_repeatable
from ..exchange import Exchange, failing
from ..idle import Address, IdleConnections
from ..sockets import async_create_slots, async_take_slot, async_yield_turn
from .body import AsyncBody
from .connection import AsyncConnection, async_connect

# As httpx has it.
_MOST_CONNECTIONS = 100
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_HEAD = 64 * 1024
_PACKET = 16 * 1024
# How often the peer is listened to while it takes no more of a body.
_LISTEN = 0.05


class AsyncDirectTransport(httpx.AsyncBaseTransport):
    """Sends those requests itself whose extensions have `bulk`, or the only `addresses` that they may go to; safe to share.

    Args:
        context: Which certificates are trusted.
        others: What sends all others.
    """

    def __init__(self, context: ssl.SSLContext, others: httpx.AsyncBaseTransport) -> None:
        self._context = context
        self._others = others
        self._idle: IdleConnections[AsyncConnection] = IdleConnections()
        self._slots = async_create_slots(_MOST_CONNECTIONS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return its answer with the body unread.

        Args:
            request: The request.

        Raises:
            httpx.TransportError: No answer came.
        """
        if not request.extensions.get("bulk") and request.extensions.get("addresses") is None:
            return await self._others.handle_async_request(request)
        timeout = request.extensions.get("timeout", {})
        if not await async_take_slot(self._slots, timeout.get("pool")):
            raise httpx.PoolTimeout("all connections are in use")
        try:
            return await self._answered(request, timeout)
        except BaseException:
            self._slots.release()
            raise

    async def aclose(self) -> None:
        """Close the connections that are not in use."""
        self._idle.close()
        await self._others.aclose()

    async def _answered(self, request: httpx.Request, timeout: dict[str, Any]) -> httpx.Response:
        origin: Address = (request.url.scheme, request.url.host, request.url.port)
        addresses = request.extensions.get("addresses")
        exchange = Exchange(request)
        connection = self._idle.take(origin, addresses)
        if connection is not None:
            try:
                return await self._exchanged(connection, exchange, request, timeout, origin)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                # The server may have closed the connection, which it had kept long enough, just as the request came.
                if exchange.heard or request.method not in _IDEMPOTENT or not is_repeatable(request):
                    raise
                exchange = Exchange(request)
        connection = await async_connect(request.url, self._context, addresses, timeout.get("connect"))
        return await self._exchanged(connection, exchange, request, timeout, origin)

    async def _exchanged(
        self, connection: AsyncConnection, exchange: Exchange, request: httpx.Request, timeout: dict[str, Any], origin: Address
    ) -> httpx.Response:
        try:
            await _send(connection, exchange, request, timeout.get("write"))
            while (answer := exchange.answer()) is None:
                with failing(httpx.ReadError, httpx.ReadTimeout):
                    exchange.take(await connection.receive(_HEAD, timeout.get("read")))
        except BaseException:
            connection.close()
            raise

        def done(good: bool) -> None:
            if good:
                self._idle.give(origin, connection)
            else:
                connection.close()
            self._slots.release()

        body = AsyncBody(connection, exchange, timeout.get("read"), done)
        facts = {"http_version": b"HTTP/" + answer.http_version, "reason_phrase": answer.reason}
        return httpx.Response(
            answer.status_code,
            headers=answer.headers.raw_items(),
            stream=body,
            extensions=facts if exchange.is_chunked else {**facts, "fill": body.fill},
        )


async def _send(connection: AsyncConnection, exchange: Exchange, request: httpx.Request, seconds: float | None) -> None:
    """Send a request, as far as the server takes it before it answers."""
    assert isinstance(request.stream, httpx.AsyncByteStream)
    unsent = exchange.head
    async for block in request.stream:
        coded = exchange.coded(block)
        if unsent and len(unsent) + len(coded) <= _PACKET:  # one packet instead of two
            unsent += coded
            continue
        for data in (unsent, coded):
            if data and not await _is_sent(connection, exchange, data, seconds):
                return
        unsent = b""
    unsent += exchange.end()
    exchange.sent = not unsent or await _is_sent(connection, exchange, unsent, seconds)


async def _is_sent(connection: AsyncConnection, exchange: Exchange, data: bytes, seconds: float | None) -> bool:
    """Send bytes, and return whether the server has taken them without answering before."""
    left, deadline = memoryview(data), math.inf
    with failing(httpx.WriteError, httpx.WriteTimeout):
        while left:
            await async_yield_turn()
            try:
                come = connection.receive_now(_HEAD)
                if come is not None:
                    exchange.take(come)
                    if exchange.answer() is not None:
                        return False
                sent = connection.send_now(left)
            except OSError:
                # The server may have closed the connection after its answer to what it did not want to take.
                if not await _has_answered(connection, exchange, seconds):
                    raise
                return False
            left = left[sent:]
            if sent or deadline == math.inf:
                deadline = math.inf if seconds is None else time.monotonic() + seconds
            if not sent:
                await connection.wait(_LISTEN, write=True)
                if time.monotonic() > deadline:
                    raise TimeoutError("timed out")
    return True


async def _has_answered(connection: AsyncConnection, exchange: Exchange, seconds: float | None) -> bool:
    try:
        while exchange.answer() is None:
            exchange.take(await connection.receive(_HEAD, seconds))
    except (OSError, httpx.RemoteProtocolError):
        return False
    return True
