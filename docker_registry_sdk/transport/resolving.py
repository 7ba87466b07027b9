"""Looking hosts up, sync and async."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any
from urllib.request import getproxies_environment


def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a host, none where that fails or a proxy of the environment does it.

    Args:
        host: A name.
    """
    if getproxies_environment():
        return ()
    try:
        return _addresses(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return ()


async def async_resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a host without holding up other tasks; see `resolve`.

    Args:
        host: A name.
    """
    import anyio

    if getproxies_environment():
        return ()
    try:
        return _addresses(await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return ()


def _addresses(found: Iterable[tuple[Any, ...]]) -> tuple[str, ...]:
    # The zone of a link-local address is of no matter here.
    return tuple(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
