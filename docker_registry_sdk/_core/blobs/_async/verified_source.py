"""The bytes of an upload source: hashed when first read, and verified before the last byte is sent."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable
from typing import Any

from ....digest import Digest, Verifier
from ....errors import DigestMismatchError
from ...concurrency.threads import async_run_in_thread
from ...wire import AsyncRawBody, async_blocks
from ..hashing import BackgroundHasher
from ..upload_source import AsyncReplayableSource
from .replayable_source import async_replayable


class AsyncVerifiedSource:
    """An upload source whose bytes are verified before the last byte is yielded.

    Bytes can be yielded a second time, to repeat a request: all bytes if the source can be read again, otherwise only the bytes
    that are still kept in memory. Each byte is hashed once, when it is read for the first time.

    Args:
        source: The opened source: bytes, an open file, an iterable of bytes, or a replayable source.
        algorithm: The algorithm to hash with: `sha256` or `sha512`.
        digest: The expected digest; None if any digest is accepted.
        size: The expected size in bytes; None if any size is accepted.
        keep: The maximum number of yielded bytes to keep in memory until the registry has received them. No yielded bytes are
            kept if the source can be read again and its size is known.

    Raises:
        TypeError: The source does not yield bytes.
    """

    def __init__(
        self,
        source: AsyncRawBody | AsyncReplayableSource,
        algorithm: str,
        digest: Digest | None,
        size: int | None,
        keep: int,
    ) -> None:
        self.size = size
        """The size in bytes; None while it is not known."""
        self.error: BaseException | None = None
        """The exception that was raised while the source was read, or None."""
        self.algorithm = algorithm
        """The algorithm of the digest."""
        self.expected_digest = digest
        """The expected digest; None if any digest is accepted."""
        self._verifier = Verifier(algorithm)
        self._hasher = BackgroundHasher(self._verifier)
        self._hashed = 0
        self._replayable = async_replayable(source)
        self._keep = keep
        self._blocks: AsyncIterator[bytes] | None = None
        self._held: list[bytes] = []
        self._held_starts: list[int] = []
        self._read_end = 0  # the offset after the last byte that is held
        self._yielded_end = self._received_end = 0
        self._is_verified = False
        if self._replayable is None:
            assert not isinstance(source, AsyncReplayableSource)
            self._blocks = async_blocks(source)

    @property
    def yielded_end(self) -> int:
        """Return the offset after the last byte that `blocks` yielded."""
        return self._yielded_end

    @property
    def hashed(self) -> int:
        """Return the number of bytes that have been read from the source and hashed; a byte that was read twice counts once."""
        return self._hashed

    @property
    def held_bytes(self) -> int:
        """Return the number of bytes that are kept in memory."""
        return sum(map(len, self._held))

    @property
    def is_verified(self) -> bool:
        """Return whether all bytes have been read, and match the expected digest and size."""
        return self._is_verified

    async def digest(self) -> Digest:
        """Return the digest of the bytes that have been read so far."""
        await self._wait_for_hasher()
        return self._verifier.digest

    def can_replay(self, offset: int) -> bool:
        """Return whether `blocks` can yield the bytes from an offset on.

        The result is False if the source can be read only once and the byte at the offset is no longer kept in memory.

        Args:
            offset: The offset of the first byte.
        """
        return self._replayable is not None or self._held_start <= offset

    def release(self, offset: int) -> None:
        """Remove from memory the bytes that the registry has received, since these bytes need not be sent again.

        Args:
            offset: The number of bytes that the registry has received.
        """
        self._received_end = offset
        self._release_held()

    async def read_ahead(self, offset: int, length: int) -> int:
        """Return how many bytes the source has from an offset on, up to `length`.

        If the size of the source is not known, the bytes are read into memory first, until `length` bytes or the end are
        reached. If the size is known, nothing is read.

        Args:
            offset: The offset of the first byte.
            length: The maximum result, which must not be above `keep`.
        """
        if self.size is None:
            await self._go_to(offset)
            while self._read_end < offset + length and await self._read_more():
                pass
        return min(length, (self._read_end if self.size is None else self.size) - offset)

    async def blocks(
        self, offset: int, length: int | None = None, report: Callable[[int], None] | None = None, *, hide_failure: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield the bytes from an offset on.

        Args:
            offset: The offset of the first byte, for which `can_replay` must be true.
            length: The maximum number of bytes; None for all remaining bytes.
            report: A function that is called before each block is yielded, with the offset after that block; None for no call.
            hide_failure: Whether to stop without an exception when the source fails or the bytes do not match. The attribute
                `error` then holds the exception.

        Raises:
            DigestMismatchError: The bytes do not match the expected digest or size.
        """
        try:
            await self._go_to(offset)
            end = None if length is None else offset + length
            while (end is None or offset < end) and (block := await self._block_at(offset)):
                if end is not None and len(block) > end - offset:
                    block = block[: end - offset]
                offset += len(block)
                if report is not None:
                    report(offset)
                self._yielded_end = offset
                self._release_held()
                yield block
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            if not hide_failure or not isinstance(error, Exception):
                raise

    async def verify_end(self) -> None:
        """Check, after all expected bytes were sent, that the source has no further bytes.

        Raises:
            DigestMismatchError: The bytes do not match the expected digest or size.
        """
        if not self._is_verified:
            await self._go_to(self._hashed)
            await self._read_more()

    async def aclose(self) -> None:
        """Close the iterator that reads the source, and end the thread that hashes."""
        self._hasher.close()
        await self._close_blocks()

    @property
    def _held_start(self) -> int:
        return self._held_starts[0] if self._held_starts else self._read_end

    async def _block_at(self, offset: int) -> bytes:
        """Return the bytes from an offset to the end of their block, and `b""` at the end of the source."""
        if offset == self._read_end and not await self._read_more():
            return b""
        index = bisect_right(self._held_starts, offset) - 1
        skipped = offset - self._held_starts[index]
        return self._held[index][skipped:] if skipped else self._held[index]

    async def _go_to(self, offset: int) -> None:
        if self._replayable is None or (self._blocks is not None and self._held_start <= offset <= self._read_end):
            return
        await self._close_blocks()
        self._held, self._held_starts = [], []
        self._read_end = self._yielded_end = offset
        self._blocks = self._replayable.blocks(offset)

    async def _read_more(self) -> bool:
        """Read the next block, and return True. At the end of the source, verify all bytes, and return False."""
        try:
            return await self._read_block()
        except BaseException as error:
            self.error = error
            raise

    async def _read_block(self) -> bool:
        if self._is_verified and self._read_end == self._hashed:
            return False
        block = await self._next_block()
        if not block:
            await self._verify()
            return False
        self._held.append(block)
        self._held_starts.append(self._read_end)
        self._read_end += len(block)
        fresh = self._read_end - self._hashed
        if fresh > 0:
            self._hashed = self._read_end
            await self._wait_for_hasher()
            self._hasher.update(memoryview(block)[-fresh:])
            if self.size is not None and self._hashed >= self.size:
                # If the request has a Content-Length, its last byte completes the upload. So verify before that byte is sent.
                if self._hashed == self.size and await self._next_block():
                    self._hashed += 1
                await self._verify()
        return True

    async def _next_block(self) -> bytes:
        assert self._blocks is not None
        block = b""
        while not block:
            found = await anext(self._blocks, None)
            if found is None:
                return b""
            if not isinstance(found, (bytes, bytearray, memoryview)):
                raise TypeError(f"the source of an upload must yield bytes, not {type(found).__name__}")
            block = bytes(found)  # a copy of a buffer that the source may reuse
        return block

    async def _verify(self) -> None:
        if self._is_verified:
            if self._read_end < self._hashed:
                raise OSError(
                    f"the upload source now ends after {self._read_end} bytes, but had {self._hashed} bytes when it was read "
                    "first: do not change the source during the upload"
                )
            return
        actual, expected = await self.digest(), self.expected_digest
        if (expected is not None and actual != expected) or (self.size is not None and self.size != self._hashed):
            raise DigestMismatchError(
                expected=expected or actual,
                actual=actual,
                expected_size=self.size,
                actual_size=self._hashed,
                hint="Pass the digest and the size of these bytes, or leave them out.",
            )
        self.size = self._hashed
        self._is_verified = True

    async def _wait_for_hasher(self) -> None:
        if self._hasher.is_busy:
            await async_run_in_thread(self._hasher.wait)

    def _release_held(self) -> None:
        """Remove from memory the blocks that are no longer needed.

        Three kinds of bytes are needed: bytes that were not yielded yet, the last yielded bytes that the registry has not
        received (at most `keep`), and the last block.
        """
        keep = 0 if self._replayable is not None and self.size is not None else self._keep
        released_end = min(self._yielded_end, max(self._received_end, self._yielded_end - keep))
        # The number of blocks that end at or before `released_end`.
        count = min(bisect_right(self._held_starts, released_end) - 1, len(self._held) - 1)
        if count > 0:
            del self._held[:count], self._held_starts[:count]

    async def _close_blocks(self) -> None:
        blocks: Any = self._blocks
        if blocks is not None and hasattr(blocks, "aclose"):
            await blocks.aclose()
