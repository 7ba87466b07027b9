"""The ASGI application of the embedded registry, put together from its parts."""

import re
from collections.abc import Callable

from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.connection import CutConnections
from docker_registry_sdk.testing.faults.exchange import Site
from docker_registry_sdk.testing.faults.injection import Faults, InjectFaults
from docker_registry_sdk.testing.request_log import LogRequests, RequestLog
from docker_registry_sdk.testing.v2.errors import NAME_INVALID, UNSUPPORTED, ApiError, Refusal

V1_PATHS = ("/v1/", "/_ping", "/_layers/")
"""How the paths of API v1 begin; they stand here since the module with its routes is imported when one is asked for."""

_HOSTILE = re.compile(rb"%(?:2f|5c|[01][0-9a-f]|7f)", re.IGNORECASE)


def build_app(v2_routes: list[BaseRoute] | None, v1_app: ASGIApp | None, log: RequestLog, faults: Faults, site: Site) -> ASGIApp:
    """Put the application together.

    Args:
        v2_routes: The routes of API v2, if it is served.
        v1_app: What answers API v1, if it is served.
        log: Where to write the requests.
        faults: What goes wrong.
        site: What faults may reach of the registry.

    Returns:
        The application: it logs, lets faults happen, tells the APIs apart by their paths, and for API v2 refuses hostile paths,
        and then routes.
    """
    apps: list[tuple[tuple[str, ...], ASGIApp]] = []
    if v1_app is not None:
        apps.append((V1_PATHS, v1_app))
    if v2_routes is not None:
        refusal = Refusal(ApiError(UNSUPPORTED, "there is no such path", status=404))
        apps.append((("",), _RefuseHostilePaths(Router(v2_routes, redirect_slashes=False, default=refusal))))
    return CutConnections(LogRequests(InjectFaults(_ByPath(apps), faults, site), log))


class _ByPath:
    """Passes a request on by how its path begins; a path that nobody serves gets a web page, as from any other host."""

    def __init__(self, apps: list[tuple[tuple[str, ...], ASGIApp]]) -> None:
        self._apps = apps
        self._nothing = HTMLResponse("<!DOCTYPE html><title>404 Not Found</title><h1>Not Found</h1>\n", 404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = next((app for starts, app in self._apps if scope["path"].startswith(starts)), self._nothing)
        await app(scope, receive, send)


class _RefuseHostilePaths:
    """Refuses paths that mean one thing encoded and another decoded: with a slash, a backslash or a control character in them.

    An encoded slash is part of a name, not a separator (RFC 3986, section 2.2), and no name has one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._refusal = Refusal(ApiError(NAME_INVALID, "the path holds an encoded slash, backslash or control character"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._refusal if _HOSTILE.search(scope["raw_path"]) else self._app
        await app(scope, receive, send)


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
