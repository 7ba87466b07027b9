"""The body of an answer of the direct transport, read straight from its connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx

from ..direct_exchange import Exchange, failing
from ..sockets import async_yield_turn
from .direct_connection import AsyncConnection

# Long enough for hashing and writing to cost little by the piece, and for threads to share the work.
PIECE = 1024 * 1024


class AsyncBody(httpx.AsyncByteStream):
    """The body of an answer. Its connection is given back when the last byte was read, and closed when it is closed before.

    Args:
        connection: What it comes from.
        exchange: The exchange, whose answer has come.
        seconds: How long to wait for more.
        done: What is told, once, whether the connection is good for another exchange.
    """

    def __init__(
        self, connection: AsyncConnection, exchange: Exchange, seconds: float | None, done: Callable[[bool], None]
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._seconds = seconds
        self._done = done
        self._over = False
        self._buffer: memoryview | None = None
        self._rest = b"" if exchange.is_chunked else exchange.rest()
        if exchange.length == 0:
            self._end(clean=not self._rest)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._over:
            return
        try:
            if self._exchange.is_chunked:
                async for piece in self._chunks():
                    yield piece
            else:
                async for piece in self._pieces(self._exchange.length):
                    yield piece
        finally:
            self._end(clean=False)

    async def aclose(self) -> None:
        """Close it."""
        self._end(clean=False)

    async def _pieces(self, length: int | None) -> AsyncIterator[bytes]:
        rest, self._rest = self._rest, b""
        left = length
        if left is not None:
            rest, surplus = rest[:left], rest[left:]
            left -= len(rest)
            if left == 0:
                self._end(clean=not surplus)
        if rest:
            yield rest
        while left is None or left > 0:
            piece = await self._piece(PIECE if left is None else min(PIECE, left))
            if not piece:
                if left is not None:
                    raise httpx.RemoteProtocolError(f"the body ends {left} bytes short of the {length} of Content-Length")
                return
            if left is not None:
                left -= len(piece)
                if left == 0:
                    self._end(clean=True)
            yield piece

    async def _piece(self, size: int) -> bytes:
        await async_yield_turn()
        with failing(httpx.ReadError, httpx.ReadTimeout):
            if self._buffer is None:
                self._buffer = memoryview(bytearray(size))
            room = self._buffer[:size]
            return bytes(room[: await self._connection.fill(room, self._seconds)])

    async def _chunks(self) -> AsyncIterator[bytes]:
        while (piece := self._exchange.chunk()) != b"":
            if piece is None:
                self._exchange.take(await self._piece(PIECE // 4))
            else:
                yield piece
        self._end(clean=not self._exchange.rest())

    def _end(self, *, clean: bool) -> None:
        if not self._over:
            self._over = True
            self._done(clean and self._exchange.keeps_alive)
