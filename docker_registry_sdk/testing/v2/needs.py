"""What each operation of API v2 needs to be allowed."""

from collections.abc import Callable
from typing import TypeAlias

from starlette.requests import Request

from docker_registry_sdk.testing.access import Access
from docker_registry_sdk.testing.v2.names import parse_name

Needs: TypeAlias = Callable[[Request], list[Access]]


def pull_access(name: str) -> Access:
    """Return the right to read a repository."""
    return Access("repository", name, "pull")


def no_needs(_: Request) -> list[Access]:
    """Return what it takes to ask whether the API is there: nothing, though a guard may want to know who asks."""
    return []


def catalog_needs(_: Request) -> list[Access]:
    """Return what it takes to list the repositories.

    Source: Distribution asks for the action `*` on the resource `catalog` of the type `registry`.
    """
    return [Access("registry", "catalog", "*")]


def content_needs(request: Request) -> list[Access]:
    """Return what it takes to read, write or delete manifests, blobs, tags and referrers, by the request's method.

    Raises:
        ApiError: NAME_INVALID.
    """
    name = parse_name(request.path_params["name"])
    if request.method in {"GET", "HEAD"}:
        return [pull_access(name)]
    if request.method == "DELETE":
        return [Access("repository", name, "delete")]
    return _push(name)


def upload_needs(request: Request) -> list[Access]:
    """Return what it takes to go on with an upload, to ask about it or to cancel it: the right that it was begun with.

    Raises:
        ApiError: NAME_INVALID.
    """
    return _push(parse_name(request.path_params["name"]))


def upload_start_needs(request: Request) -> list[Access]:
    """Return what it takes to begin an upload; a mount reads the repository that it names in `from`, too.

    Raises:
        ApiError: NAME_INVALID.
    """
    needed = upload_needs(request)
    query = request.query_params
    if "mount" in query and "from" in query:
        source = pull_access(parse_name(query["from"]))
        if source not in needed:
            needed.append(source)
    return needed


def _push(name: str) -> list[Access]:
    return [pull_access(name), Access("repository", name, "push")]
