"""The paths of API v2 and what answers them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v2.access import (
    Authorizer,
    Needs,
    catalog_needs,
    content_needs,
    no_needs,
    set_grant,
    upload_needs,
    upload_start_needs,
)
from docker_registry_sdk.testing.v2.blobs import Blobs
from docker_registry_sdk.testing.v2.errors import UNSUPPORTED, ApiError
from docker_registry_sdk.testing.v2.listings import Catalog, Tags
from docker_registry_sdk.testing.v2.manifests import Manifests
from docker_registry_sdk.testing.v2.referrers import Referrers
from docker_registry_sdk.testing.v2.upload_sessions import UploadSessions
from docker_registry_sdk.testing.v2.uploads import Uploads

from .errors import API_VERSION


def v2_routes(storage: Storage, settings: Settings, sessions: UploadSessions, authorizer: Authorizer) -> list[BaseRoute]:
    """Build the routes of API v2.

    Args:
        storage: Where the content is.
        settings: The registry's settings.
        sessions: The uploads that are going on.
        authorizer: Decides who may do what.

    Returns:
        The routes.
    """
    blobs = Blobs(storage)
    manifests = Manifests(storage, settings)
    uploads = Uploads(storage, settings, sessions)
    tags = Tags(storage, settings)
    catalog = Catalog(storage, settings)
    referrers = Referrers(storage, settings)
    name = "/v2/{name:path}"
    table: dict[str, tuple[Needs, dict[str, Handler]]] = {
        "/v2": (no_needs, {"GET": _ping, "HEAD": _ping}),
        "/v2/": (no_needs, {"GET": _ping, "HEAD": _ping}),
        "/v2/_catalog": (catalog_needs, {"GET": catalog.get, "HEAD": catalog.get}),
        f"{name}/tags/list": (content_needs, {"GET": tags.get, "HEAD": tags.get}),
        f"{name}/blobs/uploads/": (upload_start_needs, {"POST": uploads.start}),
        f"{name}/blobs/uploads/{{session}}": (
            upload_needs,
            {
                "GET": uploads.status,
                "PATCH": uploads.append,
                "PUT": uploads.complete,
                "DELETE": uploads.cancel,
            },
        ),
        f"{name}/blobs/{{digest}}": (content_needs, {"GET": blobs.get, "HEAD": blobs.head, "DELETE": blobs.delete}),
        f"{name}/manifests/{{reference}}": (
            content_needs,
            {
                "GET": manifests.get,
                "HEAD": manifests.get,
                "PUT": manifests.put,
                "DELETE": manifests.delete,
            },
        ),
        f"{name}/referrers/{{digest}}": (content_needs, {"GET": referrers.get, "HEAD": referrers.get}),
    }
    return [Route(path, Resource(handlers, needs, authorizer)) for path, (needs, handlers) in table.items()]


async def _ping(_: Request) -> Response:
    """Answer that API v2 is spoken here."""
    return JSONResponse({})


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Resource:
    """An ASGI application that calls the handler of a request's method and turns an `ApiError` into an answer.

    Args:
        handlers: What to call for each method; another method is answered with 405.
        needs: Tells what a request needs to be allowed.
        authorizer: Decides whether it is.
    """

    def __init__(self, handlers: Mapping[str, Handler], needs: Needs, authorizer: Authorizer) -> None:
        self._handlers = handlers
        self._needs = needs
        self._authorizer = authorizer

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
            set_grant(request, self._authorizer.authorize(request, self._needs(request)))
            return await handler(request)
        except ApiError as error:
            return error.response()
