"""The client methods for the catalog in API v2, which lists the repositories of a registry."""

from __future__ import annotations

from ..._core.wire import CallLimits, Deadline, Timeout
from ...v2 import api
from ..pages import Page
from .base import AsyncRepositoryBase
from .listing import AsyncListing


class AsyncCatalogCalls(AsyncRepositoryBase):
    """The client methods for the catalog of a registry."""

    async def list_repositories(
        self,
        *,
        page_size: int | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> list[str]:
        """Return the names of all repositories of the registry, from all pages. `iter_repositories` requests the pages as needed.

        Args:
            page_size: The number of entries to request per page; None leaves the number to the registry.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the
                client's deadline.

        Raises:
            StatusError: The registry does not offer the catalog. Docker Hub and GHCR do not offer it.
            RegistryError: The link to the next page leads to another origin or to a page that was read before, or the listing has
                more than 10,000 pages or 10,000,000 entries.
            DeadlineExceededError: The deadline passed before the last page was received.

        Source: Docker Registry HTTP API V2, Listing Repositories.
        """
        return [one async for one in self.iter_repositories(page_size=page_size, timeout=timeout, deadline=deadline)]

    def iter_repositories(
        self, *, page_size: int | None = None, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> AsyncListing[str]:
        """Yield the names of all repositories. Each page is requested when all names of the previous page have been yielded.

        The result is an iterator; its method `pages()` yields lists, one for each page.

        Args:
            page_size: The number of names to request per page; None leaves the number to the registry.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the
                client's deadline.

        Raises:
            StatusError: The registry does not offer the catalog. Docker Hub and GHCR do not offer it.
            RegistryError: The link to the next page leads to another origin or to a page that was read before, or the listing has
                more than 10,000 pages or 10,000,000 entries.
            DeadlineExceededError: The deadline passed before the last page was received.

        Source: Docker Registry HTTP API V2, Listing Repositories.
        """

        async def fetch(url: str | None, limits: CallLimits, /) -> Page[str]:
            n = page_size if url is None else None
            page = await api.list_repositories.asyncio(
                self._pipeline, n=n, next_url=url, timeout=limits.timeout, deadline=limits.deadline
            )
            return Page(page.body.repositories, page.next_url, page.body.problems, len(page.raw))

        return self._listing(fetch, timeout, deadline)
