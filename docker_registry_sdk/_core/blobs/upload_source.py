"""The sources of an upload: bytes, a path, a file, an iterable, or an object that can be read from any offset."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, Protocol, TypeAlias, overload, runtime_checkable

from ..wire import AsyncRawBody, RawBody, Readable

READ_BLOCK_BYTES: Final = 1024 * 1024
"""The number of bytes to read from a source at a time. Smaller blocks would take more time, larger blocks more memory."""

MAX_SMALL_BYTES: Final = 1024 * 1024
"""The maximum size of a source that is read into memory and hashed before anything is sent."""


@runtime_checkable
class ReplayableSource(Protocol):
    """The bytes of a blob, readable from any offset, and more than once."""

    def blocks(self, offset: int, /) -> Iterator[bytes]:
        """Yield the bytes from an offset to the end.

        After a new call, the iterator of the previous call must not be used any more.

        Args:
            offset: The offset of the first byte.
        """
        ...


@runtime_checkable
class AsyncReplayableSource(Protocol):
    """The bytes of a blob, readable from any offset, and more than once."""

    def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Yield the bytes from an offset to the end.

        After a new call, the iterator of the previous call must not be used any more.

        Args:
            offset: The offset of the first byte.
        """
        ...


BlobSource: TypeAlias = RawBody | os.PathLike[str]
AsyncBlobSource: TypeAlias = AsyncRawBody | os.PathLike[str]
UploadSource: TypeAlias = BlobSource | ReplayableSource
AsyncUploadSource: TypeAlias = AsyncBlobSource | AsyncReplayableSource


@overload
def open_source(source: BlobSource) -> AbstractContextManager[RawBody]: ...
@overload
def open_source(source: AsyncBlobSource) -> AbstractContextManager[AsyncRawBody]: ...
def open_source(source: AsyncBlobSource) -> AbstractContextManager[AsyncRawBody]:
    """Return a context manager whose value is the request body.

    If the source is a path, the value is the open file, which the context manager closes. Otherwise the value is the source
    itself.

    Args:
        source: Where the bytes of the blob are read from: bytes, a path, a binary file, or an iterable of bytes.

    Raises:
        TypeError: The source is a text, a text file, or of another type that does not yield bytes.
        OSError: The file cannot be opened.
    """
    if isinstance(source, os.PathLike):
        return Path(source).open("rb")
    if isinstance(source, (str, io.TextIOBase)) or not isinstance(source, (bytes, Readable, Iterable, AsyncIterable)):
        raise TypeError(
            f"a blob is uploaded from bytes, a pathlib.Path, a binary file or an iterable of bytes, not {type(source).__name__}"
        )
    return nullcontext(source)


def seekable_position(body: AsyncRawBody) -> int | None:
    """Return the current position of a seekable file, or None if the body is not a seekable file.

    Args:
        body: The request body.
    """
    tell, seek = getattr(body, "tell", None), getattr(body, "seek", None)
    if tell is None or seek is None or isinstance(body, AsyncIterable) or not isinstance(body, Readable):
        return None
    try:
        position = tell()
        seek(position)
    except (OSError, TypeError, ValueError):  # a pipe, or a wrapper without a position
        return None
    return position if isinstance(position, int) else None


def read_if_small(body: AsyncRawBody) -> bytes | None:
    """Return the content of bytes or of a seekable file, if it is at most 1 MiB; otherwise None.

    Args:
        body: The request body. If the result is None, the position of the file does not change.
    """
    if isinstance(body, (bytes, bytearray, memoryview)):
        view = memoryview(body)
        return bytes(view) if view.nbytes <= MAX_SMALL_BYTES else None
    position = seekable_position(body)
    if position is None or not isinstance(body, Readable):
        return None
    content = b""
    while len(content) <= MAX_SMALL_BYTES and (more := body.read(MAX_SMALL_BYTES + 1 - len(content))):
        content += more
    if len(content) <= MAX_SMALL_BYTES:
        return content
    body.seek(position)  # type: ignore[attr-defined]  # seekable_position() has called it
    return None
