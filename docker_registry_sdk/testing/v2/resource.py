"""A resource of the API: one path, and what each method does to it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.access import Guard, set_grant
from docker_registry_sdk.testing.v2.errors import UNSUPPORTED, ApiError
from docker_registry_sdk.testing.v2.needs import Needs

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

API_VERSION = "registry/2.0"


class Resource:
    """An ASGI application that calls the handler of a request's method and turns an `ApiError` into an answer.

    Args:
        handlers: What to call for each method; another method is answered with 405.
        needs: Tells what a request needs to be allowed.
        guard: Decides whether it is.
    """

    def __init__(self, handlers: Mapping[str, Handler], needs: Needs, guard: Guard) -> None:
        self._handlers = handlers
        self._needs = needs
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose client has gone is not answered."""
        request = Request(scope, receive, send)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        response.headers["docker-distribution-api-version"] = API_VERSION
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            handler = self._handlers.get(request.method)
            if handler is None:
                raise ApiError(UNSUPPORTED, headers={"allow": ", ".join(self._handlers)})
            set_grant(request, self._guard.admit(request, self._needs(request)))
            return await handler(request)
        except ApiError as error:
            return error.response()


class Refusal:
    """An ASGI application that answers every request with the same error.

    Args:
        error: The error.
    """

    def __init__(self, error: ApiError) -> None:
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        response = self._error.response()
        response.headers["docker-distribution-api-version"] = API_VERSION
        await response(scope, receive, send)
