"""The client methods for tags in API v2."""

from __future__ import annotations

from ..._core.wire import CallLimits, Deadline, Timeout
from ...v2 import api
from ..pages import Page
from .base import AsyncRepositoryBase
from .listing import AsyncListing


class AsyncTagCalls(AsyncRepositoryBase):
    """The client methods for the tags of a repository."""

    async def list_tags(
        self,
        *,
        page_size: int | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> list[str]:
        """Return all tags of the repository, from all pages. `iter_tags` requests the pages as needed.

        Args:
            page_size: The number of entries to request per page; None leaves the number to the registry.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the
                client's deadline.

        Raises:
            NotFoundError: The repository does not exist.
            RegistryError: The link to the next page leads to another origin or to a page that was read before, or the listing has
                more than 10,000 pages or 10,000,000 entries.
            DeadlineExceededError: The deadline passed before the last page was received.

        Source: OCI Distribution Spec, Listing Tags (end-8).
        """
        return [one async for one in self.iter_tags(page_size=page_size, timeout=timeout, deadline=deadline)]

    def iter_tags(
        self, *, page_size: int | None = None, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> AsyncListing[str]:
        """Yield all tags of the repository. Each page is requested when all tags of the previous page have been yielded.

        The result is an iterator; its method `pages()` yields lists, one for each page.

        Args:
            page_size: The number of tags to request per page; None leaves the number to the registry.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the
                client's deadline.

        Raises:
            NotFoundError: The repository does not exist.
            RegistryError: The link to the next page leads to another origin or to a page that was read before, or the listing has
                more than 10,000 pages or 10,000,000 entries.
            DeadlineExceededError: The deadline passed before the last page was received.

        Source: OCI Distribution Spec, Listing Tags (end-8).
        """

        async def fetch(url: str | None, limits: CallLimits, /) -> Page[str]:
            n = page_size if url is None else None
            page = await api.list_tags.asyncio(
                self._pipeline, self._name, n=n, next_url=url, timeout=limits.timeout, deadline=limits.deadline
            )
            return Page(page.body.tags, page.next_url, page.body.problems, len(page.raw))

        return self._listing(fetch, timeout, deadline)
