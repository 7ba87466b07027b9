"""The pages of a search, which servers count in their own ways. Free of I/O."""

from __future__ import annotations

from ..client.pages import MAX_ENTRIES, MAX_PAGES
from ..errors import RegistryError
from ..v1.models import SearchResult, SearchResults


class SearchPages:
    """Watches over the pages of one search.

    Args:
        index: The index, for messages.
    """

    def __init__(self, index: str) -> None:
        self._index = index
        self._number = 1
        self._entries = 0
        self._seen: set[tuple[str | None, ...]] = set()

    def next_page(self, page: SearchResults) -> int | None:
        """Return the number of the next page, None at the end.

        Args:
            page: The page that came last.

        Raises:
            RegistryError: The page came before, or the search has no end.
        """
        names = _names(page.results)
        self._entries += len(names)
        # docker-registry knows no pages, and says nothing of them; for Quay the next page is the last one.
        if not names or page.num_pages is None or page.num_pages <= self._number:
            return None
        if names in self._seen:
            raise RegistryError(f"{self._index} gives a page of the search again as the next one; the search would not end")
        if self._number >= MAX_PAGES or self._entries > MAX_ENTRIES:
            raise RegistryError(
                f"{self._index} gave {self._number} pages with {self._entries} results and has more; "
                f"the limits are {MAX_PAGES} pages and {MAX_ENTRIES} results"
            )
        self._seen.add(names)
        self._number += 1
        return self._number


def _names(results: list[SearchResult]) -> tuple[str | None, ...]:
    return tuple(result.name for result in results)
