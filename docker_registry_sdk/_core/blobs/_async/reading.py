"""Reading a blob: bytes that are checked as they pass, over drops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ....digest import Digest, Verifier
from ....v2.models import Descriptor
from ...wire import AsyncClient, Timeout
from ..resuming import Resumption
from ..wanted import parse_wanted
from .fetching import AsyncFetch, async_start_fetch
from .streams import AsyncByteStream


class AsyncBlobStream(AsyncByteStream):
    """A blob's bytes, each handed out once, with digest and size checked before the last of them.

    Iterate over it, or call `read`. It holds no more than one chunk of the network, two when the size is not known.

    Args:
        digest: The blob's digest.
        fetch: Where its bytes come from.

    Raises:
        InvalidDigestError: The digest is of an algorithm that cannot be computed here.
    """

    def __init__(self, digest: Digest, fetch: AsyncFetch) -> None:
        self.digest = digest
        self._fetch = fetch
        self._verifier = Verifier(digest.algorithm)
        self._held = b""
        self._ended = False

    @property
    def size(self) -> int | None:
        """How many bytes there should be, or None while that is not known."""
        return self._fetch.state.size

    async def aclose(self) -> None:
        """Close the connection; what was not read cannot be read any more."""
        await self._fetch.aclose()
        await super().aclose()

    async def _next(self) -> bytes:
        while not self._ended:
            chunk = await self._fetch.read()
            self._verifier.update(chunk)
            if not chunk or self._fetch.state.complete:
                await self._end()
                chunk, self._held = self._held + chunk, b""
            elif self.size is None or self._held:
                # Whether it is the last one, only what follows tells.
                chunk, self._held = self._held, chunk
            if chunk:
                return chunk
        return b""

    async def _end(self) -> None:
        # What is read to its end leaves its connection to the next request, and shows whether there is too much.
        self._verifier.update(await self._fetch.read())
        self._verifier.verify(self.size, self.digest)
        self._ended = True


@asynccontextmanager
async def async_open_blob_stream(
    client: AsyncClient, repo: str, blob: str | Descriptor, use_urls: bool, timeout: Timeout | None
) -> AsyncIterator[AsyncBlobStream]:
    """Open a blob for reading; the connection is closed on exit.

    Args:
        client: What sends the request.
        repo: The repository's name.
        blob: The blob's digest or descriptor.
        use_urls: Whether the descriptor's `urls` may be followed.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        InvalidDigestError: The digest is none.
        NotFoundError: There is no such blob.
    """
    wanted = parse_wanted(blob)
    fetch = await async_start_fetch(client, repo, wanted, Resumption(wanted.size), use_urls, timeout)
    async with AsyncBlobStream(wanted.digest, fetch) as stream:
        yield stream
