"""The connection of a request: ways to end it that ASGI has no words for."""

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

PATIENCE = 5.0
"""How many seconds a client may take to fetch what was sent before its connection is reset."""

_KEY = "docker_registry_sdk.connection"
_TICK = 0.002
_NO_LINGERING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@attrs.frozen
class Connection:
    """The connection that a request came by.

    Args:
        transport: Its transport.
    """

    transport: asyncio.Transport

    @property
    def closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self.transport.is_closing()

    def close(self) -> None:
        """Close the connection in good order, behind what was sent."""
        self.transport.close()

    async def reset(self) -> None:
        """Reset the connection, once the client has got what was sent.

        A reset would throw away what is still on its way; a test that says after how many bytes it comes wants those bytes there.
        """
        quiet = 0
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while quiet < 2 and not self.closing and asyncio.get_running_loop().time() < deadline:
            quiet = quiet + 1 if self._waiting() == 0 else 0
            await asyncio.sleep(_TICK)  # between two looks TLS hands on what it has
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self.transport.abort()

    def _waiting(self) -> int:
        """Return how many bytes the client does not have yet, as far as the system tells."""
        waiting = self.transport.get_write_buffer_size()
        if sys.platform == "linux":
            queue = ioctl(self.transport.get_extra_info("socket").fileno(), TIOCOUTQ, b"\0" * 4)
            waiting += int.from_bytes(queue, sys.byteorder)
        return waiting


def set_connection(scope: MutableMapping[str, Any], transport: asyncio.Transport) -> None:
    """Note in a request's scope which connection it came by."""
    scope.setdefault("extensions", {})[_KEY] = {"connection": Connection(transport)}


def connection_of(scope: MutableMapping[str, Any]) -> Connection:
    """Return the connection that a request came by."""
    connection: Connection = scope["extensions"][_KEY]["connection"]
    return connection


class ConnectionCut(Exception):  # noqa: N818 - it is no failure of the server's
    """An exchange ends here.

    Args:
        how: Whether the connection is closed in good order, or reset.
    """

    def __init__(self, how: Literal["close", "reset"]) -> None:
        super().__init__(how)
        self.how = how


class CutConnections:
    """An ASGI application that ends connections where another one wants it.

    It stands around the log, so that what the client sees last is in the log already.

    Args:
        app: The other application.
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
