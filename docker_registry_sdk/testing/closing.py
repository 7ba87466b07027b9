"""Closing a connection in the middle of an answer, which ASGI has no message for.

An answer that is shorter than its Content-Length, as some servers send, is a mistake to ASGI; an application that means it
sends this message of our own.
"""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSE = "docker_registry_sdk.close"
"""The type of the message that closes the connection behind what was sent, and the key of the scope's extension."""


class Closable:
    """An ASGI application that understands the message for another one that sends it.

    Args:
        app: The other application. The server lets it know how to close in the scope's extensions, see `extension`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through but that message; after it the application sees that the client has gone."""

        async def send_or_close(message: Message) -> None:
            if message["type"] == CLOSE:
                scope["extensions"][CLOSE]["close"]()
                while (await receive())["type"] != "http.disconnect":
                    pass
            else:
                await send(message)

        await self._app(scope, receive, send_or_close)


def extension(close: Callable[[], None]) -> dict[str, dict[object, object]]:
    """Return the extensions of a scope.

    Args:
        close: Closes the connection behind what was sent.
    """
    return {CLOSE: {"close": close}}
