"""The origin of a registry. It depends on the name and, for a registry on loopback, on whether the registry uses https."""

from __future__ import annotations

from typing import Literal

import httpx

from ...reference import Index
from ..names.origin import Origin

# The host that serves Docker Hub's API; `docker.io`, the name in references, serves web pages.
HUB_HOST = "registry-1.docker.io"


class RegistryOrigin:
    """The origin of a registry: its scheme, host and port.

    A name without a scheme means https. Registries on loopback often use plain http: if the first connection to such a registry
    fails, the scheme changes to http.

    Args:
        index: The registry.
        hub_host: The host to connect to if the registry is Docker Hub.

    Attributes:
        index: The registry.
        origin: The current origin.
        base_url: The URL of the current origin, without a path.
        initial_origin: The origin before the scheme was changed. Requests that were built before still have this origin.
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
            url: The URL of the request. If it has another origin than the registry, nothing changes.
        """
        if self.is_undecided and Origin.from_url(str(url)) == self.origin:
            self.is_undecided = False

    def downgrade_to_http(self, url: httpx.URL) -> bool:
        """Change the scheme to http if it may change, and return whether to repeat the request whose connection failed.

        If connections of several threads failed at the same time, each call returns True, so each thread repeats its request.

        Args:
            url: The URL of the request that failed.

        Returns:
            Whether to send the request again, to the current origin (`origin`).
        """
        if Origin.from_url(str(url)) != self.initial_origin:
            return False
        if self.is_undecided:
            port = self.origin.port if ":" in self.index.name.rpartition("]")[2] else 80
            self.origin = Origin("http", self.origin.host, port)
            self.base_url = str(self.origin)
            self.is_undecided = False
        return self.origin != self.initial_origin
