"""The origin of a registry. The scheme of a registry on loopback is https or http, as the first connection shows."""

from __future__ import annotations

from typing import Literal

import httpx

from ...reference import Index
from ..names.origin import Origin

# The host that serves Docker Hub's API; `docker.io`, the name in references, serves web pages.
HUB_HOST = "registry-1.docker.io"


class RegistryOrigin:
    """The origin of a registry: its scheme, host and port.

    If `index` has no scheme, the scheme is https. But registries on loopback often use plain http: if the first https connection
    to a registry on loopback fails, the scheme changes to http.

    Args:
        index: The registry.
        hub_host: The host to connect to if the registry is Docker Hub.

    Attributes:
        index: The registry.
        origin: The current origin.
        base_url: The URL of the current origin, without a path.
        initial_origin: The origin before a change of the scheme. Requests that were built before the change have this origin.
        is_undecided: Whether the scheme may still change.
    """

    def __init__(self, index: Index, hub_host: str = HUB_HOST) -> None:
        self.index = index
        scheme: Literal["http", "https"] = index.scheme or "https"
        self.initial_origin = self.origin = Origin.from_url(f"{scheme}://{hub_host if index.official else index.name}")
        self.base_url = str(self.origin)
        self.is_undecided = index.scheme is None and self.origin.is_loopback

    def confirm_scheme(self, url: httpx.URL) -> None:
        """Make the current scheme final, since the registry has sent a response.

        Args:
            url: The URL of the request that was answered. If the URL has another origin than the registry, nothing changes.
        """
        if self.is_undecided and Origin.from_url(str(url)) == self.origin:
            self.is_undecided = False

    def downgrade_to_http(self, url: httpx.URL) -> bool:
        """Change the scheme to http if the scheme is not final, and return whether to repeat the request that failed to connect.

        If connections of several threads fail at the same time, the first call changes the scheme, and each call returns True,
        so that each thread repeats its own request.

        Args:
            url: The URL of the request whose connection failed.

        Returns:
            True if the scheme has changed and the request should be sent again, to the new `origin`; False if the failure stands.
        """
        if Origin.from_url(str(url)) != self.initial_origin:
            return False
        if self.is_undecided:
            port = self.origin.port if ":" in self.index.name.rpartition("]")[2] else 80
            self.origin = Origin("http", self.origin.host, port)
            self.base_url = str(self.origin)
            self.is_undecided = False
        return self.origin != self.initial_origin
