"""The ASGI application of the embedded registry, put together from its parts."""

import re

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.request_log import LogRequests, RequestLog
from docker_registry_sdk.testing.v2.errors import NAME_INVALID, UNSUPPORTED, ApiError
from docker_registry_sdk.testing.v2.resource import Refusal

_HOSTILE = re.compile(rb"%(?:2f|5c|[01][0-9a-f]|7f)", re.IGNORECASE)


def build_app(routes: list[BaseRoute], log: RequestLog) -> ASGIApp:
    """Put the application together.

    Args:
        routes: The routes of the APIs that the registry speaks.
        log: Where to write the requests.

    Returns:
        The application: it logs, refuses hostile paths, and then routes.
    """
    router = Router(routes, redirect_slashes=False, default=Refusal(ApiError(UNSUPPORTED, "there is no such path", status=404)))
    return LogRequests(_RefuseHostilePaths(router), log)


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
