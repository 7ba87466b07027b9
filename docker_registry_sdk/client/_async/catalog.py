"""The calls of API v2 for the catalog, the list of a registry's repositories."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ..._core.wire import Timeout
from ...v2.api import list_repositories
from .base import AsyncClientBase


class AsyncCatalogCalls(AsyncClientBase):
    """The calls for the catalog of a registry."""

    async def list_repositories(
        self, *, n: int | None = None, last: str | None = None, timeout: Timeout | None = None
    ) -> list_repositories.ListRepositoriesOk:
        """List one page of the registry's repositories; `iter_repositories` yields the names of all pages.

        Args:
            n: The largest number of names to return.
            last: The name after which the page begins.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            StatusError: The registry has no catalog; Docker Hub and GHCR have none.

        Source: Docker Registry HTTP API V2, Listing Repositories.
        """
        return await list_repositories.asyncio(self._pipeline, n=n, last=last, timeout=timeout)

    def iter_repositories(self, *, page_size: int | None = None, timeout: Timeout | None = None) -> AsyncIterator[str]:
        """Yield the names of all repositories; each page is requested when the one before has been consumed.

        Args:
            page_size: The number of names to request per page; None leaves the number to the registry.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            StatusError: The registry has no catalog; Docker Hub and GHCR have none.
            RegistryError: A page links to another origin, or the listing has no end.

        Source: Docker Registry HTTP API V2, Listing Repositories.
        """

        async def fetch(url: str | None, /) -> tuple[Sequence[str], str | None]:
            n = page_size if url is None else None
            page = await list_repositories.asyncio(self._pipeline, n=n, next_url=url, timeout=timeout)
            return page.body.repositories, page.next_url

        return self._iter_pages(fetch)
