"""The connection of a request. ASGI has no means to close or reset a connection during a response; this module adds both."""

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
    """The TCP connection on which the server received a request.

    Args:
        transport: The asyncio transport of the connection.
    """

    transport: asyncio.Transport

    @property
    def closing(self) -> bool:
        """Return whether the connection is closed or is being closed."""
        return self.transport.is_closing()

    def close(self) -> None:
        """Close the connection with a TCP FIN after all bytes in the write buffer have been sent. Return immediately."""
        self.transport.close()

    async def reset(self) -> None:
        """Wait until the client has received all bytes sent so far, then reset the connection with a TCP RST.

        Reset the connection after MAX_FLUSH_SECONDS at the latest, even if the client has not received all bytes. The wait is
        necessary since a reset discards bytes on the way, but a test that resets the connection after a number of bytes expects
        that the client receives these bytes.
        """
        empty_polls = 0
        deadline = asyncio.get_running_loop().time() + MAX_FLUSH_SECONDS
        while empty_polls < 2 and not self.closing and asyncio.get_running_loop().time() < deadline:
            empty_polls = empty_polls + 1 if self._unreceived() == 0 else 0
            await asyncio.sleep(_POLL_SECONDS)  # the event loop can send buffered bytes meanwhile
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()

    def _unreceived(self) -> int:
        """Return the number of bytes that the client has not acknowledged.

        On other systems than Linux, count only the bytes that this process has not passed to the operating system.
        """
        count = self.transport.get_write_buffer_size()
        if sys.platform == "linux":
            queue = ioctl(self.transport.get_extra_info("socket").fileno(), TIOCOUTQ, b"\0" * 4)
            count += int.from_bytes(queue, sys.byteorder)
        return count


def set_connection(scope: MutableMapping[str, Any], transport: asyncio.Transport) -> None:
    """Store the connection of a request, which uses the given transport, in the ASGI scope of the request."""
    scope.setdefault("extensions", {})[_KEY] = {"connection": Connection(transport)}


def connection_of(scope: MutableMapping[str, Any]) -> Connection:
    """Return the connection of a request, which `set_connection` stored in the ASGI scope of the request."""
    connection: Connection = scope["extensions"][_KEY]["connection"]
    return connection


class ConnectionCut(Exception):  # noqa: N818 - not an error of the server
    """An exception that an ASGI application raises to end the connection of a request, for example in the middle of a response.

    If an application returned before the end of the body instead, uvicorn would log an error, since the body would be shorter
    than its Content-Length.

    Args:
        how: How to end the connection: `close` closes it with a TCP FIN, `reset` resets it with a TCP RST.
    """

    def __init__(self, how: Literal["close", "reset"]) -> None:
        super().__init__(how)
        self.how = how


class CutConnections:
    """An ASGI middleware that ends the connection when the application raises `ConnectionCut`.

    This middleware must wrap the middleware `LogRequests`, so that the log contains a request before its connection ends.

    Args:
        app: The application to which requests are passed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application. If the application raises `ConnectionCut`, end the connection."""
        try:
            await self._app(scope, receive, send)
        except ConnectionCut as cut:
            if cut.how == "close":
                connection_of(scope).close()
            else:
                await connection_of(scope).reset()
            while (await receive())["type"] != "http.disconnect":
                pass
