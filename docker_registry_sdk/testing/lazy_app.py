"""An application that costs nothing before it is called."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class LazyApp:
    """An ASGI application that is built, and its modules imported, at the first request to it.

    Args:
        build: Builds it. One thread calls it, that of the event loop, so it is built once.
    """

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build = build
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if self._app is None:
            self._app = self._build()
        await self._app(scope, receive, send)
