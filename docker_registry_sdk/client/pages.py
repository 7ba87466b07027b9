"""Checks on the links between the pages of a listing. Free of I/O."""

from __future__ import annotations

from typing import Final

from .._core.names.origin import Origin
from ..errors import InvalidReferenceError, RegistryError

# Limits for a hostile or broken registry, in which each page may link another new page.
MAX_PAGES = 10_000
MAX_ENTRIES = 10_000_000
_HINT: Final = "Ask the operator of the registry to correct the Link header."


class PageGuard:
    """A guard against hostile and endless listings: it checks the link to each next page before a client requests that page.

    Use one guard for all pages of one listing.

    Args:
        registry: The origin of the registry, to which all links must lead.
    """

    def __init__(self, registry: Origin) -> None:
        self._registry = registry
        self._seen: set[str] = set()
        self._entries = 0

    def check(self, url: str | None, entries: int) -> str | None:
        """Check the link to the next page, and return the link; return None on the last page.

        Args:
            url: The link to the next page; None on the last page, which has no such link.
            entries: The number of entries on the page that contained the link.

        Raises:
            RegistryError: The link is invalid, leads to another origin or to a page that was read before, or the listing is
                longer than `MAX_PAGES` pages or `MAX_ENTRIES` entries.
        """
        self._entries += entries
        if url is None:
            return None
        try:
            origin = Origin.from_url(url)
        except InvalidReferenceError as error:
            raise RegistryError(
                f"a listing of the registry {self._registry} continues at an invalid URL: {error.problem}", hint=_HINT
            ) from None
        if origin != self._registry:
            raise RegistryError(
                f"a listing of the registry {self._registry} continues on another origin, {origin}, so the client did not "
                "request the next page",
                hint=_HINT,
            )
        if url in self._seen:
            raise RegistryError(
                f"a listing of the registry {self._registry} continues with a page that was read before, so the "
                "listing would not end",
                hint=_HINT,
            )
        if len(self._seen) >= MAX_PAGES or self._entries > MAX_ENTRIES:
            raise RegistryError(
                f"a listing of the registry {self._registry} is longer than this client reads: after {self._entries} "
                f"entries on {len(self._seen)} pages there is a next page, but the limits are {MAX_PAGES} pages and "
                f"{MAX_ENTRIES} entries",
                hint=(
                    "Request single pages with docker_registry_sdk.v2.api, or ask the operator of the registry whether "
                    "the listing is right."
                ),
            )
        self._seen.add(url)
        return url
