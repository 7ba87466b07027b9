"""A limit on the bytes that httpx receives before the end of the head of a response.

httpx ignores informational (1xx) responses, so a server could send them without end, and no timeout of a single read would pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import httpx

# httpx limits a single head to 100 KiB. The beginning of the body may arrive together with the head.
MAX_RECEIVED_BYTES: Final = 512 * 1024

_received: Final[ContextVar[int | None]] = ContextVar("received", default=None)


@contextmanager
def limited_head() -> Iterator[None]:
    """Limit the bytes that a connection of httpx receives while this context is active, in this thread or task."""
    token = _received.set(0)
    try:
        yield
    finally:
        _received.reset(token)


def count_received(data: bytes) -> bytes:
    """Return received bytes unchanged, after counting them if the limit is active.

    Args:
        data: The bytes.

    Raises:
        httpx.RemoteProtocolError: Too many bytes were received before the end of the head.
    """
    received = _received.get()
    if received is not None:
        received += len(data)
        _received.set(received)
        if received > MAX_RECEIVED_BYTES:
            raise httpx.RemoteProtocolError("the server sent too many informational responses")
    return data
