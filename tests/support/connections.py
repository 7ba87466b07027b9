"""Count the connections of a client."""

from __future__ import annotations

from typing import Any

import httpx

from docker_registry_sdk._core.http1._async.transport import AsyncHTTP1Transport
from docker_registry_sdk._core.http1._sync.transport import HTTP1Transport


class OtherTransport(httpx.MockTransport):
    """The transport for requests that the HTTP/1.1 engine does not send; it answers 299."""

    def __init__(self) -> None:
        super().__init__(lambda request: httpx.Response(299))


def open_connections(client: Any) -> int:
    """Return how many connections a client has, idle or in use, of httpx and of the HTTP/1.1 engine."""
    http = client._pipeline._http
    if http is None:  # before the first request, and after the client was closed
        return 0
    transport = http._transport
    return len(transport._others._pool.connections) + len(transport._idle._entries) + 100 - free_slots(transport)


def free_slots(transport: HTTP1Transport | AsyncHTTP1Transport) -> int:
    """Return how many more connections a transport may open."""
    slots: Any = transport._limit._semaphore
    free: int = slots.value if hasattr(slots, "value") else slots._value
    return free
