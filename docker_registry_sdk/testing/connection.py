"""The connection of a request, and the means to close or reset it during a response, which ASGI does not provide."""

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
"""The maximum time for the client to receive the bytes sent, before the connection is reset."""

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
        """Whether the connection is closed or being closed."""
        return self.transport.is_closing()

    def close(self) -> None:
        """Close the connection after the bytes sent so far."""
        self.transport.close()

    async def reset(self) -> None:
        """Reset the connection after the client has received the bytes sent so far.

        An earlier reset would discard bytes in transit, but a test that resets after a number of bytes expects them to arrive.
        """
        empty_polls = 0
        deadline = asyncio.get_running_loop().time() + MAX_FLUSH_SECONDS
        while empty_polls < 2 and not self.closing and asyncio.get_running_loop().time() < deadline:
            empty_polls = empty_polls + 1 if self._unreceived() == 0 else 0
            await asyncio.sleep(_POLL_SECONDS)  # between two polls, TLS writes its buffered bytes
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()

    def _unreceived(self) -> int:
        """Return the number of bytes that the client has not received; except on Linux, only the bytes that are not yet sent."""
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
    """Raised by an application to end the connection. ASGI reports a body shorter than its Content-Length as an error instead.

    Args:
        how: `close` closes the connection normally, `reset` resets it.
    """

    def __init__(self, how: Literal["close", "reset"]) -> None:
        super().__init__(how)
        self.how = how


class CutConnections:
    """An ASGI middleware that ends the connection when the application raises `ConnectionCut`.

    It wraps the request log, so that a request is logged before its connection ends.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or end its connection."""
        try:
            await self._app(scope, receive, send)
        except ConnectionCut as cut:
            if cut.how == "close":
                connection_of(scope).close()
            else:
                await connection_of(scope).reset()
            while (await receive())["type"] != "http.disconnect":
                pass
