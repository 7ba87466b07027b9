"""The routes of API v1: the handler for each path and method."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.storage_failure import report_storage_failure
from docker_registry_sdk.testing.v1.authorization import RegistryAuthorizer
from docker_registry_sdk.testing.v1.images import ImageHandlers
from docker_registry_sdk.testing.v1.index import Index, IndexHandlers
from docker_registry_sdk.testing.v1.layer_files import LayerFileHandlers
from docker_registry_sdk.testing.v1.layer_redirects import SIGNED_URL_PATH, SignedUrlHandlers
from docker_registry_sdk.testing.v1.layers import LayerHandlers
from docker_registry_sdk.testing.v1.repositories import RepositoryHandlers, TagHandlers
from docker_registry_sdk.testing.v1.responses import V1Error, WebPageError, json_response
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import Sessions, new_cookie
from docker_registry_sdk.testing.v1.users import UserHandlers

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_REPOSITORY = "/v1/repositories/{name:path}"
_IMAGE = "/v1/images/{img_id}"
_Table: TypeAlias = dict[str, dict[str, Handler]]
"""The handler of each path and method."""


def v1_app(storage: RegistryStorage, settings: V1Settings, index: Index) -> ASGIApp:
    """Return the ASGI application that serves API v1.

    Args:
        storage: The storage of the registry.
        settings: The settings of API v1.
        index: The data of the index. If the role in the settings includes an index, the application serves this index. If the
            role is `registry`, another application serves this index, and the registry only verifies tokens with it.

    Returns:
        The application. It answers unknown paths with 404 and an HTML page, like Flask, the framework of docker-registry.
    """
    authorizer = RegistryAuthorizer(storage, settings, index, Sessions())
    repositories = RepositoryHandlers(storage, authorizer)
    index_handlers = IndexHandlers(index, settings)
    table: _Table = {"/v1/_ping": {"GET": _ping(settings)}, "/_ping": {"GET": _ping(settings)}}
    methods: dict[str, Handler] = {}
    if settings.is_index:
        table |= _index_table(index_handlers, UserHandlers(index.users), settings)
        methods |= {"PUT": index_handlers.put_repository, "DELETE": index_handlers.delete_repository}
    if settings.is_registry:
        table |= _registry_table(storage, authorizer, repositories)
        methods["DELETE"] = repositories.delete
    if settings.role == "both":
        methods["DELETE"] = _by_credentials(index_handlers.delete_repository, repositories.delete, authorizer)
    routes = [Route(path, Resource(handlers, _fallback(path))) for path, handlers in table.items()]
    return Router(
        [*routes, Route(_REPOSITORY + "/", Resource(methods)), Route(_REPOSITORY, Resource({}, _add_slash))],
        redirect_slashes=False,
        default=Resource({}, _not_found),
    )


class Resource:
    """An ASGI application that calls the handler for the method of a request, and sends the response.

    If the handler raises a `V1Error`, the application sends the error response.

    Args:
        handlers: The handler for each method. If there is no handler for HEAD, the handler for GET is called for HEAD.
        fallback: The handler for all methods that are not in `handlers`, or None to answer such methods with 405.
    """

    def __init__(self, handlers: Mapping[str, Handler], fallback: Handler | None = None) -> None:
        self._handlers = {**({"HEAD": handlers["GET"]} if "GET" in handlers else {}), **handlers}
        self._fallback = fallback or self._method_not_allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. If the client disconnects before the end of the request, send no response."""
        request = Request(scope, receive, send)
        try:
            response = await self._handlers.get(request.method, self._fallback)(request)
        except V1Error as error:
            response = error.response()
        except OSError as error:
            status, message = report_storage_failure(error, request)
            response = V1Error(message, status).response()
        except ClientDisconnect:
            return
        cookie = new_cookie(request)
        if cookie is not None:
            response.headers.append("set-cookie", cookie)
        await response(scope, receive, send)

    async def _method_not_allowed(self, _: Request) -> Response:
        raise WebPageError(405, {"allow": ", ".join(self._handlers)})


def _index_table(index: IndexHandlers, users: UserHandlers, settings: V1Settings) -> _Table:
    table: _Table = {
        "/v1/users": {"GET": users.check, "POST": users.create},
        "/v1/users/": {"GET": users.check, "POST": users.create},
        "/v1/users/{username}/": {"PUT": users.update},
        "/v1/users/{username}": {},
        f"{_REPOSITORY}/images": {"GET": index.get_images, "PUT": index.put_images, "DELETE": index.delete_images},
        f"{_REPOSITORY}/auth": {"PUT": index.verify_token},
    }
    return {**table, "/v1/search": {"GET": index.search}} if settings.search else table


def _registry_table(storage: RegistryStorage, authorizer: RegistryAuthorizer, repositories: RepositoryHandlers) -> _Table:
    tags, images = TagHandlers(storage, authorizer), ImageHandlers(storage, authorizer)
    layers, layer_files = LayerHandlers(storage, authorizer), LayerFileHandlers(storage, authorizer)
    return {
        f"{_REPOSITORY}/tags/{{tag}}/json": {"GET": tags.get_push_info},
        f"{_REPOSITORY}/tags/{{tag}}": {"GET": tags.get, "PUT": tags.put, "DELETE": tags.delete},
        f"{_REPOSITORY}/tags": {"GET": tags.list, "DELETE": repositories.delete},
        f"{_REPOSITORY}/json": {"GET": tags.get_latest_push_info},
        f"{_REPOSITORY}/properties": {"GET": repositories.get_properties, "PUT": repositories.put_properties},
        f"{_IMAGE}/json": {"GET": images.get_json, "PUT": images.put_json},
        f"{_IMAGE}/ancestry": {"GET": images.get_ancestry},
        f"{_IMAGE}/checksum": {"PUT": images.put_checksum},
        f"{_IMAGE}/layer": {"GET": layers.get, "PUT": layers.put},
        f"{_IMAGE}/files": {"GET": layer_files.files},
        f"{_IMAGE}/diff": {"GET": layer_files.diff},
        SIGNED_URL_PATH: {"GET": SignedUrlHandlers(storage).get},
    }


def _ping(settings: V1Settings) -> Handler:
    """Return the handler of `_ping`, a request with which a client checks whether the host supports API v1."""

    async def ping(_: Request) -> Response:
        return json_response({}, headers={"x-docker-registry-standalone": str(settings.standalone)})

    return ping


def _by_credentials(for_index: Handler, for_registry: Handler, authorizer: RegistryAuthorizer) -> Handler:
    """Return a handler for a path that exists both at the index and at the registry, when both have the same host.

    If a request has a token, or has the cookie of a session and no `Authorization` header, the handler calls `for_registry`.
    Otherwise it calls `for_index`.
    """

    async def handle(request: Request) -> Response:
        scheme = request.headers.get("authorization", "").partition(" ")[0].lower()
        is_registry = scheme == "token" or (not scheme and authorizer.sessions.find(request) is not None)
        return await (for_registry if is_registry else for_index)(request)

    return handle


def _fallback(path: str) -> Handler | None:
    """Return the handler for the methods that a path does not support.

    Returns:
        If a path with an additional slash at the end exists, a handler that redirects to the path with the slash. Otherwise None,
        which means that the methods are answered with 405.
    """
    return _add_slash if path.startswith((_REPOSITORY, "/v1/users/{username}")) and not path.endswith("/") else None


async def _add_slash(request: Request) -> Response:
    """Redirect a client to the same path with a slash at the end, as Flask does for all methods."""
    name: str = request.path_params.get("name", "user")
    if not name or name.startswith("/"):
        raise WebPageError(404)
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
    location = f"{str(request.base_url).rstrip('/')}{path}/{'?' if query else ''}{query}"
    return HTMLResponse("<title>Redirecting</title>\n", 301, {"location": location})


async def _not_found(_: Request) -> Response:
    raise WebPageError(404)
