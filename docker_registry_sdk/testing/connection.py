"""The connection of a request. An application can close or reset it during a response, which is not possible in ASGI."""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import attrs
from starlette.types import ASGIApp, Receive, Scope, Send

if sys.platform == "linux":
    from fcntl import ioctl
    from termios import TIOCOUTQ

MAX_FLUSH_SECONDS = 5.0
"""The maximum time to wait until the client has received all bytes, before the connection is reset."""

_KEY = "docker_registry_sdk.connection"
_POLL_SECONDS = 0.002
_LINGER_ZERO = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@attrs.frozen
class Connection:
    """The connection of a request.

    Args:
        transport: The transport of the connection.
    """

    transport: asyncio.Transport

    @property
    def closing(self) -> bool:
        """Return whether the connection is closed or is being closed."""
        return self.transport.is_closing()

    def close(self) -> None:
        """Close the connection when the bytes in its buffer have been sent."""
        self.transport.close()

    async def reset(self) -> None:
        """Reset the connection when the client has received all bytes, but after MAX_FLUSH_SECONDS at the latest.

        A reset discards the bytes that the client has not received yet. But a test that resets the connection after a number of
        bytes expects that the client receives these bytes.
        """
        empty_polls = 0
        deadline = asyncio.get_running_loop().time() + MAX_FLUSH_SECONDS
        while empty_polls < 2 and not self.closing and asyncio.get_running_loop().time() < deadline:
            empty_polls = empty_polls + 1 if self._unreceived() == 0 else 0
            await asyncio.sleep(_POLL_SECONDS)  # the event loop can send buffered bytes meanwhile
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()

    def _unreceived(self) -> int:
        """Return the number of bytes that the client has not received. On other systems than Linux, count only unsent bytes."""
        count = self.transport.get_write_buffer_size()
        if sys.platform == "linux":
            queue = ioctl(self.transport.get_extra_info("socket").fileno(), TIOCOUTQ, b"\0" * 4)
            count += int.from_bytes(queue, sys.byteorder)
        return count


def set_connection(scope: MutableMapping[str, Any], transport: asyncio.Transport) -> None:
    """Store the connection of a request in its ASGI scope."""
    scope.setdefault("extensions", {})[_KEY] = {"connection": Connection(transport)}


def connection_of(scope: MutableMapping[str, Any]) -> Connection:
    """Return the connection of a request."""
    connection: Connection = scope["extensions"][_KEY]["connection"]
    return connection


class ConnectionCut(Exception):  # noqa: N818 - not an error of the server
    """An exception with which an application ends the connection of a request.

    If an application returned early instead, uvicorn would log a body that is shorter than its Content-Length as an error.

    Args:
        how: How to end the connection: `close` closes it with a TCP FIN, `reset` with a TCP RST.
    """

    def __init__(self, how: Literal["close", "reset"]) -> None:
        super().__init__(how)
        self.how = how


class CutConnections:
    """An ASGI middleware that ends the connection when the application raises `ConnectionCut`.

    This middleware must wrap `LogRequests`, so that the record of a request is added before its connection ends.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application, and end the connection if the application raises `ConnectionCut`."""
        try:
            await self._app(scope, receive, send)
        except ConnectionCut as cut:
            if cut.how == "close":
                connection_of(scope).close()
            else:
                await connection_of(scope).reset()
            while (await receive())["type"] != "http.disconnect":
                pass
