"""What the direct transport asks of the system, sync and async: waiting for sockets, looking hosts up, taking turns."""

from __future__ import annotations

import selectors
import socket
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from anyio import Semaphore

# Family, type, protocol, canonical name and address, as `socket.getaddrinfo` gives them.
Target: TypeAlias = tuple[Any, ...]

# Not the default one, which needs a file of its own for each wait; `select` does not know files beyond the first 1024.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


def wait_for(sock: socket.socket, seconds: float | None, *, write: bool) -> bool:
    """Wait until a socket can be read or written, and return whether it can.

    Args:
        sock: A socket that does not block.
        seconds: How long; None for as long as it takes.
        write: Whether it is to be written.
    """
    with _Selector() as selector:
        selector.register(sock, selectors.EVENT_WRITE if write else selectors.EVENT_READ)
        return bool(selector.select(seconds))


async def async_wait_for(sock: socket.socket, seconds: float | None, *, write: bool) -> bool:
    """Wait until a socket can be read or written without holding up other tasks; see `wait_for`.

    Args:
        sock: A socket that does not block.
        seconds: How long; None for as long as it takes.
        write: Whether it is to be written.
    """
    import anyio

    with anyio.move_on_after(seconds):
        await (anyio.wait_writable(sock) if write else anyio.wait_readable(sock))
        return True
    return False


def yield_turn() -> None:
    """Let others have their turn; threads need no help with that."""


async def async_yield_turn() -> None:
    """Let other tasks have their turn, and notice when this one is cancelled."""
    import anyio.lowlevel

    await anyio.lowlevel.checkpoint()


def look_up(host: str, port: int) -> list[Target]:
    """Return where a host may be reached, the best first.

    Args:
        host: A name or an address.
        port: The port.

    Raises:
        OSError: There is no such host.
    """
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def async_look_up(host: str, port: int) -> list[Target]:
    """Return where a host may be reached without holding up other tasks; see `look_up`.

    Args:
        host: A name or an address.
        port: The port.

    Raises:
        OSError: There is no such host.
    """
    import anyio

    return list(await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def create_slots(number: int) -> threading.Semaphore:
    """Return what lets only so many threads in at a time.

    Args:
        number: How many.
    """
    return threading.Semaphore(number)


def async_create_slots(number: int) -> Semaphore:
    """Return what lets only so many tasks in at a time.

    Args:
        number: How many.
    """
    import anyio

    return anyio.Semaphore(number)


def take_slot(slots: threading.Semaphore, seconds: float | None) -> bool:
    """Wait for a slot, and return whether there was one in time.

    Args:
        slots: What has them.
        seconds: How long to wait; None for as long as it takes.
    """
    return slots.acquire(timeout=seconds)


async def async_take_slot(slots: Semaphore, seconds: float | None) -> bool:
    """Wait for a slot without holding up other tasks; see `take_slot`.

    Args:
        slots: What has them.
        seconds: How long to wait; None for as long as it takes.
    """
    import anyio

    with anyio.move_on_after(seconds):
        await slots.acquire()
        return True
    return False
