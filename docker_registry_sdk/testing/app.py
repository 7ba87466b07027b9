"""The ASGI application of the embedded registry."""

import re
from collections.abc import Callable

from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.connection import CutConnections
from docker_registry_sdk.testing.faults.exchange import RegistryState
from docker_registry_sdk.testing.faults.injection import Faults, InjectFaults
from docker_registry_sdk.testing.request_log import LogRequests, RequestLog
from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.v1.index import Index
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v2.errors import NAME_INVALID, UNSUPPORTED, ApiError, Refusal

V1_PATHS = ("/v1/", "/_ping", "/_layers/")
"""The prefixes of the paths of API v1. At the first request with such a path, the modules of API v1 are imported."""

_AMBIGUOUS_ESCAPE = re.compile(rb"%(?:5c|[01][0-9a-f]|7f)", re.IGNORECASE)


def build_app(
    v2_routes: list[BaseRoute] | None, v1_app: ASGIApp | None, log: RequestLog, faults: Faults, registry: RegistryState
) -> ASGIApp:
    """Create the ASGI application, which logs each request, applies faults, and selects API v1 or v2 by the path of the request.

    Args:
        v2_routes: The routes of API v2, or None if the registry does not support API v2.
        v1_app: The application of API v1, or None if the registry does not support API v1.
        log: The log to which a record of each request is added.
        faults: The faults to apply to requests.
        registry: The state of the registry, such as storage and clock, which faults can read and change.

    Returns:
        The application.
    """
    apps: list[tuple[tuple[str, ...], ASGIApp]] = []
    if v1_app is not None:
        apps.append((V1_PATHS, v1_app))
    if v2_routes is not None:
        not_found = Refusal(ApiError(UNSUPPORTED, "the path does not exist", status=404))
        apps.append((("",), _RejectAmbiguousPaths(Router(v2_routes, redirect_slashes=False, default=not_found))))
    return CutConnections(LogRequests(InjectFaults(_DispatchByPath(apps), faults, registry), log))


def lazy_v1_app(storage: RegistryStorage, settings: V1Settings, index: Index, login: Account | None) -> ASGIApp:
    """Create the ASGI application of API v1, whose modules are imported at its first request, since most tests do not use it.

    Args:
        storage: The storage for the content.
        settings: The settings of API v1.
        index: The index of API v1.
        login: The account that the registry requires, with Basic; None if it requires none of its own.
    """

    def build() -> ASGIApp:
        from docker_registry_sdk.testing.v1.login import RequireLogin
        from docker_registry_sdk.testing.v1.routes import v1_app

        app = v1_app(storage, settings, index)
        return app if login is None else RequireLogin(app, login, settings)

    return _LazyApp(build)


class _DispatchByPath:
    """An ASGI application that passes each request to the first application of a list that handles the prefix of the path.

    If no application in the list handles the path, the response is an HTML page with the status 404.
    """

    def __init__(self, apps: list[tuple[tuple[str, ...], ASGIApp]]) -> None:
        self._apps = apps
        self._not_found = HTMLResponse("<!DOCTYPE html><title>404 Not Found</title><h1>Not Found</h1>\n", 404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = next((app for prefixes, app in self._apps if scope["path"].startswith(prefixes)), self._not_found)
        await app(scope, receive, send)


class _RejectAmbiguousPaths:
    """An ASGI middleware that answers 400 if a path contains a percent-encoded backslash or control character.

    An encoded slash is a slash: many generated clients write `library%2Fapp` for the name `library/app`, and Docker distribution
    accepts that, too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._refusal = Refusal(ApiError(NAME_INVALID, "the path contains an encoded backslash or control character"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._refusal if _AMBIGUOUS_ESCAPE.search(scope["raw_path"]) else self._app
        await app(scope, receive, send)


class _LazyApp:
    """An ASGI application that creates a second application at the first request, and passes all requests to the second one.

    Args:
        build: A function that creates the second application. It is called only once, in the thread of the event loop.
    """

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build = build
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the second application. The first request creates the second application."""
        if self._app is None:
            self._app = self._build()
        await self._app(scope, receive, send)
