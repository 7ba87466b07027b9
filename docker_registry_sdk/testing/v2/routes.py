"""The paths of API v2 and what answers them."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.v2.blobs import Blobs
from docker_registry_sdk.testing.v2.catalog import Catalog
from docker_registry_sdk.testing.v2.manifests import Manifests
from docker_registry_sdk.testing.v2.referrers import Referrers
from docker_registry_sdk.testing.v2.resource import Handler, Resource
from docker_registry_sdk.testing.v2.sessions import UploadSessions
from docker_registry_sdk.testing.v2.tags import Tags
from docker_registry_sdk.testing.v2.uploads import Uploads


def v2_routes(storage: Storage, settings: Settings, sessions: UploadSessions) -> list[BaseRoute]:
    """Build the routes of API v2.

    Args:
        storage: Where the content is.
        settings: The registry's settings.
        sessions: The uploads that are going on.

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
    table: dict[str, dict[str, Handler]] = {
        "/v2": {"GET": _ping, "HEAD": _ping},
        "/v2/": {"GET": _ping, "HEAD": _ping},
        "/v2/_catalog": {"GET": catalog.get, "HEAD": catalog.get},
        f"{name}/tags/list": {"GET": tags.get, "HEAD": tags.get},
        f"{name}/blobs/uploads/": {"POST": uploads.start},
        f"{name}/blobs/uploads/{{session}}": {
            "GET": uploads.status,
            "PATCH": uploads.append,
            "PUT": uploads.complete,
            "DELETE": uploads.cancel,
        },
        f"{name}/blobs/{{digest}}": {"GET": blobs.get, "HEAD": blobs.head, "DELETE": blobs.delete},
        f"{name}/manifests/{{reference}}": {
            "GET": manifests.get,
            "HEAD": manifests.get,
            "PUT": manifests.put,
            "DELETE": manifests.delete,
        },
        f"{name}/referrers/{{digest}}": {"GET": referrers.get, "HEAD": referrers.get},
    }
    return [Route(path, Resource(handlers)) for path, handlers in table.items()]


async def _ping(_: Request) -> Response:
    """Answer that API v2 is spoken here."""
    return JSONResponse({})
