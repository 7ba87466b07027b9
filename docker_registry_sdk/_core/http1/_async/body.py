"""The body of a response, as a stream that reads from the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx

from ...concurrency.waiting import async_checkpoint
from ...wire import AsyncFill
from ..exchange import Exchange, connection_errors
from .connection import AsyncConnection

# Large enough that the fixed cost per block (calls to hash and write it, a switch to another task) is negligible.
BLOCK_BYTES: Final = 1024 * 1024
# A block may hold 170 000 chunks of one byte, which take seconds: let other tasks run in between.
_CHUNKS_PER_TURN: Final = 256


class AsyncResponseBody(httpx.AsyncByteStream):
    """The body of a response, as a stream.

    Args:
        connection: The connection to read from.
        exchange: The state of the request and its response. The head of the response must have been received already.
        seconds: The maximum time that one read waits for bytes; None for no limit.
        release: A function that is called once, when the whole body was read or the body is closed. Its argument says whether the
            connection can be used for another request.
    """

    def __init__(
        self, connection: AsyncConnection, exchange: Exchange, seconds: float | None, release: Callable[[bool], None]
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._seconds = seconds
        self._release = release
        self._released = False
        self._buffer: memoryview | None = None
        self._remaining = exchange.length
        # The part of the body that was received together with the head.
        self._received = memoryview(b"" if exchange.is_chunked else exchange.trailing_data())
        if self._remaining == 0:
            self._end(complete=not self._received)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            if self._exchange.is_chunked:
                async for chunk in self._iter_chunks():
                    yield chunk
            else:
                while block := await self._read_block(self.fill):
                    yield block
        finally:
            self._end(complete=False)

    async def aclose(self) -> None:
        """Close the body. If the body was not read completely, the connection is closed, too."""
        self._end(complete=False)

    async def fill(self, buffer: memoryview) -> int:
        """Read the next bytes of the body into a buffer, and return the number of bytes; 0 at the end.

        Call this method only if the body is not chunked.

        Args:
            buffer: A buffer of at least one byte.

        Raises:
            httpx.TransportError: The connection failed before the end of the body, or the body was closed.
        """
        if self._remaining == 0:
            return 0
        if self._released:
            raise httpx.ReadError("the caller closed the response before its body was read completely")
        buffer = buffer[: self._remaining]
        try:
            if self._received:
                count = min(len(self._received), len(buffer))
                buffer[:count], self._received = self._received[:count], self._received[count:]
            else:
                count = await self._receive_into(buffer)
            if not count and self._remaining is not None:
                raise httpx.RemoteProtocolError(
                    f"the server closed the connection {self._remaining} bytes before the end of the body; "
                    f"its Content-Length is {self._exchange.length}"
                )
        except BaseException:
            self._end(complete=False)
            raise
        if self._remaining is not None:
            self._remaining -= count
        elif not count:
            self._remaining = 0
        if self._remaining == 0:
            self._end(complete=not self._received)
        return count

    async def _receive_into(self, buffer: memoryview) -> int:
        await async_checkpoint()
        with connection_errors(httpx.ReadError, httpx.ReadTimeout):
            return await self._connection.receive_into(buffer, self._seconds)

    async def _read_block(self, read_into: AsyncFill) -> bytes:
        if self._buffer is None:
            size = BLOCK_BYTES if self._remaining is None else min(BLOCK_BYTES, self._remaining)
            self._buffer = memoryview(bytearray(size))
        return bytes(self._buffer[: await read_into(self._buffer)])

    async def _iter_chunks(self) -> AsyncIterator[bytes]:
        count = 0
        while (chunk := self._exchange.next_chunk()) != b"":
            if chunk is None:
                self._exchange.receive_data(await self._read_block(self._receive_into))
            else:
                yield chunk
                count += 1
                if count % _CHUNKS_PER_TURN == 0:
                    await async_checkpoint()
        self._end(complete=not self._exchange.trailing_data())

    def _end(self, *, complete: bool) -> None:
        if not self._released:
            self._released = True
            self._release(complete and self._exchange.keeps_alive)
