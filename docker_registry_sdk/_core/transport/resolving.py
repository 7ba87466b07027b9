"""Resolve hosts to IP addresses, unless a proxy resolves them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.request import getproxies

from ..http1.sockets import AddressInfo, async_resolve_host, resolve_host


def is_proxied() -> bool:
    """Return whether environment variables or system settings name a proxy, which httpx then uses."""
    return any(getproxies().get(scheme) for scheme in ("http", "https", "all"))


def resolve(host: str) -> tuple[str, ...] | None:
    """Return the IP addresses of a host; an empty tuple if the host cannot be resolved.

    The result is None, without a lookup, if `is_proxied` is true, since the proxy resolves hosts.

    Args:
        host: A host name.
    """
    if is_proxied():
        return None
    try:
        return _addresses(resolve_host(host, None))
    except (OSError, UnicodeError):
        return ()


async def async_resolve(host: str) -> tuple[str, ...] | None:
    """Return the IP addresses of a host; an empty tuple if the host cannot be resolved.

    The result is None, without a lookup, if `is_proxied` is true, since the proxy resolves hosts.

    Args:
        host: A host name.
    """
    if is_proxied():
        return None
    try:
        return _addresses(await async_resolve_host(host, None))
    except (OSError, UnicodeError):
        return ()


def _addresses(infos: Iterable[AddressInfo]) -> tuple[str, ...]:
    # Remove the zone of a link-local address, as in fe80::1%eth0.
    return tuple(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in infos))
