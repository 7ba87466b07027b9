"""Request bodies: bytes, files and iterables, made into what httpx sends, sync and async."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Protocol, TypeAlias, runtime_checkable

BLOCK = 256 * 1024


@runtime_checkable
class Readable(Protocol):
    """Anything with `read(size)` that gives bytes: an open file, a socket's file, a `BytesIO`."""

    def read(self, size: int = ..., /) -> bytes:
        """Return up to `size` bytes, and none at the end."""
        ...


RawBody: TypeAlias = bytes | bytearray | memoryview | Readable | Iterable[bytes]
AsyncRawBody: TypeAlias = RawBody | AsyncIterable[bytes]


def body_length(body: AsyncRawBody) -> int | None:
    """Return how many bytes the body holds from where it stands, or None when only reading it would tell.

    Args:
        body: A request body.
    """
    if isinstance(body, (bytes, bytearray)):
        return len(body)
    if isinstance(body, memoryview):
        return body.nbytes
    tell, seek = getattr(body, "tell", None), getattr(body, "seek", None)
    if not isinstance(body, Readable) or tell is None or seek is None:
        return None
    try:
        here = tell()
        length = seek(0, os.SEEK_END) - here
        seek(here)
    except (OSError, TypeError, ValueError):  # a pipe, or a wrapper without a position
        return None
    return max(0, length) if isinstance(length, int) else None


def sync_content(body: AsyncRawBody) -> bytes | Iterator[bytes]:
    """Return the body as sync httpx takes it.

    Args:
        body: A request body.

    Raises:
        TypeError: It is text, an async iterable or nothing that holds bytes.
    """
    if isinstance(body, bytes):
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if isinstance(body, Readable):
        return _blocks(body)
    if isinstance(body, AsyncIterable):
        raise TypeError("an async iterable needs an async call: use asyncio(…) instead of sync(…)")
    if isinstance(body, Iterable) and not isinstance(body, str):
        return _checked(body)
    raise TypeError(f"a body should be bytes, a file opened in binary mode or an iterable of bytes, not {type(body).__name__}")


def async_content(body: AsyncRawBody) -> bytes | AsyncIterator[bytes]:
    """Return the body as async httpx takes it; files and iterables are read in a worker thread.

    Args:
        body: A request body.

    Raises:
        TypeError: It is text or nothing that holds bytes.
    """
    if isinstance(body, AsyncIterable):
        return _checked_async(body)
    content = sync_content(body)
    return content if isinstance(content, bytes) else _threaded(content)


def _blocks(source: Readable) -> Iterator[bytes]:
    while block := source.read(BLOCK):
        yield _bytes(block)


def _checked(source: Iterable[bytes]) -> Iterator[bytes]:
    for block in source:
        yield _bytes(block)


async def _checked_async(source: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    async for block in source:
        yield _bytes(block)


async def _threaded(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    from anyio.to_thread import run_sync  # needed by few calls; httpx loads it only where it is async itself

    while block := await run_sync(next, blocks, b""):
        yield block


def _bytes(block: bytes) -> bytes:
    if not isinstance(block, (bytes, bytearray, memoryview)):
        raise TypeError(f"a body should give bytes, not {type(block).__name__}: open files in binary mode")
    return block
