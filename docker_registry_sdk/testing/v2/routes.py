"""The routes of API v2: the handler, and the function that returns the required rights, for each path and method."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.settings import RegistrySettings
from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.storage_failure import report_storage_failure
from docker_registry_sdk.testing.v2.access import (
    Authorizer,
    RequiredAccess,
    access_for_catalog,
    access_for_content,
    access_for_ping,
    access_for_upload,
    access_for_upload_start,
    set_grant,
)
from docker_registry_sdk.testing.v2.blobs import Blobs
from docker_registry_sdk.testing.v2.errors import API_VERSION, UNKNOWN, UNSUPPORTED, ApiError
from docker_registry_sdk.testing.v2.listings import Catalog, Referrers, Tags
from docker_registry_sdk.testing.v2.manifests import Manifests
from docker_registry_sdk.testing.v2.upload_sessions import UploadSessions
from docker_registry_sdk.testing.v2.uploads import Uploads

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Resource:
    """An ASGI application for the requests to one path.

    The application checks the rights of the client, calls the handler for the method of the request, and sends the response of
    the handler. If the check or the handler raises an `ApiError`, the application sends the error response.

    Args:
        handlers: The handler for each HTTP method. The application answers all other methods with 405.
        required_access: A function that returns the rights that a request requires.
        authorizer: The object that checks whether the client has these rights.
    """

    def __init__(self, handlers: Mapping[str, Handler], required_access: RequiredAccess, authorizer: Authorizer) -> None:
        self._handlers = handlers
        self._required_access = required_access
        self._authorizer = authorizer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. If the client disconnects before the end of the request, send no response."""
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
            set_grant(request, self._authorizer.authorize(request, self._required_access(request)))
            return await handler(request)
        except ApiError as error:
            return error.response()
        except OSError as error:
            status, message = report_storage_failure(error, request)
            return ApiError(UNKNOWN, message, status=status).response()


def v2_routes(
    storage: RegistryStorage, settings: RegistrySettings, sessions: UploadSessions, authorizer: Authorizer
) -> list[BaseRoute]:
    """Create the routes of API v2.

    Args:
        storage: The storage with the blobs, the manifests and the tags.
        settings: The settings of the registry.
        sessions: The uploads in progress.
        authorizer: The object that checks whether a client has the rights that a request requires.

    Returns:
        One route for each path of API v2.
    """
    blobs = Blobs(storage)
    manifests = Manifests(storage, settings)
    uploads = Uploads(storage, settings, sessions)
    tags = Tags(storage, settings)
    catalog = Catalog(storage, settings)
    referrers = Referrers(storage, settings)
    name = "/v2/{name:path}"
    table: dict[str, tuple[RequiredAccess, dict[str, Handler]]] = {
        "/v2": (access_for_ping, {"GET": _ping, "HEAD": _ping}),
        "/v2/": (access_for_ping, {"GET": _ping, "HEAD": _ping}),
        "/v2/_catalog": (access_for_catalog, {"GET": catalog.get, "HEAD": catalog.get}),
        f"{name}/tags/list": (access_for_content, {"GET": tags.get, "HEAD": tags.get}),
        f"{name}/blobs/uploads/": (access_for_upload_start, {"POST": uploads.start}),
        f"{name}/blobs/uploads/{{session}}": (
            access_for_upload,
            {
                "GET": uploads.status,
                "PATCH": uploads.append,
                "PUT": uploads.complete,
                "DELETE": uploads.cancel,
            },
        ),
        f"{name}/blobs/{{digest}}": (access_for_content, {"GET": blobs.get, "HEAD": blobs.head, "DELETE": blobs.delete}),
        f"{name}/manifests/{{reference}}": (
            access_for_content,
            {
                "GET": manifests.get,
                "HEAD": manifests.get,
                "PUT": manifests.put,
                "DELETE": manifests.delete,
            },
        ),
        f"{name}/referrers/{{digest}}": (access_for_content, {"GET": referrers.get, "HEAD": referrers.get}),
    }
    return [Route(path, Resource(handlers, required, authorizer)) for path, (required, handlers) in table.items()]


async def _ping(_: Request) -> Response:
    """Answer a ping: a request for `/v2/`, with which a client checks whether the registry supports API v2."""
    return JSONResponse({})
