"""Functions that wait for sockets and resolve host names, in sync and async versions."""

from __future__ import annotations

import selectors
import socket
from typing import Any, TypeAlias

# Family, type, protocol, canonical name and address, as `socket.getaddrinfo` returns them.
AddressInfo: TypeAlias = tuple[Any, ...]

# Not `DefaultSelector`, which opens a file for each wait; `select` fails for file numbers above 1023.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


def wait_for_socket(sock: socket.socket, seconds: float | None, *, write: bool) -> bool:
    """Wait until a socket is readable (or writable); return True, or False if the time is over.

    Args:
        sock: A non-blocking socket.
        seconds: The maximum time to wait; None for no limit.
        write: Whether to wait until the socket is writable instead of readable.
    """
    with _Selector() as selector:
        selector.register(sock, selectors.EVENT_WRITE if write else selectors.EVENT_READ)
        return bool(selector.select(seconds))


async def async_wait_for_socket(sock: socket.socket, seconds: float | None, *, write: bool) -> bool:
    """Wait until a socket is readable (or writable); return True, or False if the time is over.

    Args:
        sock: A non-blocking socket.
        seconds: The maximum time to wait; None for no limit.
        write: Whether to wait until the socket is writable instead of readable.
    """
    import anyio

    with anyio.move_on_after(seconds):
        await (anyio.wait_writable(sock) if write else anyio.wait_readable(sock))
        return True
    return False


def resolve_host(host: str, port: int | None) -> list[AddressInfo]:
    """Return the addresses of a host as `socket.getaddrinfo` does, beginning with the address that the system prefers.

    Args:
        host: A host name or an IP address.
        port: The port in the results; None if the caller uses the IP addresses only.

    Raises:
        OSError: The host cannot be resolved.
    """
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def async_resolve_host(host: str, port: int | None) -> list[AddressInfo]:
    """Return the addresses of a host as `socket.getaddrinfo` does, beginning with the address that the system prefers.

    Args:
        host: A host name or an IP address.
        port: The port in the results; None if the caller uses the IP addresses only.

    Raises:
        OSError: The host cannot be resolved.
    """
    import anyio

    return list(await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM))
