"""A listing of a registry that is requested page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Generic, Protocol, TypeVar

from ..._core import transport
from ..._core.wire import MAX_PROBLEMS, CallLimits, Deadline, Timeout, call_limits
from ..pages import Page, PageGuard

Entry = TypeVar("Entry")
Entry_co = TypeVar("Entry_co", covariant=True)


class AsyncFetchPage(Protocol[Entry_co]):
    """A function that requests one page of a listing."""

    async def __call__(self, url: str | None, limits: CallLimits, /) -> Page[Entry_co]:
        """Return a page.

        Args:
            url: The URL of the page, from the link on the previous page; None for the first page.
            limits: The timeout of each request, and the deadline of the whole listing.
        """
        ...


class AsyncListing(Generic[Entry]):
    """An iterator over the entries of a listing. Each page is requested when all entries of the previous page have been yielded.

    Args:
        pipeline: The sender of the requests.
        fetch: A function that requests one page.
        timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
        deadline: The seconds from the first request until the last page is received, or a `Deadline`; None uses the client's
            deadline.

    Attributes:
        problems: The entries that were left out of the pages read so far, since they have a wrong type; see the `problems` of
            models.
    """

    def __init__(
        self,
        pipeline: transport.AsyncPipeline | transport.AsyncOptionsSender,
        fetch: AsyncFetchPage[Entry],
        timeout: float | Timeout | None,
        deadline: Deadline | float | None,
    ) -> None:
        self._pipeline = pipeline
        self._fetch = fetch
        self._timeout = timeout
        self._deadline = deadline
        self._entries: AsyncIterator[Entry] | None = None
        self.problems: tuple[str, ...] = ()

    def __aiter__(self) -> AsyncIterator[Entry]:
        return self

    async def __anext__(self) -> Entry:
        if self._entries is None:
            self._entries = self._iter_entries()
        return await anext(self._entries)

    async def pages(self) -> AsyncIterator[list[Entry]]:
        """Yield the entries page by page, from the first page, as the registry divides them. A page may be empty.

        Raises:
            RegistryError: The link to the next page leads to another origin or to a page that was read before, or the listing has
                more than 10,000 pages, 10,000,000 entries or 512 MiB.
            DeadlineExceededError: The deadline passed before the last page was received.
        """
        limits = call_limits(self._pipeline, self._timeout, self._deadline)
        guard = PageGuard(lambda: self._pipeline.registry.origin)
        url: str | None = None
        while True:
            page = await self._fetch(url, limits)
            self.problems = (*self.problems, *page.problems)[:MAX_PROBLEMS]
            yield list(page.entries)
            url = guard.check(page.next_url, len(page.entries), page.size)
            if url is None:
                return

    async def _iter_entries(self) -> AsyncIterator[Entry]:
        async for page in self.pages():
            for entry in page:
                yield entry
