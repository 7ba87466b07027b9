"""The calls of API v2 for tags."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ..._core.wire import Timeout
from ...v2.api import list_tags
from .base import AsyncClientBase


class AsyncTagCalls(AsyncClientBase):
    """The calls for the tags of a repository."""

    async def list_tags(
        self, *, n: int | None = None, last: str | None = None, timeout: Timeout | None = None
    ) -> list_tags.ListTagsOk:
        """List one page of the repository's tags; `iter_tags` yields the tags of all pages.

        Args:
            n: The largest number of tags to return.
            last: The tag after which the page begins.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: The repository does not exist.

        Source: OCI Distribution Spec, Listing Tags (end-8).
        """
        return await list_tags.asyncio(self._pipeline, self._name, n=n, last=last, timeout=timeout)

    def iter_tags(self, *, page_size: int | None = None, timeout: Timeout | None = None) -> AsyncIterator[str]:
        """Yield all tags of the repository; each page is requested when the one before has been consumed.

        Args:
            page_size: The number of tags to request per page; None leaves the number to the registry.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            NotFoundError: The repository does not exist.
            RegistryError: A page links to another origin, or the listing has no end.

        Source: OCI Distribution Spec, Listing Tags (end-8).
        """

        async def fetch(url: str | None, /) -> tuple[Sequence[str], str | None]:
            n = page_size if url is None else None
            page = await list_tags.asyncio(self._pipeline, self._name, n=n, next_url=url, timeout=timeout)
            return page.body.tags, page.next_url

        return self._iter_pages(fetch)
