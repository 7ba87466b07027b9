"""A file object for a blob: reads request only the ranges of the blob that they need."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Final

from ....digest import Verifier
from ...concurrency.forks import reset_after_fork
from ...concurrency.threads import async_run_in_thread_uncancellable
from ...files import append_temporary
from ...wire import Deadline
from ..blob_spec import TEMPORARY_BLOB, BlobSpec
from ..byte_ranges import Resumption
from ..raw_base import AsyncRawBase, WriteableBuffer
from ..read_ahead import ReadAhead
from .blob_repository import AsyncBlobRepository
from .ranged_fetch import AsyncRangedFetch, async_start_fetch

_MAX_MEMORY_BYTES: Final = 1024 * 1024


class AsyncBlobFile(AsyncRawBase):
    """A seekable file object for a blob.

    A read requests only the bytes that are not cached, and some bytes around them for later reads.

    The bytes are not verified, since the digest covers the whole blob: a registry could send any bytes. Only the offset and the
    length of each range are checked. If the bytes must be verified, download the blob, or read the blob as a stream.

    If the registry does not send the requested range, the whole blob is downloaded to a temporary file and verified. All further
    reads are from that file, which is removed when the blob file is closed.

    Args:
        repository: The repository that has the blob.
        blob: The blob to read.
        size: The size of the blob in bytes.
        deadline: The seconds that the request for each range may take, or one `Deadline` for all ranges together. None uses the
            seconds of the client's option `deadline` for each range.

    Attributes:
        digest: The digest of the blob.
        size: The size of the blob in bytes.
    """

    def __init__(
        self, repository: AsyncBlobRepository, blob: BlobSpec, size: int, deadline: Deadline | float | None = None
    ) -> None:
        self.digest = blob.digest
        self.size = size
        self._repository = repository
        self._spec = blob
        self._deadline = deadline
        self._read_ahead = ReadAhead(size)
        self._position = 0
        self._file: SpooledTemporaryFile[bytes] | None = None
        reset_after_fork(self)

    def readable(self) -> bool:
        """Return True: the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: `seek` can set any position."""
        return True

    async def tell(self) -> int:
        """Return the position: the offset of the next byte to read."""
        self._check_open()
        return self._position

    async def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Change the position, and return the new position.

        Args:
            offset: The number of bytes to add to the position that `whence` names.
            whence: `os.SEEK_SET` for the beginning, `os.SEEK_CUR` for the current position, `os.SEEK_END` for the end.

        Raises:
            ValueError: The position is negative, or `whence` is unknown.
        """
        self._check_open()
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise ValueError(f"whence should be 0, 1 or 2, not {whence}")
        position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if position < 0:
            raise ValueError(f"the position must not be negative, but would be {position}")
        self._position = position
        return position

    async def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, or all remaining bytes if `size` is negative or None. At the end, return `b""`.

        Args:
            size: The maximum number of bytes.

        Raises:
            TransportError: The body of the response was interrupted too often.
            DigestMismatchError: The registry does not support range requests, and the whole blob does not match its digest or
                size.
            OSError: The temporary file for the whole blob cannot be written.
            ForkedProcessError: The file was opened in the parent process.
        """
        self._check_open()
        left = max(0, self.size - self._position)
        left = left if size is None or size < 0 else min(size, left)
        parts: list[memoryview] = []
        while left:
            part = await self._find(left)
            if part is None:
                await self._fetch(left)
                continue
            parts.append(part)
            left -= len(part)
            self._position += len(part)
        return b"".join(parts)

    async def readall(self) -> bytes:
        """Return all remaining bytes."""
        return await self.read()

    async def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer, and return the number of bytes read, which is less than the buffer's length only at the end.

        Args:
            buffer: The buffer.

        Raises:
            TransportError: The body of the response was interrupted too often.
            DigestMismatchError: The registry does not support range requests, and the whole blob does not match its digest or
                size.
            OSError: The temporary file for the whole blob cannot be written.
            ForkedProcessError: The file was opened in the parent process.
        """
        view = memoryview(buffer).cast("B")
        data = await self.read(len(view))
        view[: len(data)] = data
        return len(data)

    async def _find(self, length: int) -> memoryview | None:
        """Return up to `length` bytes from the position on, or None if they must be fetched."""
        if self._file is None:
            return self._read_ahead.find(self._position, length)
        return memoryview(await async_run_in_thread_uncancellable(partial(_read_at, self._file, self._position, length)))

    async def _fetch(self, length: int) -> None:
        start, stop = self._read_ahead.plan(self._position, length)
        fetch = await async_start_fetch(
            self._repository.for_new_call(self._deadline), self._spec, Resumption(self.size, start, stop), False
        )
        data = bytearray()
        try:
            while (chunk := await fetch.read()) and not fetch.state.reads_whole:
                data += chunk
            if fetch.state.reads_whole:
                self._file = await self._store_whole(fetch, chunk)
                return
            await fetch.read()  # reach the end of the body, so that the next request can use the connection
        finally:
            await fetch.aclose()
        assert len(data) == stop - start  # otherwise the whole blob is read, or an exception is raised
        self._read_ahead.add(start, bytes(data))

    async def _store_whole(self, fetch: AsyncRangedFetch, chunk: bytes) -> SpooledTemporaryFile[bytes]:
        """Write the whole blob to a temporary file, verify it, and return the file.

        Args:
            fetch: The download of the whole blob.
            chunk: The first bytes of the blob.
        """
        file = SpooledTemporaryFile(_MAX_MEMORY_BYTES)  # noqa: SIM115 - aclose() closes the file
        verifier = Verifier(self.digest.algorithm)
        try:
            while chunk and verifier.size <= self.size:
                await async_run_in_thread_uncancellable(partial(_append, file, verifier, chunk))
                chunk = await fetch.read()
            fetch.state.verify(verifier, self.digest)
        except BaseException:
            with suppress(OSError):  # of buffered bytes, which are not needed
                file.close()
            raise
        return file

    async def aclose(self) -> None:
        """Close the file, and remove the temporary file if there is one."""
        if self._file is not None:
            self._file.close()
        await super().aclose()

    def _check_open(self) -> None:
        self._check_process()
        if self.closed:
            raise ValueError("the blob file is closed: read from it inside its with block")


def _append(file: SpooledTemporaryFile[bytes], verifier: Verifier, chunk: bytes) -> None:
    verifier.update(chunk)
    append_temporary(file, chunk, TEMPORARY_BLOB)


def _read_at(file: SpooledTemporaryFile[bytes], position: int, length: int) -> bytes:
    file.seek(position)
    return file.read(length)
