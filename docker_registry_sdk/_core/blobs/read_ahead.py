"""The choice of the ranges that a blob file requests, and a cache of their bytes. Free of I/O."""

from __future__ import annotations

from typing import Final

MIN_READ_AHEAD_BYTES: Final = 64 * 1024
MAX_READ_AHEAD_BYTES: Final = 4 * 1024 * 1024
_MAX_CACHED_BLOCKS: Final = 4


class ReadAhead:
    """A cache of the four most recently used blocks of a blob, which also plans how many bytes to read ahead.

    The number of bytes to read ahead doubles while reads are sequential, from 64 KiB to 4 MiB.

    Args:
        size: The size of the blob in bytes.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._window = MIN_READ_AHEAD_BYTES // 2
        self._blocks: list[tuple[int, bytes]] = []  # offset and bytes, the most recently used block last

    def find(self, position: int, length: int) -> memoryview | None:
        """Return up to `length` cached bytes from a position on, or None if the byte at the position is not cached.

        All returned bytes are from the same cached block, so there may be fewer than `length`.

        Args:
            position: The offset of the first byte.
            length: The maximum number of bytes to return.
        """
        for index in reversed(range(len(self._blocks))):
            start, data = self._blocks[index]
            if start <= position < start + len(data):
                self._blocks.append(self._blocks.pop(index))
                return memoryview(data)[position - start : position - start + length]
        return None

    def plan(self, position: int, length: int) -> tuple[int, int]:
        """Return the range to request for a read, as the offset of its first byte and the offset after its last byte.

        The range contains the byte at the position. It may be longer than the read, or shorter: then plan another range after it.

        Args:
            position: The offset of the first byte to read, which is not cached.
            length: The number of bytes that the caller wants to read.
        """
        ends = [start + len(data) for start, data in self._blocks]
        is_sequential = position in ends or (position == 0 and not ends)
        self._window = min(self._window * 2, MAX_READ_AHEAD_BYTES) if is_sequential else MIN_READ_AHEAD_BYTES
        stop = min(position + min(max(self._window, length), MAX_READ_AHEAD_BYTES), self._size)
        # Programs read the structure at the end of a file, such as the directory of a zip file, backwards. So a read that is
        # not sequential also fetches the bytes before its position.
        start = position if is_sequential else min(position, max(0, stop - self._window))
        return start, min([stop, *(begin for begin, _ in self._blocks if begin > position)])

    def add(self, start: int, data: bytes) -> None:
        """Cache a block; if the cache is full, remove the least recently used block.

        Args:
            start: The offset of the block's first byte.
            data: The bytes of the block.
        """
        self._blocks = [*self._blocks[-_MAX_CACHED_BLOCKS + 1 :], (start, data)]
