"""The origin of a registry: decided by its name and, on loopback, by the scheme that it speaks."""

from __future__ import annotations

from typing import Literal

import httpx

from ...reference import Index
from ..names.origin import Origin

# The host that serves Docker Hub's API; `docker.io`, the name in references, serves web pages.
HUB_HOST = "registry-1.docker.io"


class RegistryOrigin:
    """The origin of a registry: its scheme, host and port.

    A name without a scheme means https. On loopback, where registries of tests and of developers speak plain http, the
    first connection that fails changes the scheme to http, once.

    Args:
        index: The registry, as a reference names it.
        hub_host: The host to connect to if the registry is Docker Hub.

    Attributes:
        index: The registry, as a reference names it.
        origin: The current origin.
        base_url: The URL of the current origin, without a path.
        initial_origin: The origin before the scheme was changed, for requests that were built before.
        is_undecided: Whether the scheme may still change.
    """

    def __init__(self, index: Index, hub_host: str = HUB_HOST) -> None:
        self.index = index
        scheme: Literal["http", "https"] = index.scheme or "https"
        self.initial_origin = self.origin = Origin.from_url(f"{scheme}://{hub_host if index.official else index.name}")
        self.base_url = str(self.origin)
        self.is_undecided = index.scheme is None and self.origin.is_loopback

    def confirm_scheme(self, url: httpx.URL) -> None:
        """Keep the current scheme from now on, since a server sent a response.

        Args:
            url: The URL of the request; that of another origin changes nothing.
        """
        if self.is_undecided and Origin.from_url(str(url)) == self.origin:
            self.is_undecided = False

    def downgrade_to_http(self, url: httpx.URL) -> bool:
        """Change the scheme to http after a connection failed, if the scheme may change.

        Threads whose connections failed at the same time all get True, and all send their requests again.

        Args:
            url: The URL of the request that failed.

        Returns:
            Whether to send the request again, to the current origin.
        """
        if Origin.from_url(str(url)) != self.initial_origin:
            return False
        if self.is_undecided:
            port = self.origin.port if ":" in self.index.name.rpartition("]")[2] else 80
            self.origin = Origin("http", self.origin.host, port)
            self.base_url = str(self.origin)
            self.is_undecided = False
        return self.origin != self.initial_origin
