"""Streams: bytes that are handed out once, in the order in which they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ..raw_base import AsyncRawBase

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class AsyncByteStream(AsyncRawBase):
    """A readable stream over chunks of any length. Iterate over it, or call `read`."""

    _rest = memoryview(b"")

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self.read_chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, all that are left when it is negative or None, and none at the end.

        Args:
            size: How many bytes.

        Raises:
            DigestMismatchError: The bytes are not those that were asked for.
            TransportError: The body broke off.
        """
        wanted = -1 if size is None else size
        if 0 <= wanted <= len(self._rest):
            taken, self._rest = self._rest[:wanted], self._rest[wanted:]
            return bytes(taken)
        parts: list[bytes] = []
        while wanted != 0 and (chunk := await self.read_chunk()):
            if 0 <= wanted < len(chunk):
                self._rest = memoryview(chunk)[wanted:]
                chunk = chunk[:wanted]
            parts.append(chunk)
            if wanted > 0:
                wanted -= len(chunk)
        return b"".join(parts)

    async def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer as far as there are bytes, and return how many there were.

        Args:
            buffer: The buffer.

        Raises:
            DigestMismatchError: The bytes are not those that were asked for.
            TransportError: The body broke off.
        """
        view = memoryview(buffer).cast("B")
        data = await self.read(len(view))
        view[: len(data)] = data
        return len(data)

    async def read_chunk(self) -> bytes:
        """Return the next bytes as they came from the network, and none at the end.

        Raises:
            DigestMismatchError: The bytes are not those that were asked for.
            TransportError: The body broke off.
        """
        if self._rest:
            rest, self._rest = bytes(self._rest), memoryview(b"")
            return rest
        if self.closed:
            raise ValueError("the stream is closed: read it inside its with block")
        return await self._next()

    async def _next(self) -> bytes:
        """Return the next bytes, none at the end."""
        raise NotImplementedError
