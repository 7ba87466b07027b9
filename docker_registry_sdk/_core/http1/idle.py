"""Connections that wait for their next request. Free of I/O but for closing."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Generic, Protocol, TypeAlias, TypeVar

from attrs import frozen

MOST_IDLE = 20
# Servers and the boxes between close idle connections after a minute or so, some without a word.
_LONGEST_IDLE = 15.0


class Idle(Protocol):
    """What a connection must offer to wait here."""

    address: str

    def is_idle(self) -> bool:
        """Return whether it is open and silent."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


# Scheme, host and port, None for that of the scheme.
Address: TypeAlias = tuple[str, str, int | None]
ConnectionT = TypeVar("ConnectionT", bound=Idle)


@frozen
class _Waiting(Generic[ConnectionT]):
    origin: Address
    connection: ConnectionT
    since: float


class IdleConnections(Generic[ConnectionT]):
    """The idle connections of one transport; safe to share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Waiting[ConnectionT]] = []
        self._closed = False

    def take(self, origin: Address, addresses: Collection[str] | None) -> ConnectionT | None:
        """Return a connection that is good for another request, the one used last; None when there is none.

        Args:
            origin: The scheme, host and port that it must lead to.
            addresses: The only addresses that it may lead to; None for any.
        """
        while True:
            with self._lock:
                fitting = [
                    one
                    for one in self._waiting
                    if one.origin == origin and (addresses is None or one.connection.address in addresses)
                ]
                if not fitting:
                    return None
                self._waiting.remove(fitting[-1])
            if time.monotonic() - fitting[-1].since < _LONGEST_IDLE and fitting[-1].connection.is_idle():
                return fitting[-1].connection
            fitting[-1].connection.close()

    def give(self, origin: Address, connection: ConnectionT) -> None:
        """Keep a connection whose last answer was read to its end; where there are too many, the oldest is closed.

        Args:
            origin: The scheme, host and port that it leads to.
            connection: The connection.
        """
        with self._lock:
            self._waiting.append(_Waiting(origin, connection, time.monotonic()))
            most = 0 if self._closed else MOST_IDLE
            surplus = [self._waiting.pop(0) for _ in range(len(self._waiting) - most)]
        for one in surplus:
            one.connection.close()

    def close(self) -> None:
        """Close all of them, and those that are still to come."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.connection.close()
