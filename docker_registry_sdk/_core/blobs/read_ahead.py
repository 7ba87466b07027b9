"""Reading ahead in a blob: which bytes to ask for at a time, and which to keep. Free of I/O."""

from __future__ import annotations

LEAST = 64 * 1024
MOST = 4 * 1024 * 1024
_KEPT = 4


class ReadAhead:
    """A few blocks of a blob, and a window that doubles while reads follow each other.

    Args:
        size: The blob's size in bytes.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._window = LEAST // 2
        self._blocks: list[tuple[int, bytes]] = []  # the one that was used last stands last

    def find(self, position: int, length: int) -> memoryview | None:
        """Return bytes that are there, up to so many; None when there are none from that position on.

        Args:
            position: The first byte.
            length: How many bytes are wanted.
        """
        for index in reversed(range(len(self._blocks))):
            start, data = self._blocks[index]
            if start <= position < start + len(data):
                self._blocks.append(self._blocks.pop(index))
                return memoryview(data)[position - start : position - start + length]
        return None

    def plan(self, position: int, length: int) -> tuple[int, int]:
        """Return which bytes to ask for: the first, and the one to stop before.

        Args:
            position: The first byte that is wanted, and is not there.
            length: How many bytes are wanted.
        """
        ends = [start + len(data) for start, data in self._blocks]
        follows = position in ends or (position == 0 and not ends)
        self._window = min(self._window * 2, MOST) if follows else LEAST
        stop = min(position + min(max(self._window, length), MOST), self._size)
        # What stands at the end, as the table of contents of a zip file, is read from behind.
        start = position if follows else min(position, max(0, stop - self._window))
        return start, min([stop, *(begin for begin, _ in self._blocks if begin > position)])

    def keep(self, start: int, data: bytes) -> None:
        """Keep a block, and forget the one whose use is longest ago.

        Args:
            start: The place of its first byte.
            data: The bytes.
        """
        self._blocks = [*self._blocks[-_KEPT + 1 :], (start, data)]
