"""Resolve hosts to IP addresses, and tell which requests go through a proxy, which resolves hosts itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import httpx

from ..http1.sockets import AddressInfo, address_of, async_resolve_host, resolve_host

_RESOLVED_SECONDS = 60.0
_MAX_RESOLVED_HOSTS = 100


def uses_proxy(client: Any, url: httpx.URL) -> bool:
    """Return whether an httpx client sends the requests to a URL through a proxy.

    Args:
        client: An `httpx.Client` or `httpx.AsyncClient`, also one of the caller.
        url: The URL.
    """
    # httpx has no public function for it.
    pool = getattr(client._transport_for_url(url), "_pool", None)
    return getattr(pool, "_proxy_url", None) is not None or getattr(pool, "_proxy", None) is not None


class ResolvedHosts:
    """The addresses of hosts that were resolved within the last minute.

    Some registries redirect every blob, always to the same hosts.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[tuple[str, ...], float]] = {}

    def find(self, host: str) -> tuple[str, ...]:
        """Return the IP addresses of a host; an empty tuple if it was not resolved within the last minute.

        Args:
            host: A host name or an IP address.
        """
        addresses, at = self._found.get(host, ((), 0.0))
        return addresses if time.monotonic() - at <= _RESOLVED_SECONDS else ()

    def store(self, host: str, addresses: tuple[str, ...]) -> None:
        """Store the addresses of a host, if there are any.

        Args:
            host: A host name or an IP address.
            addresses: The IP addresses to which the host was resolved now.
        """
        if len(self._found) >= _MAX_RESOLVED_HOSTS:  # a hostile registry may name any number of hosts
            self._found.clear()
        if addresses:
            self._found[host] = addresses, time.monotonic()


def resolve(host: str) -> tuple[str, ...]:
    """Return the IP addresses of a host; an empty tuple if the host cannot be resolved.

    Args:
        host: A host name or an IP address.
    """
    try:
        return _addresses(resolve_host(host, None))
    except (OSError, UnicodeError):
        return ()


async def async_resolve(host: str) -> tuple[str, ...]:
    """Return the IP addresses of a host; an empty tuple if the host cannot be resolved.

    Args:
        host: A host name or an IP address.
    """
    try:
        return _addresses(await async_resolve_host(host, None))
    except (OSError, UnicodeError):
        return ()


def _addresses(infos: Iterable[AddressInfo]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(address_of, infos)))
