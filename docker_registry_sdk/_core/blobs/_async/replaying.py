"""Sources that can be read again: bytes, and files that can seek."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from ...concurrency.threads import async_run_in_thread
from ...wire import AsyncRawBody, body_length
from ..sources import BLOCK, position
from .rereading import AsyncRereadable


def async_rereadable(source: AsyncRawBody | AsyncRereadable) -> AsyncRereadable | None:
    """Return a source as one that can be read again, or None when it can be read only once.

    Args:
        source: An opened source.
    """
    if isinstance(source, AsyncRereadable):
        return source
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _AsyncBytes(memoryview(source).cast("B"))
    here = position(source)
    return None if here is None else _AsyncFile(source, here)


def known_size(source: AsyncRawBody | AsyncRereadable) -> int | None:
    """Return how many bytes a source holds from where it stands, or None when only reading it would tell.

    Args:
        source: An opened source.
    """
    return None if isinstance(source, AsyncRereadable) else body_length(source)


class _AsyncBytes:
    def __init__(self, view: memoryview) -> None:
        self._view = view

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        for at in range(offset, len(self._view), BLOCK):
            yield bytes(self._view[at : at + BLOCK])


class _AsyncFile:
    def __init__(self, file: Any, start: int) -> None:
        self._file = file
        self._start = start

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        at = self._start + offset
        while block := await async_run_in_thread(partial(self._read, at)):
            at += len(block)
            yield block

    def _read(self, at: int) -> bytes:
        self._file.seek(at)  # each time, for an iterator that was given up may have gone on meanwhile
        block: bytes = self._file.read(BLOCK)
        return block
