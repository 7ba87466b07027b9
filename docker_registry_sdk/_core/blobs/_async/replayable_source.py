"""Sources that can be read from any offset, and more than once: bytes, seekable files, and blobs of a registry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from ....digest import DigestLike
from ...concurrency.threads import async_run_in_thread
from ...wire import AsyncRawBody, body_length
from ..blob_spec import parse_blob_spec
from ..byte_ranges import Resumption
from ..upload_source import READ_BLOCK_BYTES, AsyncReplayableSource, seekable_position
from .blob_repository import AsyncBlobRepository
from .ranged_fetch import async_start_fetch
from .verified_stream import async_open_blob_stream


def async_replayable(source: AsyncRawBody | AsyncReplayableSource) -> AsyncReplayableSource | None:
    """Return a source that can be read more than once, or None if the opened source can be read only once.

    Args:
        source: The opened source: bytes, an open file, an iterable of bytes, or a replayable source, which is returned itself.
    """
    if isinstance(source, AsyncReplayableSource):
        return source
    if isinstance(source, (bytes, bytearray, memoryview)):
        return AsyncBytesSource(memoryview(source).cast("B"))
    position = seekable_position(source)
    return None if position is None else _FileSource(source, position)


def source_size(source: AsyncRawBody | AsyncReplayableSource) -> int | None:
    """Return the number of bytes from the current position of a source to its end, or None if the number is not known.

    Args:
        source: The opened source. The number is known for a `bytes` object and for a seekable file, but not for
            a replayable source.
    """
    return None if isinstance(source, AsyncReplayableSource) else body_length(source)


class AsyncBytesSource:
    """A replayable source of bytes.

    Args:
        view: The bytes.
    """

    def __init__(self, view: memoryview) -> None:
        self._view = view

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Yield the bytes from an offset to the end.

        Args:
            offset: The offset of the first byte.
        """
        for at in range(offset, len(self._view), READ_BLOCK_BYTES):
            yield bytes(self._view[at : at + READ_BLOCK_BYTES])


class _FileSource:
    def __init__(self, file: Any, start: int) -> None:
        self._file = file
        self._start = start

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        at = self._start + offset
        while block := await async_run_in_thread(partial(self._read, at)):
            at += len(block)
            yield block

    def _read(self, at: int) -> bytes:
        self._file.seek(at)  # for each block, since a thread of a cancelled iterator may have moved the position
        block: bytes = self._file.read(READ_BLOCK_BYTES)
        return block


class AsyncRemoteBlob:
    """A replayable source that reads a blob from a registry; an interrupted download is resumed.

    Args:
        repository: The repository that has the blob.
        blob: The digest or the descriptor of the blob.
        use_urls: Whether to try the external URLs of the descriptor if the registry does not have the blob.
        verify: Whether to verify the bytes. Pass False if the bytes are uploaded, since the upload verifies them.

    Raises:
        InvalidDigestError: The digest is invalid, or this package cannot compute its algorithm.
    """

    def __init__(self, repository: AsyncBlobRepository, blob: DigestLike, *, use_urls: bool = False, verify: bool = True) -> None:
        self._repository = repository
        self._spec = parse_blob_spec(blob)
        self._use_urls = use_urls
        self._verify = verify

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Yield the bytes from an offset to the end.

        If the offset is 0 and `verify` is true, the digest is checked before the last block is yielded. Otherwise the bytes are
        not verified, since the digest covers the whole blob.

        Args:
            offset: The offset of the first byte.

        Raises:
            NotFoundError: The blob does not exist.
            DigestMismatchError: The bytes do not match the digest or the size.
            TransportError: The body of the response was interrupted too often.
        """
        if offset == 0 and self._verify:
            blob = self._spec.descriptor or self._spec.digest
            async with await async_open_blob_stream(self._repository, blob, self._use_urls) as stream:
                async for chunk in stream:
                    yield chunk
            return
        fetch = await async_start_fetch(self._repository, self._spec, Resumption(self._spec.size, offset), self._use_urls)
        try:
            while chunk := await fetch.read():
                yield chunk
        finally:
            await fetch.aclose()
