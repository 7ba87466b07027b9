"""Checks on the links between the pages of a listing. Free of I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Generic, NamedTuple, TypeVar

from .._core.names.origin import Origin
from .._core.wire import OtherHostURL
from ..errors import InvalidReferenceError, RegistryError

Entry_co = TypeVar("Entry_co", covariant=True)

# Limits for a hostile or broken registry, in which each page may link another new page.
MAX_PAGES = 10_000
MAX_ENTRIES = 10_000_000
MAX_LISTING_BYTES = 512 * 1024 * 1024
_HINT: Final = "Ask the operator of the registry to correct the Link header."


class Page(NamedTuple, Generic[Entry_co]):
    """A page of a listing.

    Attributes:
        entries: The entries.
        next_url: The URL of the next page; None on the last page.
        problems: The problems of the page, see the `problems` of models.
        size: The size of the page in bytes.
    """

    entries: Sequence[Entry_co]
    next_url: str | None
    problems: Sequence[str]
    size: int


class PageGuard:
    """A guard against hostile and endless listings: it checks the link to each next page before a client requests that page.

    Use one guard for all pages of one listing.

    Args:
        registry: A function that returns the origin of the registry, to which all links must lead, except those of another host
            to which the registry has redirected the listing. The response with the first page may change the origin.
    """

    def __init__(self, registry: Callable[[], Origin]) -> None:
        self._registry = registry
        self._seen: set[bytes] = set()  # hashes of URLs, which may be long
        self._entries = self._size = 0

    def check(self, url: str | None, entries: int, size: int) -> str | None:
        """Check the link to the next page, and return the link; return None on the last page.

        Args:
            url: The link to the next page; None on the last page, which has no such link.
            entries: The number of entries on the page that contained the link.
            size: The size of that page in bytes.

        Raises:
            RegistryError: The link is invalid, leads to another origin or to a page that was read before, or the listing is
                longer than `MAX_PAGES` pages, `MAX_ENTRIES` entries or `MAX_LISTING_BYTES` bytes.
        """
        registry = self._registry()
        self._entries += entries
        self._size += size
        if url is None:
            return None
        try:
            origin = Origin.from_url(url)
        except InvalidReferenceError as error:
            raise RegistryError(
                f"a listing of the registry {registry} continues at an invalid URL: {error.problem}", hint=_HINT
            ) from None
        if origin != registry and not isinstance(url, OtherHostURL):
            raise RegistryError(
                f"a listing of the registry {registry} continues on another origin, {origin}, so the client did not "
                "request the next page",
                hint=_HINT,
            )
        seen = sha256(url.encode()).digest()
        if seen in self._seen:
            raise RegistryError(
                f"a listing of the registry {registry} continues with a page that was read before, so the listing would not end",
                hint=_HINT,
            )
        if len(self._seen) >= MAX_PAGES or self._entries > MAX_ENTRIES or self._size > MAX_LISTING_BYTES:
            raise RegistryError(
                f"a listing of the registry {registry} is longer than this client reads: after {self._entries} "
                f"entries and {self._size} bytes on {len(self._seen)} pages there is a next page, but the limits are "
                f"{MAX_PAGES} pages, {MAX_ENTRIES} entries and {MAX_LISTING_BYTES} bytes",
                hint=(
                    "Request single pages with docker_registry_sdk.v2.api, or ask the operator of the registry whether "
                    "the listing is right."
                ),
            )
        self._seen.add(seen)
        return url
