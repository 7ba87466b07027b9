"""Sending a request with its body, while looking for a response that the server sends early."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Final

import h11
import httpx

from ...concurrency.waiting import async_checkpoint
from ..exchange import Exchange, connection_errors
from .connection import AsyncConnection

if TYPE_CHECKING:
    import httpcore

_RECEIVE_BYTES: Final = 64 * 1024
# If the head and the body of a request are not larger than this together, they are sent in one call.
_MAX_JOINED_BYTES: Final = 16 * 1024
# While the server accepts no more bytes of a body, the time between two checks for an early response.
_LISTEN_INTERVAL_SECONDS: Final = 0.05


async def async_send_request(
    connection: AsyncConnection, exchange: Exchange, request: httpcore.Request, seconds: float | None
) -> None:
    """Send a request. If the server responds before the whole request was sent, stop, and leave `exchange.is_sent` False."""
    assert isinstance(request.stream, AsyncIterable)
    unsent = exchange.head
    async for block in request.stream:
        encoded = exchange.encode(block)
        if unsent and len(unsent) + len(encoded) <= _MAX_JOINED_BYTES:
            unsent += encoded
            continue
        for data in (unsent, encoded):
            if data and not await _send_data(connection, exchange, data, seconds):
                return
        unsent = b""
    unsent += exchange.encode_end()
    exchange.is_sent = not unsent or await _send_data(connection, exchange, unsent, seconds)


async def _send_data(connection: AsyncConnection, exchange: Exchange, data: bytes, seconds: float | None) -> bool:
    """Send bytes, and return True; return False if the server responds before all bytes were sent."""
    left, deadline = memoryview(data), math.inf
    with connection_errors(httpx.WriteError, httpx.WriteTimeout):
        while left:
            await async_checkpoint()
            connection.check_deadline()
            try:
                received = connection.receive_now(_RECEIVE_BYTES)
                if received is not None:
                    exchange.receive_data(received)
                    if exchange.response_head() is not None:
                        return False
                sent = connection.send_now(left)
            except OSError:
                # The server may have rejected the body and closed the connection: read its response before reporting the error.
                if not await _receive_head(connection, exchange, seconds):
                    raise
                return False
            left = left[sent:]
            if sent or deadline == math.inf:
                deadline = math.inf if seconds is None else time.monotonic() + seconds
            if not sent:
                await connection.wait(_LISTEN_INTERVAL_SECONDS, write=True)
                if time.monotonic() > deadline:
                    raise TimeoutError("timed out: the server accepted no bytes of the request within the timeout")
    return True


async def async_receive_head(connection: AsyncConnection, exchange: Exchange, seconds: float | None) -> h11.Response:
    """Receive the head of the response, and return it.

    Args:
        connection: The connection on which the request was sent.
        exchange: The state of the request and its response.
        seconds: The maximum time that one read waits for bytes; None for no limit.

    Raises:
        OSError: The connection fails before the head is complete.
        httpx.RemoteProtocolError: The bytes received are not an HTTP/1.1 response.
    """
    while (head := exchange.response_head()) is None:
        exchange.receive_data(await connection.receive(_RECEIVE_BYTES, seconds))
    return head


async def _receive_head(connection: AsyncConnection, exchange: Exchange, seconds: float | None) -> bool:
    """Receive the head of the response, and return True; return False if the connection fails before the head is complete."""
    try:
        await async_receive_head(connection, exchange, seconds)
    except (OSError, httpx.RemoteProtocolError):
        return False
    return True
