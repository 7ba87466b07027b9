"""The numbers of the pages of a search, which servers count in different ways. Free of I/O."""

from __future__ import annotations

from ..client.pages import MAX_ENTRIES, MAX_PAGES
from ..errors import RegistryError
from ..v1.models import SearchResult, SearchResults


class SearchPages:
    """The pages of one search: the number of the next page, and checks that the search ends.

    Args:
        index: The index, for error messages.
    """

    def __init__(self, index: str) -> None:
        self._index = index
        self._number = 1
        self._entries = 0
        self._seen: set[tuple[str | None, ...]] = set()

    def next_page(self, page: SearchResults) -> int | None:
        """Return the number of the next page, or None after the last page.

        Args:
            page: The page that was received last.

        Raises:
            RegistryError: The page was received before, or the search is longer than `MAX_PAGES` pages or `MAX_ENTRIES` results.
        """
        names = _names(page.results)
        self._entries += len(names)
        # docker-registry has no pages and sends no num_pages; Quay sends only the next page's number as num_pages.
        if not names or page.num_pages is None or page.num_pages <= self._number:
            return None
        if names in self._seen:
            raise RegistryError(
                f"the index {self._index} returned the same page of the search twice, so the search would not end"
            )
        if self._number >= MAX_PAGES or self._entries > MAX_ENTRIES:
            raise RegistryError(
                f"the index {self._index} returned {self._number} pages with {self._entries} results and has more pages; "
                f"the limits are {MAX_PAGES} pages and {MAX_ENTRIES} results"
            )
        self._seen.add(names)
        self._number += 1
        return self._number


def _names(results: list[SearchResult]) -> tuple[str | None, ...]:
    return tuple(result.name for result in results)
