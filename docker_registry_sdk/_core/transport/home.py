"""Where a registry is: its origin, decided by its name and, on loopback, by what answers there."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import httpx

from ...reference import Index
from ..names.origin import Origin

# The host that serves Docker Hub's API; the name that references hold serves web pages.
HUB = "registry-1.docker.io"


class Home:
    """The address of a registry.

    A name without a scheme means https. On loopback, where registries of tests and of developers speak plain http, it falls
    back to that once when https is not spoken there.

    Args:
        index: The registry, as a reference names it.
        hub: The host to ask when that is Docker Hub.
    """

    def __init__(self, index: Index, hub: str = HUB) -> None:
        self.index = index
        scheme: Literal["http", "https"] = index.scheme or "https"
        self._first = self._origin = Origin.from_url(f"{scheme}://{hub if index.official else index.name}")
        self._undecided = index.scheme is None and self._origin.is_loopback

    @property
    def origin(self) -> Origin:
        """The registry's origin."""
        return self._origin

    @property
    def first(self) -> Origin:
        """The origin that the registry had until it fell back to plain http."""
        return self._first

    def settle(self, url: httpx.URL) -> None:
        """Note that a request was answered, and so the registry's origin is what it is.

        Args:
            url: The request's URL; those elsewhere do not count.
        """
        if self._undecided and origin_of(url) == self._origin:
            self._undecided = False

    def fall_back(self, url: httpx.URL) -> bool:
        """Turn to plain http where no connection came about, and that is allowed; return whether to try again there.

        Threads that failed at the same time all learn that it is worth trying again.

        Args:
            url: The URL of the request that failed.
        """
        if origin_of(url) != self._first:
            return False
        if self._undecided:
            port = self._origin.port if ":" in self.index.name.rpartition("]")[2] else 80
            self._origin = Origin("http", self._origin.host, port)
            self._undecided = False
        return self._origin != self._first


def origin_of(url: httpx.URL) -> Origin:
    """Return the origin of a request's URL; those of nearly all requests are the same few.

    Args:
        url: An absolute URL.

    Raises:
        InvalidReferenceError: It has none, or holds user info.
    """
    return _parsed(str(url) if url.userinfo else f"{url.scheme}://{url.netloc.decode('ascii')}")


@lru_cache(maxsize=256)
def _parsed(url: str) -> Origin:
    return Origin.from_url(url)
