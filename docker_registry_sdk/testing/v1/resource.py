"""A resource of API v1: one path, and what each method does to it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.v1.answers import V1Error, WebPageError
from docker_registry_sdk.testing.v1.sessions import given_cookie

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Resource:
    """An ASGI application that calls the handler of a request's method and turns a `V1Error` into an answer.

    Args:
        handlers: What to call for each method; HEAD is answered as GET is.
        otherwise: What to call for other methods; without it they are refused.
    """

    def __init__(self, handlers: Mapping[str, Handler], otherwise: Handler | None = None) -> None:
        self._handlers = {**({"HEAD": handlers["GET"]} if "GET" in handlers else {}), **handlers}
        self._otherwise = otherwise or self._refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose client has gone is not answered."""
        request = Request(scope, receive, send)
        try:
            response = await self._handlers.get(request.method, self._otherwise)(request)
        except V1Error as error:
            response = error.response()
        except ClientDisconnect:
            return
        cookie = given_cookie(request)
        if cookie is not None:
            response.headers.append("set-cookie", cookie)
        await response(scope, receive, send)

    async def _refuse(self, _: Request) -> Response:
        raise WebPageError(405, {"allow": ", ".join(self._handlers)})


async def not_found(_: Request) -> Response:
    """Answer that there is no such path.

    Raises:
        WebPageError: Always.
    """
    raise WebPageError(404)
