"""The bytes of a blob from a body with a content coding that was not requested."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Final

from ....digest import Verifier
from ...concurrency.threads import async_run_in_thread_uncancellable
from ...files import append_temporary
from ..blob_spec import TEMPORARY_BLOB, BlobSpec
from ..content_coding import MAX_DECODED_BYTES, Decoder, check_decoded, coding_error, is_blob

_MAX_MEMORY_BYTES: Final = 1024 * 1024
_BLOCK_BYTES: Final = 256 * 1024


class AsyncPieces(AsyncIterator[bytes]):
    """An iterator of bytes that can also be copied into buffers, as `AsyncChunks` can.

    Args:
        pieces: An iterator of the bytes. A generator is closed with this object.
        file: A file that is closed with this object; None for no file.
    """

    def __init__(self, pieces: AsyncIterator[bytes], file: SpooledTemporaryFile[bytes] | None = None) -> None:
        self._pieces = pieces
        self._file = file
        self._rest = memoryview(b"")

    async def __anext__(self) -> bytes:
        if self._rest:
            rest, self._rest = bytes(self._rest), memoryview(b"")
            return rest
        return await anext(self._pieces)

    async def fill(self, buffer: memoryview) -> int:
        """Copy the next bytes into a buffer, and return the number of copied bytes; 0 at the end.

        Args:
            buffer: A writable buffer of at least one byte. The number of copied bytes may be smaller than its length.
        """
        if not self._rest:
            self._rest = memoryview(await anext(self._pieces, b""))
        filled = min(len(buffer), len(self._rest))
        buffer[:filled] = self._rest[:filled]
        self._rest = self._rest[filled:]
        return filled

    async def aclose(self) -> None:
        """Close the generator and the file."""
        if isinstance(self._pieces, AsyncGenerator):
            await self._pieces.aclose()
        if self._file is not None:
            self._file.close()


async def async_decode(body: AsyncIterator[bytes], coding: str, blob: BlobSpec) -> AsyncGenerator[bytes, None]:
    """Yield the decoded bytes of a body, and check at the end that they are the blob.

    Args:
        body: The bytes of the body.
        coding: The content coding of the body.
        blob: The blob. If neither its size nor a limit is known, at most 1 GiB is decoded.

    Raises:
        ParseError: The body cannot be decoded, or decodes to more bytes than the blob has.
        SizeLimitError: The decoded bytes are more than the caller allows.
        DigestMismatchError: The decoded bytes are not the blob.
    """
    decoder, verifier = Decoder(coding), Verifier(blob.digest.algorithm)
    limit = MAX_DECODED_BYTES if blob.size is None else blob.size
    async for chunk in body:
        for piece in decoder.decode(chunk):
            verifier.update(piece)
            blob.check_size(verifier.size)
            if verifier.size > limit:
                raise coding_error(coding, f"the body decodes to more than {limit} bytes")
            yield piece
    decoder.finish()
    check_decoded(verifier, blob, coding)


async def async_verify_encoded(body: AsyncIterator[bytes], coding: str, blob: BlobSpec) -> AsyncPieces:
    """Read a whole body into a temporary file, and return the bytes of the blob: those of the body, or the decoded ones.

    Whether the body has the coding that its headers state shows only its digest.

    Args:
        body: The bytes of the body.
        coding: The content coding that the headers of the response state.
        blob: The blob.

    Raises:
        TransportError: The body was interrupted.
        ParseError: The body cannot be decoded, or is too long.
        SizeLimitError: The body has more bytes than the caller allows.
        DigestMismatchError: Neither the bytes of the body nor the decoded bytes are the blob.
    """
    file = SpooledTemporaryFile(_MAX_MEMORY_BYTES)  # noqa: SIM115 - the result closes the file
    try:
        verifier = Verifier(blob.digest.algorithm)
        # An encoded body is hardly longer than the blob, even if the blob cannot be compressed.
        limit = None if blob.size is None else blob.size + blob.size // 100 + 64 * 1024
        async for chunk in body:
            verifier.update(chunk)
            if limit is not None and verifier.size > limit:
                raise coding_error(coding, f"the body has more than {limit} bytes, but the blob has {blob.size} bytes")
            if limit is None and blob.max_size is not None:
                blob.check_size(verifier.size - blob.max_size // 100 - 64 * 1024)
            await async_run_in_thread_uncancellable(partial(append_temporary, file, chunk, TEMPORARY_BLOB))
        if is_blob(verifier, blob):
            return AsyncPieces(_FileBlocks(file), file)
        async for _ in async_decode(_FileBlocks(file), coding, blob):
            pass
        return AsyncPieces(async_decode(_FileBlocks(file), coding, blob), file)
    except BaseException:
        with suppress(OSError):  # of buffered bytes, which are not needed
            file.close()
        raise


class _FileBlocks(AsyncIterator[bytes]):
    """An iterator of the bytes of a file, from its beginning."""

    def __init__(self, file: SpooledTemporaryFile[bytes]) -> None:
        self._file = file
        file.seek(0)

    async def __anext__(self) -> bytes:
        block = await async_run_in_thread_uncancellable(partial(self._file.read, _BLOCK_BYTES))
        if not block:
            raise StopAsyncIteration
        return block
