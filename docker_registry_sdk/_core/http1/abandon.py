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
        abandon_transport(transport)


def abandon_transport(transport: Any) -> None:
    """Close the file descriptors of all connections of a transport, and send nothing.

    Args:
        transport: A transport of this package, an `httpx.HTTPTransport` or an `httpx.AsyncHTTPTransport`. The connections of
            another transport, or None, are not known here.
    """
    if hasattr(transport, "abandon"):
        transport.abandon()
        return
    pool = getattr(transport, "_pool", None)
    for connection in list(getattr(pool, "connections", ())):
        # The connection to a proxy contains a connection, which contains the protocol, which contains the socket.
        while (inner := getattr(connection, "_connection", None)) is not None:
            connection = inner
        with suppress(Exception):  # a connection that is being opened has no socket yet
            close_descriptor(connection._network_stream.get_extra_info("socket"))
