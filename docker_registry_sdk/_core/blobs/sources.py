"""What can be uploaded: bytes, a path, a file or an iterable, and what can be known of it beforehand."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeAlias, overload

from ..wire import AsyncRawBody, RawBody, Readable
from ._async.rereading import AsyncRereadable
from ._sync.rereading import Rereadable

BlobSource: TypeAlias = RawBody | os.PathLike[str]
AsyncBlobSource: TypeAlias = AsyncRawBody | os.PathLike[str]
UploadSource: TypeAlias = BlobSource | Rereadable
AsyncUploadSource: TypeAlias = AsyncBlobSource | AsyncRereadable

BLOCK = 1024 * 1024
"""How many bytes are read at a time: large enough that a step of Python per block does not count."""


@overload
def opened(source: BlobSource) -> AbstractContextManager[RawBody]: ...
@overload
def opened(source: AsyncBlobSource) -> AbstractContextManager[AsyncRawBody]: ...
def opened(source: AsyncBlobSource) -> AbstractContextManager[AsyncRawBody]:
    """Give a source as a request body, a path as its opened file.

    Args:
        source: What is to be uploaded.

    Raises:
        TypeError: It is nothing that gives bytes, such as text.
        OSError: The file cannot be opened.
    """
    if isinstance(source, os.PathLike):
        return Path(source).open("rb")
    if isinstance(source, (str, io.TextIOBase)) or not isinstance(source, (bytes, Readable, Iterable, AsyncIterable)):
        raise TypeError(f"a blob comes from bytes, a pathlib.Path, a binary file or an iterable, not {type(source).__name__}")
    return nullcontext(source)


def position(body: AsyncRawBody) -> int | None:
    """Return where a file stands that can be read again from there; None for whatever can be read only once.

    Args:
        body: A request body.
    """
    tell, seek = getattr(body, "tell", None), getattr(body, "seek", None)
    if tell is None or seek is None or isinstance(body, AsyncIterable) or not isinstance(body, Readable):
        return None
    try:
        here = tell()
        seek(here)
    except (OSError, TypeError, ValueError):  # a pipe, or a wrapper without a position
        return None
    return here if isinstance(here, int) else None


def small_content(body: AsyncRawBody) -> bytes | None:
    """Return the bytes of a body that has no more than a MiB of them and could be read again; None for any other.

    Args:
        body: A request body; a file stands where it stood, unless its bytes are returned.
    """
    if isinstance(body, (bytes, bytearray, memoryview)):
        view = memoryview(body)
        return bytes(view) if view.nbytes <= BLOCK else None
    here = position(body)
    if here is None or not isinstance(body, Readable):
        return None
    content = b""
    while len(content) <= BLOCK and (more := body.read(BLOCK + 1 - len(content))):
        content += more
    if len(content) <= BLOCK:
        return content
    body.seek(here)  # type: ignore[attr-defined]  # position() has done so, too
    return None
