"""What an upload can go back to after a drop: a source that is read from any byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable


@runtime_checkable
class AsyncRereadable(Protocol):
    """A blob's bytes, to be read from any of them on, and again."""

    def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Give the bytes from there on; whoever asks for them again is done with the iterator before.

        Args:
            offset: How many bytes to leave out.
        """
        ...
