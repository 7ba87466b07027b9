"""What an upload is fed with: the bytes of a source from any offset that it can go back to, hashed once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable
from typing import Any

from ....digest import Digest, Verifier
from ....errors import DigestMismatchError
from ...wire import AsyncRawBody, async_blocks
from .hashing import AsyncHasher
from .replaying import async_rereadable
from .rereading import AsyncRereadable


class AsyncFeed:
    """The bytes of a source, checked before the last of them are handed out.

    The hash runs ahead of whatever has to be sent again.

    Args:
        source: An opened source.
        algorithm: `sha256` or `sha512`.
        wanted: The digest that the bytes should have; None to compute it.
        size: How many there should be; None when that is not known.
        keep: How many bytes to keep of what can be read only once; they are those handed out last.

    Raises:
        TypeError: The source is nothing that gives bytes.
    """

    def __init__(
        self,
        source: AsyncRawBody | AsyncRereadable,
        algorithm: str,
        wanted: Digest | None,
        size: int | None,
        keep: int,
    ) -> None:
        self.size = size
        """How many bytes there are, once that is known."""
        self.error: BaseException | None = None
        """What ended the source or its reader before its end."""
        self.algorithm = algorithm
        """The algorithm of its digest."""
        self._wanted = wanted
        self._verifier = Verifier(algorithm)
        self._hasher = AsyncHasher(self._verifier)
        self._hashed = 0
        self._again = async_rereadable(source)
        self._keep = keep
        self._blocks: AsyncIterator[bytes] | None = None
        self._held: list[bytes] = []
        self._starts: list[int] = []
        self._read = 0  # where what is held ends
        self._given = self._released = 0
        self._ended = False
        if self._again is None:
            assert not isinstance(source, AsyncRereadable)
            self._blocks = async_blocks(source)

    @property
    def given(self) -> int:
        """Where the bytes end that were handed out last."""
        return self._given

    @property
    def hashed(self) -> int:
        """How many bytes have been read for the first time, or are about to be hashed."""
        return self._hashed

    @property
    def ended(self) -> bool:
        """Whether all bytes have been read once, and found to be what they should be."""
        return self._ended

    async def digest(self) -> Digest:
        """Return the digest of the bytes that have been read."""
        await self._hasher.settle()
        return self._verifier.digest

    def reaches(self, offset: int) -> bool:
        """Return whether the bytes from there on can be had.

        Args:
            offset: How many bytes to leave out.
        """
        return self._again is not None or self._start <= offset

    def release(self, offset: int) -> None:
        """Let go of what nobody will ask for again, as far as that matters.

        Args:
            offset: How many bytes have arrived.
        """
        self._released = offset
        self._drop()

    async def hold(self, offset: int, length: int) -> int:
        """Read so many bytes ahead, and return how many of them there are: fewer at the end.

        Args:
            offset: Where they begin.
            length: How many; `keep` is no less.
        """
        if self.size is None:
            await self._go_to(offset)
            while self._read < offset + length and await self._more():
                pass
        return min(length, (self._read if self.size is None else self.size) - offset)

    async def blocks(
        self, offset: int, length: int | None = None, told: Callable[[int], None] | None = None, *, soft: bool = False
    ) -> AsyncIterator[bytes]:
        """Give bytes, from an offset that the feed reaches.

        Args:
            offset: How many bytes to leave out.
            length: How many to give; None for all.
            told: What is told how far it is before each block.
            soft: Whether to end like a source that is done where one fails; `error` has the failure then.

        Raises:
            DigestMismatchError: The bytes are not those that they should be.
        """
        try:
            await self._go_to(offset)
            end = None if length is None else offset + length
            while (end is None or offset < end) and (block := await self._from(offset)):
                if end is not None and len(block) > end - offset:
                    block = block[: end - offset]
                offset += len(block)
                if told is not None:
                    told(offset)
                self._given = offset
                self._drop()
                yield block
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            if not soft or not isinstance(error, Exception):
                raise

    async def aclose(self) -> None:
        """Let go of the source."""
        self._hasher.end()
        await self._leave()

    @property
    def _start(self) -> int:
        return self._starts[0] if self._starts else self._read

    async def _from(self, offset: int) -> bytes:
        """Return bytes from an offset on, and none at the end."""
        if offset == self._read and not await self._more():
            return b""
        index = bisect_right(self._starts, offset) - 1
        skipped = offset - self._starts[index]
        return self._held[index][skipped:] if skipped else self._held[index]

    async def _go_to(self, offset: int) -> None:
        if self._again is None or (self._blocks is not None and self._start <= offset <= self._read):
            return
        await self._leave()
        self._held, self._starts = [], []
        self._read = self._given = offset
        self._blocks = self._again.blocks(offset)

    async def check_end(self) -> None:
        """Read what has not been read, when all that there should be has arrived: nothing may be left.

        Raises:
            DigestMismatchError: The bytes are not those that they should be.
        """
        if not self._ended:
            await self._go_to(self._hashed)
            await self._more()

    async def _more(self) -> bool:
        """Read the next block, and whatever tells that it is the last."""
        try:
            return await self._read_block()
        except BaseException as error:
            self.error = error
            raise

    async def _read_block(self) -> bool:
        if self._ended and self._read == self._hashed:
            return False
        block = await self._next()
        if not block:
            await self._end()
            return False
        self._held.append(block)
        self._starts.append(self._read)
        self._read += len(block)
        fresh = self._read - self._hashed
        if fresh > 0:
            self._hashed = self._read
            await self._hasher.update(memoryview(block)[-fresh:])
            if self.size is not None and self._hashed >= self.size:
                # With a Content-Length the registry has it all after the last byte, and no failure could call it back.
                if self._hashed == self.size and await self._next():
                    self._hashed += 1
                await self._end()
        return True

    async def _next(self) -> bytes:
        assert self._blocks is not None
        block = b""
        while not block:
            found = await anext(self._blocks, None)
            if found is None:
                return b""
            if not isinstance(found, (bytes, bytearray, memoryview)):
                raise TypeError(f"a blob is made of bytes, not {type(found).__name__}")
            block = bytes(found)  # what its maker may not change while it is hashed and kept
        return block

    async def _end(self) -> None:
        if self._ended:
            if self._read < self._hashed:
                raise OSError(f"the source ends after {self._read} bytes, and had {self._hashed} when it was read before")
            return
        actual = await self.digest()
        if (self._wanted is not None and actual != self._wanted) or (self.size is not None and self.size != self._hashed):
            raise DigestMismatchError(
                expected=self._wanted or actual, actual=actual, expected_size=self.size, actual_size=self._hashed
            )
        self.size = self._hashed
        self._ended = True

    def _drop(self) -> None:
        """Hold no more than may be asked for: what was not handed out, what has not arrived up to `keep`, and the last block."""
        keep = 0 if self._again is not None and self.size is not None else self._keep
        done = min(self._given, max(self._released, self._given - keep))
        count = min(bisect_right(self._starts, done) - 1, len(self._held) - 1)  # those that end where `done` is, or before
        if count > 0:
            del self._held[:count], self._starts[:count]

    async def _leave(self) -> None:
        blocks: Any = self._blocks
        if blocks is not None and hasattr(blocks, "aclose"):
            await blocks.aclose()
