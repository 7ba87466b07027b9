"""Reading a blob: bytes that are checked as they pass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...digest import Digest, Verifier
from ...v2.api import create_blob_read_stream
from ...wire import AsyncClient, Timeout


class AsyncBlobStream:
    """A blob's bytes, each handed out once, with its digest checked before the last of them.

    Iterate over it, or call `read`. It holds no more than one chunk of the network, two when the size is not known.

    Args:
        digest: The blob's digest.
        size: How many bytes there should be, or None when the registry does not say.
        chunks: The bytes as they come.

    Raises:
        InvalidDigestError: The digest is of an algorithm that cannot be computed here.
    """

    def __init__(self, digest: Digest, size: int | None, chunks: AsyncIterator[bytes]) -> None:
        self.digest = digest
        self.size = size
        self._chunks = chunks
        self._verifier = Verifier(digest.algorithm)
        self._rest = memoryview(b"")
        self._held = b""
        self._ended = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self.read_chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, all that are left when it is negative, and none at the end.

        Args:
            size: How many bytes.

        Raises:
            DigestMismatchError: The blob is not the one that was asked for.
            TransportError: The body broke off.
        """
        if 0 <= size <= len(self._rest):
            taken, self._rest = self._rest[:size], self._rest[size:]
            return bytes(taken)
        parts: list[bytes] = []
        wanted = size
        while wanted != 0 and (chunk := await self.read_chunk()):
            if 0 <= wanted < len(chunk):
                self._rest = memoryview(chunk)[wanted:]
                chunk = chunk[:wanted]
            parts.append(chunk)
            if wanted > 0:
                wanted -= len(chunk)
        return b"".join(parts)

    async def read_chunk(self) -> bytes:
        """Return the next bytes as they came from the network, and none at the end.

        Raises:
            DigestMismatchError: The blob is not the one that was asked for.
            TransportError: The body broke off.
        """
        if self._rest:
            rest, self._rest = bytes(self._rest), memoryview(b"")
            return rest
        while not self._ended:
            chunk = await anext(self._chunks, b"")
            if not chunk:
                await self._end()
                chunk, self._held = self._held, b""
            else:
                self._verifier.update(chunk)
                if self.size is None:
                    # Whether it is the last one, only what follows tells.
                    chunk, self._held = self._held, chunk
                elif self._verifier.size >= self.size:
                    await self._end()
            if chunk:
                return chunk
        return b""

    async def _end(self) -> None:
        self._verifier.verify(self.size, self.digest)
        # What is read to its end leaves its connection to the next request.
        await anext(self._chunks, b"")
        self._ended = True


@asynccontextmanager
async def async_open_blob_stream(
    client: AsyncClient, repo: str, digest: str, timeout: Timeout | None
) -> AsyncIterator[AsyncBlobStream]:
    """Open a blob for reading; the connection is closed on exit.

    Args:
        client: What sends the request.
        repo: The repository's name.
        digest: The blob's digest.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        InvalidDigestError: The digest is none.
        NotFoundError: There is no such blob.
    """
    wanted = Digest(digest)
    Verifier(wanted.algorithm)  # before the request, when it cannot be computed
    async with create_blob_read_stream.asyncio_stream(client, repo, wanted, timeout=timeout) as answer:
        yield AsyncBlobStream(wanted, answer.content_length, answer.body)
