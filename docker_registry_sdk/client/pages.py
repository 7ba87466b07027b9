"""Pages: how far a client follows them. Free of I/O."""

from __future__ import annotations

from .._core.names.origin import Origin
from ..errors import RegistryError

# A hostile or broken registry may offer pages for ever.
MOST_PAGES = 10_000
MOST_ENTRIES = 10_000_000


class PageGuard:
    """Watches over the pages of one listing.

    Args:
        home: The registry's origin.
    """

    def __init__(self, home: Origin) -> None:
        self._home = home
        self._seen: set[str] = set()
        self._entries = 0

    def follow(self, url: str | None, entries: int) -> str | None:
        """Return the link to the next page, once it is safe to follow.

        Args:
            url: The link, or None at the end.
            entries: How many entries the page had that it came with.

        Raises:
            RegistryError: It leads to another origin, goes in a circle, or the listing has no end.
        """
        self._entries += entries
        if url is None:
            return None
        if Origin.from_url(url) != self._home:
            raise RegistryError(
                f"{self._home} links its next page at {Origin.from_url(url)}, another origin; it was not followed"
            )
        if url in self._seen:
            raise RegistryError(f"{self._home} links a page as the next one that came before; the listing would not end")
        if len(self._seen) >= MOST_PAGES or self._entries > MOST_ENTRIES:
            raise RegistryError(
                f"{self._home} gave {len(self._seen)} pages with {self._entries} entries, and more; that is too much"
            )
        self._seen.add(url)
        return url
