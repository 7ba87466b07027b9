"""Streams that are read once, in order. A blob stream verifies the bytes against the digest of the blob."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ....digest import Digest, DigestLike, Verifier
from ...concurrency.forks import reset_after_fork
from ..blob_spec import parse_blob_spec
from ..byte_ranges import Resumption
from ..raw_base import AsyncRawBase, WriteableBuffer
from .blob_repository import AsyncBlobRepository
from .ranged_fetch import AsyncRangedFetch, async_start_fetch


class AsyncByteStream(AsyncRawBase):
    """A readable stream of bytes that arrive in chunks of any length. Iterate over the stream, or call `read`."""

    _rest = memoryview(b"")

    def readable(self) -> bool:
        """Return True: the stream can be read."""
        return True

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self.read_chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, or all remaining bytes if `size` is negative or None. At the end, return `b""`.

        Args:
            size: The maximum number of bytes.

        Raises:
            DigestMismatchError: The bytes do not match the requested digest or size.
            TransportError: The body of the response was interrupted, and could not be resumed.
            ForkedProcessError: The stream was opened in the parent process.
        """
        self._check_process()
        left = -1 if size is None else size
        if 0 <= left <= len(self._rest):
            taken, self._rest = self._rest[:left], self._rest[left:]
            return bytes(taken)
        parts: list[bytes] = []
        while left != 0 and (chunk := await self.read_chunk()):
            if 0 <= left < len(chunk):
                self._rest = memoryview(chunk)[left:]
                chunk = chunk[:left]
            parts.append(chunk)
            if left > 0:
                left -= len(chunk)
        return b"".join(parts)

    async def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer, and return the number of bytes read, which is less than the buffer's length only at the end.

        Args:
            buffer: The buffer.

        Raises:
            DigestMismatchError: The bytes do not match the requested digest or size.
            TransportError: The body of the response was interrupted, and could not be resumed.
            ForkedProcessError: The stream was opened in the parent process.
        """
        view = memoryview(buffer).cast("B")
        data = await self.read(len(view))
        view[: len(data)] = data
        return len(data)

    async def read_chunk(self) -> bytes:
        """Return the next bytes as they arrive from the network, and `b""` at the end.

        Raises:
            DigestMismatchError: The bytes do not match the requested digest or size.
            TransportError: The body of the response was interrupted, and could not be resumed.
            ForkedProcessError: The stream was opened in the parent process.
        """
        self._check_process()
        if self._rest:
            rest, self._rest = bytes(self._rest), memoryview(b"")
            return rest
        if self.closed:
            raise ValueError("the stream is closed: read from it inside its with block")
        return await self._next()

    async def _next(self) -> bytes:
        """Return the next bytes, and `b""` at the end. Each subclass must override this method."""
        raise NotImplementedError


class AsyncBlobStream(AsyncByteStream):
    """A stream of a blob's bytes that verifies digest and size before it returns the last bytes.

    Iterate over the stream, or call `read`. The stream keeps one network chunk in memory, or two if the size is not known.

    Args:
        digest: The digest of the blob.
        fetch: The download that returns the bytes, without having verified them.

    Raises:
        InvalidDigestError: This package cannot compute the algorithm of the digest.
    """

    def __init__(self, digest: Digest, fetch: AsyncRangedFetch) -> None:
        self.digest = digest
        self._fetch = fetch
        self._verifier = Verifier(digest.algorithm)
        self._held = b""
        self._has_ended = False
        reset_after_fork(self)

    @property
    def size(self) -> int | None:
        """Return the size of the blob in bytes, or None while it is not known."""
        return self._fetch.state.size

    async def aclose(self) -> None:
        """Close the stream. The connection is closed, too, unless the whole blob was read."""
        await self._fetch.aclose()
        await super().aclose()

    async def _next(self) -> bytes:
        while not self._has_ended:
            chunk = await self._fetch.read()
            self._verifier.update(chunk)
            if not chunk or self._fetch.state.is_complete:
                await self._verify_end()
                chunk, self._held = self._held + chunk, b""
            elif self.size is None or self._held:
                # Only the next read shows whether this chunk is the last one. So keep this chunk, and return the previous one.
                chunk, self._held = self._held, chunk
            if chunk:
                return chunk
        return b""

    async def _verify_end(self) -> None:
        # Read to the end of the body: then the next request can use the connection, and surplus bytes are noticed.
        self._verifier.update(await self._fetch.read())
        self._fetch.state.verify(self._verifier, self.digest)
        self._has_ended = True


async def async_open_blob_stream(
    repository: AsyncBlobRepository, blob: DigestLike, use_urls: bool, max_size: int | None = None
) -> AsyncBlobStream:
    """Request a blob, and return its bytes as a verified stream. The caller closes the stream.

    Args:
        repository: The repository that has the blob.
        blob: The digest or the descriptor of the blob.
        use_urls: Whether to try the external URLs of the descriptor if the registry does not have the blob.
        max_size: The largest size in bytes that the caller allows; None for no limit.

    Raises:
        SizeLimitError: The blob has more than `max_size` bytes. If its size is not known before, reading raises this error.
        InvalidDigestError: The digest is invalid, or this package cannot compute its algorithm.
        NotFoundError: The blob does not exist.
    """
    spec = parse_blob_spec(blob, max_size)
    fetch = await async_start_fetch(repository, spec, Resumption(spec.size, check_size=spec.check_size), use_urls)
    try:
        return AsyncBlobStream(spec.digest, fetch)
    except BaseException:
        await fetch.aclose()
        raise
