"""Reset objects in a child process after `os.fork`, so that the child shares no connection and no lock with its parent.

A child process begins with a copy of each object of its parent. A lock that another thread of the parent held stays locked in the
child forever, since that thread does not exist there. A connection is shared: parent and child would read each other's responses.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Final, NoReturn, Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """An object with a method that is called in a child process."""

    def after_fork(self) -> None:
        """Replace the locks of the object, and drop its connections, without a system call that affects the parent.

        This method is called in the child process, in its only thread, before `os.fork` returns. It must not raise an exception.
        """
        ...


class BoundToProcess:
    """A class whose objects cannot be pickled, since other processes cannot use their connections."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client cannot be pickled, as its connections belong to one process: create a client in each process")


_objects: Final[WeakSet[Forkable]] = WeakSet()
_kept: Final[list[object]] = []


def reset_after_fork(target: Forkable) -> None:
    """Call `target.after_fork()` in each child process that begins with a copy of `target`.

    Args:
        target: The object. Only a weak reference to it is kept.
    """
    _objects.add(target)


def keep_forever(inherited: object) -> None:
    """Keep an object until the child process ends, since the deletion of the object could affect the parent.

    For example, the deletion of an open async generator wakes the event loop of the parent.

    Args:
        inherited: The object.
    """
    _kept.append(inherited)


def close_descriptor(sock: Any) -> None:
    """Close the file descriptor of a socket in this process only: the connection stays open in the parent process.

    Args:
        sock: A `socket.socket`, or the socket of asyncio or trio, which contains a `socket.socket`.
    """
    with suppress(Exception):  # a socket of another event loop, such as uvloop, cannot be closed; it stays open in the child
        getattr(sock, "_sock", sock).close()


def _reset_objects() -> None:
    for target in list(_objects):
        target.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_reset_objects)
