"""Close the sockets of httpx in this process only. httpx has no public function for it: its `close` acts on the connections."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..concurrency.forks import close_descriptor


def abandon_client(client: Any) -> None:
    """Close the file descriptors of all connections of an httpx client, and send nothing.

    Other processes with the same connections are not affected. The client must not be used afterwards.

    Args:
        client: An `httpx.Client` or `httpx.AsyncClient`.
    """
    for transport in (client._transport, *client._mounts.values()):
        abandon_pool(getattr(transport, "_pool", None))  # the connections of a transport of the caller are not known here


def abandon_pool(pool: Any) -> None:
    """Close the file descriptors of all connections of a pool, and send nothing.

    Args:
        pool: A pool of this package or of httpcore. Nothing happens with another object.
    """
    if hasattr(pool, "abandon"):
        pool.abandon()
        return
    for connection in list(getattr(pool, "connections", ())):
        # The connection to a proxy contains a connection, which contains the protocol, which contains the socket.
        while (inner := getattr(connection, "_connection", None)) is not None:
            connection = inner
        with suppress(Exception):  # a connection that is being opened has no socket yet
            close_descriptor(connection._network_stream.get_extra_info("socket"))
