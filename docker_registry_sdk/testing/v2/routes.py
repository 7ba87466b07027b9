"""The paths of API v2 and what answers them."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from docker_registry_sdk.testing.access import Guard
from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v2.blobs import Blobs
from docker_registry_sdk.testing.v2.catalog import Catalog
from docker_registry_sdk.testing.v2.manifests import Manifests
from docker_registry_sdk.testing.v2.needs import Needs, catalog_needs, content_needs, no_needs, upload_needs, upload_start_needs
from docker_registry_sdk.testing.v2.referrers import Referrers
from docker_registry_sdk.testing.v2.resource import Handler, Resource
from docker_registry_sdk.testing.v2.sessions import UploadSessions
from docker_registry_sdk.testing.v2.tags import Tags
from docker_registry_sdk.testing.v2.uploads import Uploads


def v2_routes(storage: Storage, settings: Settings, sessions: UploadSessions, guard: Guard) -> list[BaseRoute]:
    """Build the routes of API v2.

    Args:
        storage: Where the content is.
        settings: The registry's settings.
        sessions: The uploads that are going on.
        guard: Decides who may do what.

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
    return [Route(path, Resource(handlers, needs, guard)) for path, (needs, handlers) in table.items()]


async def _ping(_: Request) -> Response:
    """Answer that API v2 is spoken here."""
    return JSONResponse({})
