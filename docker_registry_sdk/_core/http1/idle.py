"""The idle connections of a transport, kept for further requests. The only I/O is closing connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from attrs import frozen

MAX_IDLE_CONNECTIONS: Final = 20
# Servers, proxies and NAT drop idle connections after a minute or so, some without closing them.
_MAX_IDLE_SECONDS: Final = 15.0


class Idle(Protocol):
    """A connection that can be kept."""

    address: str

    def is_idle(self) -> bool:
        """Return whether the connection is open and nothing was received."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


# Scheme, host and port; the port is None for the default port of the scheme.
Destination: TypeAlias = tuple[str, str, int | None]
ConnectionT = TypeVar("ConnectionT", bound=Idle)


@frozen
class _Entry(Generic[ConnectionT]):
    destination: Destination
    connection: ConnectionT
    since: float


class IdleConnections(Generic[ConnectionT]):
    """The idle connections of one transport. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry[ConnectionT]] = []  # the one used last comes last
        self._closed = False

    def take(self, destination: Destination, addresses: Collection[str] | None) -> ConnectionT | None:
        """Remove and return the connection that was used last, if it is still usable; None when there is none.

        Args:
            destination: The scheme, host and port of the request.
            addresses: The IP addresses that the connection may lead to; None for any.
        """
        while True:
            with self._lock:
                fitting = [
                    entry
                    for entry in self._entries
                    if entry.destination == destination and (addresses is None or entry.connection.address in addresses)
                ]
                if not fitting:
                    return None
                entry = fitting[-1]
                self._entries.remove(entry)
            if time.monotonic() - entry.since < _MAX_IDLE_SECONDS and entry.connection.is_idle():
                return entry.connection
            entry.connection.close()

    def put(self, destination: Destination, connection: ConnectionT) -> None:
        """Keep a connection whose last response was read to its end. Above the limit, the oldest connections are closed.

        Args:
            destination: The scheme, host and port that the connection leads to.
            connection: The connection.
        """
        with self._lock:
            self._entries.append(_Entry(destination, connection, time.monotonic()))
            limit = 0 if self._closed else MAX_IDLE_CONNECTIONS
            surplus = [self._entries.pop(0) for _ in range(len(self._entries) - limit)]
        for entry in surplus:
            entry.connection.close()

    def close(self) -> None:
        """Close all connections, now and when they are put back later."""
        with self._lock:
            self._closed = True
            entries, self._entries = self._entries, []
        for entry in entries:
            entry.connection.close()
