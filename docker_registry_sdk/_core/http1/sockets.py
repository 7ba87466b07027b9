"""Functions that wait for sockets and resolve host names, in sync and async versions."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias

# Family, type, protocol, canonical name and address, as `socket.getaddrinfo` returns them.
AddressInfo: TypeAlias = tuple[Any, ...]


class ConnectionRules(Protocol):
    """An object that sees each connection: it may refuse addresses, and is told the address of each connection that is open."""

    def may_connect(self, host: str, address: str) -> bool:
        """Return whether a connection for a host may be made to an IP address."""
        ...

    def note_connection(self, host: str, address: str) -> None:
        """Take note of a connection for a host that was made to an IP address."""
        ...


class NoRules:
    """The rules that allow every connection."""

    def may_connect(self, host: str, address: str) -> bool:
        """Return True."""
        return True

    def note_connection(self, host: str, address: str) -> None:
        """Do nothing."""


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


def address_of(info: AddressInfo) -> str:
    """Return the IP address in a result of `resolve_host`, without the zone of a link-local address, as in `fe80::1%eth0`.

    Args:
        info: One of the results.
    """
    return str(info[4][0]).partition("%")[0]


def allowed_addresses(rules: ConnectionRules, host: str, infos: Iterable[AddressInfo]) -> list[AddressInfo]:
    """Return those addresses of a host that a connection may be made to.

    Args:
        rules: The rules of the client.
        host: The host of the request.
        infos: The results of `resolve_host`.

    Raises:
        OSError: No address of the host may be connected to.
    """
    found = [info for info in infos if rules.may_connect(host, address_of(info))]
    if not found:
        raise OSError(f"no address of the host {host} was found that may be connected to")
    return found
