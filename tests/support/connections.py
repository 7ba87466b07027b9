"""Count the connections of a client."""

from __future__ import annotations

from typing import Any

import httpcore

from docker_registry_sdk._core.http1._async.pool import AsyncHTTP1Pool
from docker_registry_sdk._core.http1._sync.pool import HTTP1Pool


class OtherPool:
    """The pool for requests that the HTTP/1.1 engine does not send; it answers 299."""

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Return the answer."""
        return httpcore.Response(299)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Return the answer."""
        return httpcore.Response(299)

    def close(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


def open_connections(client: Any) -> int:
    """Return how many connections a client has, idle or in use, of httpx and of the HTTP/1.1 engine."""
    http = client._pipeline._http
    if http is None:  # before the first request, and after the client was closed
        return 0
    pool = http._transport._pool
    return len(pool._others.connections) + len(pool._idle._entries) + 100 - free_slots(pool)


def free_slots(pool: HTTP1Pool | AsyncHTTP1Pool) -> int:
    """Return how many more connections a pool may open."""
    slots: Any = pool._limit._semaphore
    free: int = slots.value if hasattr(slots, "value") else slots._value
    return free
