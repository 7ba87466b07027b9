"""Ending a connection in the middle of an exchange, which ASGI has no message for.

An answer that is shorter than its Content-Length is a mistake to ASGI; what means it raises an exception of our own.
"""

from typing import Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.connection import connection_of


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
