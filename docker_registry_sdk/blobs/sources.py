"""What can be uploaded: bytes, a path, a file or an iterable, and what can be known of it beforehand."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeAlias, overload

from ..digest import DEFAULT_ALGORITHM, Digest, Verifier
from ..wire import AsyncRawBody, RawBody, Readable

BlobSource: TypeAlias = RawBody | os.PathLike[str]
AsyncBlobSource: TypeAlias = AsyncRawBody | os.PathLike[str]

_BLOCK = 1024 * 1024


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


def is_small(body: AsyncRawBody) -> bool:
    """Return whether measuring the body takes no time that counts.

    Args:
        body: The body.
    """
    return isinstance(body, (bytes, bytearray, memoryview)) and memoryview(body).nbytes <= _BLOCK


def measured(body: AsyncRawBody, algorithm: str = DEFAULT_ALGORITHM) -> tuple[Digest, int] | None:
    """Return digest and size of a body that can be read twice, from where it stands; None when it can be read only once.

    Args:
        body: The body.
        algorithm: `sha256` or `sha512`.
    """
    verifier = Verifier(algorithm)
    if isinstance(body, (bytes, bytearray, memoryview)):
        verifier.update(memoryview(body).cast("B"))
        return verifier.digest, verifier.size
    tell, seek = getattr(body, "tell", None), getattr(body, "seek", None)
    if tell is None or seek is None or isinstance(body, AsyncIterable) or not isinstance(body, Readable):
        return None
    try:
        here = tell()
        seek(here)
    except (OSError, TypeError, ValueError):  # a pipe, or a wrapper without a position
        return None
    while block := body.read(_BLOCK):
        verifier.update(block)
    seek(here)
    return verifier.digest, verifier.size
