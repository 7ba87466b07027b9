"""A store of idle connections, which further requests can use. The store closes connections, but does no other I/O."""

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
    """A connection that can be stored in `IdleConnections`."""

    address: str

    def is_idle(self) -> bool:
        """Return whether the connection is open and no unread bytes have arrived."""
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
    """A store of the idle connections of one transport. Several threads may use the same store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry[ConnectionT]] = []  # the connection that was used last is the last entry
        self._closed = False

    def take(self, destination: Destination, addresses: Collection[str] | None) -> ConnectionT | None:
        """Remove a usable connection from the store and return it; None if no usable connection is stored.

        Of several usable connections, the one that was used last is returned. Connections found to be idle for more than 15
        seconds, or closed by the server, are removed and closed.

        Args:
            destination: The scheme, host and port of the request.
            addresses: The only IP addresses that the connection may lead to; None if any address is allowed.
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
        """Store a connection whose last response was read completely, or close the connection if the store is closed.

        If more than 20 connections are stored, close those that have been stored for the longest time.

        Args:
            destination: The scheme, host and port that the connection was opened for.
            connection: The connection.
        """
        with self._lock:
            self._entries.append(_Entry(destination, connection, time.monotonic()))
            limit = 0 if self._closed else MAX_IDLE_CONNECTIONS
            surplus = [self._entries.pop(0) for _ in range(len(self._entries) - limit)]
        for entry in surplus:
            entry.connection.close()

    def close(self) -> None:
        """Close the store and all stored connections. A connection that is passed to `put` later is closed at once."""
        with self._lock:
            self._closed = True
            entries, self._entries = self._entries, []
        for entry in entries:
            entry.connection.close()
