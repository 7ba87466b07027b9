"""The body of an answer of the direct transport, read straight from its connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx

from ...wire import AsyncFill
from ..exchange import Exchange, failing
from ..sockets import async_yield_turn
from .connection import AsyncConnection

# Long enough for what is done with a piece to cost little by the piece.
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
        self._left = exchange.length
        # What came along with the head.
        self._rest = memoryview(b"" if exchange.is_chunked else exchange.rest())
        if self._left == 0:
            self._end(clean=not self._rest)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            if self._exchange.is_chunked:
                async for piece in self._chunks():
                    yield piece
            else:
                while piece := await self._piece(self.fill):
                    yield piece
        finally:
            self._end(clean=False)

    async def aclose(self) -> None:
        """Close it."""
        self._end(clean=False)

    async def fill(self, room: memoryview) -> int:
        """Put the next bytes of a body that does not come in chunks into a buffer; return how many there are, 0 at the end.

        Args:
            room: The buffer, which must not be empty.

        Raises:
            httpx.TransportError: The body broke off, or was closed.
        """
        if self._left == 0:
            return 0
        if self._over:
            raise httpx.ReadError("the body was closed")
        room = room[: self._left]
        try:
            if self._rest:
                filled = min(len(self._rest), len(room))
                room[:filled], self._rest = self._rest[:filled], self._rest[filled:]
            else:
                filled = await self._received(room)
            if not filled and self._left is not None:
                raise httpx.RemoteProtocolError(
                    f"the body ends {self._left} bytes short of the {self._exchange.length} of Content-Length"
                )
        except BaseException:
            self._end(clean=False)
            raise
        if self._left is not None:
            self._left -= filled
        elif not filled:
            self._left = 0
        if self._left == 0:
            self._end(clean=not self._rest)
        return filled

    async def _received(self, room: memoryview) -> int:
        await async_yield_turn()
        with failing(httpx.ReadError, httpx.ReadTimeout):
            return await self._connection.fill(room, self._seconds)

    async def _piece(self, fill: AsyncFill) -> bytes:
        if self._buffer is None:
            self._buffer = memoryview(bytearray(PIECE if self._left is None else min(PIECE, self._left)))
        return bytes(self._buffer[: await fill(self._buffer)])

    async def _chunks(self) -> AsyncIterator[bytes]:
        while (piece := self._exchange.chunk()) != b"":
            if piece is None:
                self._exchange.take(await self._piece(self._received))
            else:
                yield piece
        self._end(clean=not self._exchange.rest())

    def _end(self, *, clean: bool) -> None:
        if not self._over:
            self._over = True
            self._done(clean and self._exchange.keeps_alive)
