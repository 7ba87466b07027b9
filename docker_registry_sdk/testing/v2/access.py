"""What a request may be allowed to do: the terms that the APIs and the authentication share."""

from collections.abc import Callable, Container, Sequence
from typing import Protocol, TypeAlias

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.v2.names import parse_name


@attrs.frozen
class Access:
    """One action on one resource.

    Args:
        type: The type of the resource, such as `repository`.
        name: Its name.
        action: The action, such as `pull`.

    Source: Distribution, "Registry Token Scope and Access".
    """

    type: str
    name: str
    action: str


Grant: TypeAlias = Container[Access]
"""What a caller may do."""


class Authorizer(Protocol):
    """Decides who gets in."""

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Let a request pass.

        Args:
            request: The request.
            needed: What it does; empty when it only asks whether the API is there.

        Returns:
            All that the caller may do.

        Raises:
            ApiError: The caller may not do it, or has to say who it is.
        """
        ...


class Everything:
    """The grant that lacks nothing."""

    def __contains__(self, access: object) -> bool:
        return True


class OpenAuthorizer:
    """The authorizer of a registry without authentication: everybody may do everything."""

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Let any request pass."""
        return Everything()


def set_grant(request: Request, grant: Grant) -> None:
    """Note in a request what its caller may do."""
    request.state.grant = grant


def grant_of(request: Request) -> Grant:
    """Return what the caller of an admitted request may do."""
    grant: Grant = request.state.grant
    return grant


Needs: TypeAlias = Callable[[Request], list[Access]]


def pull_access(name: str) -> Access:
    """Return the right to read a repository."""
    return Access("repository", name, "pull")


def no_needs(_: Request) -> list[Access]:
    """Return what it takes to ask whether the API is there: nothing, though an authorizer may want to know who asks."""
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
