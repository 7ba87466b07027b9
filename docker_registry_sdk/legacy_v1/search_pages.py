"""The page numbers of a search. Servers state the number of pages in different ways. Free of I/O."""

from __future__ import annotations

from ..client.pages import MAX_ENTRIES, MAX_PAGES
from ..errors import RegistryError
from ..v1.models import SearchResult, SearchResults


class SearchPages:
    """A counter for the pages of one search, with a guard against endless searches.

    Args:
        index: The name of the index, for error messages.
    """

    def __init__(self, index: str) -> None:
        self._index = index
        self._number = 1
        self._entries = 0
        self._seen: set[tuple[str | None, ...]] = set()

    def next_page(self, page: SearchResults) -> int | None:
        """Return the number of the next page, or None after the last page.

        Args:
            page: The page that was received last. Call this method once for each page, in order.

        Raises:
            RegistryError: A page with the same results was received before, or the search has more than `MAX_PAGES` pages or
                `MAX_ENTRIES` results.
        """
        names = _names(page.results)
        self._entries += len(names)
        # docker-registry has no pages and sends no num_pages; Quay sends only the next page's number as num_pages.
        if not names or page.num_pages is None or page.num_pages <= self._number:
            return None
        if names in self._seen:
            raise RegistryError(
                f"the index {self._index} returned the same page of the search twice, so the search would not end",
                hint="Ask the operator of the index, or search for a longer term.",
            )
        if self._number >= MAX_PAGES or self._entries > MAX_ENTRIES:
            raise RegistryError(
                f"the search on the index {self._index} is longer than this client reads: after {self._entries} "
                f"results on {self._number} pages there is a next page, but the limits are {MAX_PAGES} pages and "
                f"{MAX_ENTRIES} results",
                hint="Search for a longer term.",
            )
        self._seen.add(names)
        self._number += 1
        return self._number


def _names(results: list[SearchResult]) -> tuple[str | None, ...]:
    return tuple(result.name for result in results)
