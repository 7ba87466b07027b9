"""Checks on the links between the pages of a listing. Free of I/O."""

from __future__ import annotations

from .._core.names.origin import Origin
from ..errors import RegistryError

# Limits for a hostile or broken registry, in which each page may link another new page.
MAX_PAGES = 10_000
MAX_ENTRIES = 10_000_000


class PageGuard:
    """A check of the links between the pages of one listing, for each link before the client requests the linked page.

    Args:
        registry: The origin of the registry.
    """

    def __init__(self, registry: Origin) -> None:
        self._registry = registry
        self._seen: set[str] = set()
        self._entries = 0

    def check(self, url: str | None, entries: int) -> str | None:
        """Check the link to the next page, and return it.

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
                f"the registry {self._registry} links to a next page of a listing on another origin, {Origin.from_url(url)}; "
                "that page was not requested"
            )
        if url in self._seen:
            raise RegistryError(
                f"the registry {self._registry} links to a page of a listing that was read before, so the listing would not end"
            )
        if len(self._seen) >= MAX_PAGES or self._entries > MAX_ENTRIES:
            raise RegistryError(
                f"the registry {self._registry} returned {len(self._seen)} pages with {self._entries} entries and links to "
                f"another page; the limits are {MAX_PAGES} pages and {MAX_ENTRIES} entries"
            )
        self._seen.add(url)
        return url
