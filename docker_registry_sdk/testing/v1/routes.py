"""The paths of API v1 and what answers them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v1.authorization import Gate
from docker_registry_sdk.testing.v1.images import Images
from docker_registry_sdk.testing.v1.index import Index, IndexRepositories
from docker_registry_sdk.testing.v1.layer_files import LayerChanges
from docker_registry_sdk.testing.v1.layer_redirects import PATH, LayerStore
from docker_registry_sdk.testing.v1.layers import Layers
from docker_registry_sdk.testing.v1.repositories import Repositories, Tags
from docker_registry_sdk.testing.v1.responses import V1Error, WebPageError, reply
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.tokens import Sessions, given_cookie
from docker_registry_sdk.testing.v1.users import IndexUsers

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_NAME = "/v1/repositories/{name:path}"
_IMAGE = "/v1/images/{img_id}"
_Table = dict[str, dict[str, Handler]]


def v1_app(storage: Storage, settings: V1Settings, index: Index) -> ASGIApp:
    """Build the application that answers API v1.

    Args:
        storage: Where the content is.
        settings: What the host plays.
        index: The index that it is, or that it asks about tokens.

    Returns:
        The application. Paths that docker-registry does not know are answered as its framework does.
    """
    gate = Gate(storage, settings, index, Sessions())
    repositories = Repositories(storage, gate)
    index_repositories = IndexRepositories(index, settings)
    table: _Table = {"/v1/_ping": {"GET": _ping(settings)}, "/_ping": {"GET": _ping(settings)}}
    methods: dict[str, Handler] = {}
    if settings.is_index:
        table |= _index_table(index_repositories, IndexUsers(index.users), settings)
        methods |= {"PUT": index_repositories.put, "DELETE": index_repositories.delete}
    if settings.is_registry:
        table |= _registry_table(storage, gate, repositories)
        methods["DELETE"] = repositories.delete
    if settings.role == "both":
        methods["DELETE"] = _by_credentials(index_repositories.delete, repositories.delete, gate)
    routes = [Route(path, Resource(handlers, _add_slash if _has_twin(path) else None)) for path, handlers in table.items()]
    return Router(
        [*routes, Route(_NAME + "/", Resource(methods)), Route(_NAME, Resource({}, _add_slash))],
        redirect_slashes=False,
        default=Resource({}, not_found),
    )


def _index_table(repositories: IndexRepositories, users: IndexUsers, settings: V1Settings) -> _Table:
    table: _Table = {
        "/v1/users": {"GET": users.check, "POST": users.create},
        "/v1/users/": {"GET": users.check, "POST": users.create},
        "/v1/users/{username}/": {"PUT": users.update},
        "/v1/users/{username}": {},
        f"{_NAME}/images": {"GET": repositories.get_images, "PUT": repositories.put_images, "DELETE": repositories.delete_images},
        f"{_NAME}/auth": {"PUT": repositories.authorize},
    }
    return {**table, "/v1/search": {"GET": repositories.search}} if settings.search else table


def _registry_table(storage: Storage, gate: Gate, repositories: Repositories) -> _Table:
    tags, images, layers = Tags(storage, gate), Images(storage, gate), Layers(storage, gate)
    changes = LayerChanges(storage, gate)
    return {
        f"{_NAME}/tags/{{tag}}/json": {"GET": tags.facts},
        f"{_NAME}/tags/{{tag}}": {"GET": tags.get, "PUT": tags.put, "DELETE": tags.delete},
        f"{_NAME}/tags": {"GET": tags.list, "DELETE": repositories.delete},
        f"{_NAME}/json": {"GET": tags.repository_facts},
        f"{_NAME}/properties": {"GET": repositories.get_properties, "PUT": repositories.put_properties},
        f"{_IMAGE}/json": {"GET": images.get_json, "PUT": images.put_json},
        f"{_IMAGE}/ancestry": {"GET": images.get_ancestry},
        f"{_IMAGE}/checksum": {"PUT": images.put_checksum},
        f"{_IMAGE}/layer": {"GET": layers.get, "PUT": layers.put},
        f"{_IMAGE}/files": {"GET": changes.files},
        f"{_IMAGE}/diff": {"GET": changes.diff},
        PATH: {"GET": LayerStore(storage).get},
    }


def _ping(settings: V1Settings) -> Handler:
    """Return what answers that API v1 is spoken here."""

    async def ping(_: Request) -> Response:
        return reply({}, headers={"x-docker-registry-standalone": str(settings.standalone)})

    return ping


def _by_credentials(for_index: Handler, for_registry: Handler, gate: Gate) -> Handler:
    """Return what tells a call to the index from one to the registry, where one host plays both: by its token or session."""

    async def handle(request: Request) -> Response:
        scheme = request.headers.get("authorization", "").partition(" ")[0].lower()
        is_registry = scheme == "token" or (not scheme and gate.sessions.find(request) is not None)
        return await (for_registry if is_registry else for_index)(request)

    return handle


def _has_twin(path: str) -> bool:
    """Say whether there is also a path with a slash at the end, which is where other methods lead."""
    return path.startswith((_NAME, "/v1/users/{username}")) and not path.endswith("/")


async def _add_slash(request: Request) -> Response:
    """Send the client to the path with a slash at the end, as the framework of docker-registry does whatever the method."""
    name: str = request.path_params.get("name", "user")
    if not name or name.startswith("/"):
        raise WebPageError(404)
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
    location = f"{str(request.base_url).rstrip('/')}{path}/{'?' if query else ''}{query}"
    return HTMLResponse("<title>Redirecting</title>\n", 301, {"location": location})


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
