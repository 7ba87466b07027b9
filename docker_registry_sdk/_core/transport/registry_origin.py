"""The origin of a registry. The scheme of a registry on loopback is https or http, as the first connection shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import httpx

from ...reference import Index
from ..names.origin import Origin, is_loopback_host, is_private_host

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
        self._addresses: dict[bool, str] = {}  # the last public (False) and the last private (True) address of a connection

    @property
    def address(self) -> str | None:
        """Return the IP address of a connection to the registry's host; a public one, if there ever was one.

        The result is None before the first connection, and always behind a proxy and with a transport of the caller that is no
        httpx client.
        """
        return self._addresses.get(False) or self._addresses.get(True)

    @property
    def plain_origin(self) -> Origin:
        """Return the origin with plain http, on the same port if the caller named the port."""
        port = self.initial_origin.port if ":" in self.index.name.rpartition("]")[2] else 80
        return Origin("http", self.initial_origin.host, port)

    def may_connect(self, host: str, address: str) -> bool:
        """Return whether a connection may be made. After a change to plain http, the registry is only reached on loopback.

        Args:
            host: The host of the request, which may be another one than the registry's.
            address: The IP address to connect to.
        """
        is_downgraded = self.initial_origin.is_secure and not self.origin.is_secure
        return host != self.origin.host or not is_downgraded or is_loopback_host(address)

    def note_connection(self, host: str, address: str) -> None:
        """Store the address of a connection, if the connection leads to the registry's host.

        Args:
            host: The host that the connection was made for.
            address: The IP address that the connection was made to.
        """
        if host == self.origin.host:
            self._addresses[is_private_host(address)] = address

    def confirm_scheme(self, url: httpx.URL) -> None:
        """Make the current scheme final, since the registry has sent a response.

        Args:
            url: The URL of the request that was answered. If the URL has another origin than the registry, nothing changes.
        """
        if self.is_undecided and Origin.from_url(str(url)) == self.origin:
            self.is_undecided = False

    def may_downgrade(self, url: httpx.URL) -> bool:
        """Return whether `downgrade_to_http` returns True for the URL if the registry's addresses are loopback addresses.

        Args:
            url: The URL of the request whose connection failed.
        """
        decided = not self.is_undecided and self.origin == self.initial_origin
        return self.initial_origin.is_secure and not decided and Origin.from_url(str(url)) == self.initial_origin

    def upgrade_to_https(self, origin: Origin) -> None:
        """Change the origin of a registry with plain http to the https origin that the registry has redirected to.

        Args:
            origin: An https origin of the registry's host.
        """
        if not self.origin.is_secure:
            self.origin = origin
            self.base_url = str(origin)

    def downgrade_to_http(self, url: httpx.URL, addresses: Collection[str] | None) -> bool:
        """Change the scheme to http if the scheme is not final, and return whether to repeat the request that failed to connect.

        If connections of several threads fail at the same time, the first call changes the scheme, and each call returns True,
        so that each thread repeats its own request.

        Args:
            url: The URL of the request whose connection failed.
            addresses: The IP addresses of the registry's host. If they are unknown (None), as behind a proxy for https or for
                http, or one is not a loopback address, the scheme does not change: a resolver may lead `NAME.localhost` to
                another machine.

        Returns:
            True if the scheme has changed and the request should be sent again, to the new `origin`; False if the failure stands.
        """
        if not self.may_downgrade(url) or not addresses or not all(map(is_loopback_host, addresses)):
            return False
        if self.is_undecided:
            self.origin = self.plain_origin
            self.base_url = str(self.origin)
            self.is_undecided = False
        return self.origin != self.initial_origin
