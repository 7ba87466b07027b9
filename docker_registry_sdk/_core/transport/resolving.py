"""Looking hosts up, sync and async."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any
from urllib.request import getproxies


def is_proxied() -> bool:
    """Return whether the environment, or the system's settings, names a proxy that httpx goes through."""
    return any(getproxies().get(scheme) for scheme in ("http", "https", "all"))


def resolve(host: str) -> tuple[str, ...] | None:
    """Return the addresses of a host, none where that fails, and None where a proxy of the environment looks it up.

    Args:
        host: A name.
    """
    if is_proxied():
        return None
    try:
        return _addresses(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return ()


async def async_resolve(host: str) -> tuple[str, ...] | None:
    """Return the addresses of a host without holding up other tasks; see `resolve`.

    Args:
        host: A name.
    """
    import anyio

    if is_proxied():
        return None
    try:
        return _addresses(await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return ()


def _addresses(found: Iterable[tuple[Any, ...]]) -> tuple[str, ...]:
    # The zone of a link-local address is of no matter here.
    return tuple(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
