"""A blob of a registry as a source to copy from."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ....v2.models import Descriptor
from ...wire import AsyncClient, Timeout
from ..resuming import Resumption
from ..wanted import parse_wanted
from .fetching import async_start_fetch
from .reading import async_open_blob_stream


class AsyncRemoteBlob:
    """An `AsyncRereadable` of a blob that a registry has; a drop in between is not seen.

    Args:
        client: What sends the requests.
        repo: The repository's name.
        blob: The blob's digest or descriptor.
        use_urls: Whether the descriptor's `urls` may be followed.
        checked: Whether the bytes are compared with the digest here; an upload does so itself, and once is enough.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        InvalidDigestError: The digest is none.
    """

    def __init__(
        self,
        client: AsyncClient,
        repo: str,
        blob: str | Descriptor,
        *,
        use_urls: bool = False,
        checked: bool = True,
        timeout: Timeout | None = None,
    ) -> None:
        self._client = client
        self._repo = repo
        self._wanted = parse_wanted(blob)
        self._use_urls = use_urls
        self._checked = checked
        self._timeout = timeout

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Give the bytes from there on. From the first to the last, they are checked before the last of them is given.

        Args:
            offset: How many bytes to leave out.

        Raises:
            NotFoundError: There is no such blob.
            DigestMismatchError: The blob is not the one that was asked for.
            TransportError: The body broke off, time after time.
        """
        if offset == 0 and self._checked:
            blob = self._wanted.descriptor or self._wanted.digest
            async with async_open_blob_stream(self._client, self._repo, blob, self._use_urls, self._timeout) as stream:
                async for chunk in stream:
                    yield chunk
            return
        state = Resumption(self._wanted.size, offset)
        fetch = await async_start_fetch(self._client, self._repo, self._wanted, state, self._use_urls, self._timeout)
        try:
            while chunk := await fetch.read():
                yield chunk
        finally:
            await fetch.aclose()
