"""Checks on the links between the pages of a listing. Free of I/O."""

from __future__ import annotations

from .._core.names.origin import Origin
from ..errors import RegistryError

# A hostile or broken registry may link new pages without end.
MAX_PAGES = 10_000
MAX_ENTRIES = 10_000_000


class PageGuard:
    """Checks each link to a next page before a client follows the link.

    Args:
        registry: The registry's origin.
    """

    def __init__(self, registry: Origin) -> None:
        self._registry = registry
        self._seen: set[str] = set()
        self._entries = 0

    def check(self, url: str | None, entries: int) -> str | None:
        """Return the link to the next page after checking that it is safe to follow.

        Args:
            url: The link, or None on the last page.
            entries: The number of entries on the page that contained the link.

        Raises:
            RegistryError: The link leads to another origin or to a page that was read before, or the listing is longer than
                `MAX_PAGES` pages or `MAX_ENTRIES` entries.
        """
        self._entries += entries
        if url is None:
            return None
        if Origin.from_url(url) != self._registry:
            raise RegistryError(
                f"{self._registry} links its next page at {Origin.from_url(url)}, another origin; the link was not followed"
            )
        if url in self._seen:
            raise RegistryError(f"{self._registry} links a page again that was read before; the listing would not end")
        if len(self._seen) >= MAX_PAGES or self._entries > MAX_ENTRIES:
            raise RegistryError(
                f"{self._registry} gave {len(self._seen)} pages with {self._entries} entries and links one more; "
                f"the limits are {MAX_PAGES} pages and {MAX_ENTRIES} entries"
            )
        self._seen.add(url)
        return url
