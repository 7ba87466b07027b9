"""Access rights: the rights that each operation requires, and the protocol of objects that check rights."""

from collections.abc import Callable, Container, Sequence
from typing import Protocol, TypeAlias

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.v2.names import parse_name


@attrs.frozen
class Access:
    """The right to one action on one resource.

    Args:
        type: The type of the resource, such as `repository`.
        name: The name of the resource.
        action: The action, such as `pull`.

    Source: Distribution, "Registry Token Scope and Access".
    """

    type: str
    name: str
    action: str


Grant: TypeAlias = Container[Access]
"""The rights of a client."""


class Authorizer(Protocol):
    """The protocol of objects that authorize requests."""

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Check the rights of the client.

        Args:
            request: The request.
            needed: The rights that the request requires; empty for a ping.

        Returns:
            All rights of the client.

        Raises:
            ApiError: The client lacks a right, or must authenticate.
        """
        ...


class _AllRights:
    """The rights to all actions on all resources."""

    def __contains__(self, access: object) -> bool:
        return True


class OpenAuthorizer:
    """The authorizer of a registry without authentication: all clients have all rights."""

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Return all rights."""
        return _AllRights()


def set_grant(request: Request, grant: Grant) -> None:
    """Store the rights of the client in a request."""
    request.state.grant = grant


def grant_of(request: Request) -> Grant:
    """Return the rights of the client of an authorized request."""
    grant: Grant = request.state.grant
    return grant


RequiredAccess: TypeAlias = Callable[[Request], list[Access]]
"""A function that returns the rights that a request requires."""


def pull_access(name: str) -> Access:
    """Return the right to read a repository."""
    return Access("repository", name, "pull")


def access_for_ping(_: Request) -> list[Access]:
    """Return an empty list, because a ping requires no rights. An authorizer may still require authentication."""
    return []


def access_for_catalog(_: Request) -> list[Access]:
    """Return the right to list the repositories.

    Source: Distribution, which requires the action `*` on the resource `catalog` of the type `registry`.
    """
    return [Access("registry", "catalog", "*")]


def access_for_content(request: Request) -> list[Access]:
    """Return the rights that a request for manifests, blobs, tags or referrers requires.

    The method of the request determines whether the right to pull, push or delete is required.

    Raises:
        ApiError: The repository name is invalid (NAME_INVALID).
    """
    name = parse_name(request.path_params["name"])
    if request.method in {"GET", "HEAD"}:
        return [pull_access(name)]
    if request.method == "DELETE":
        return [Access("repository", name, "delete")]
    return _push(name)


def access_for_upload(request: Request) -> list[Access]:
    """Return the rights to continue, query or cancel an upload: to pull from and to push to the repository.

    Raises:
        ApiError: The repository name is invalid (NAME_INVALID).
    """
    return _push(parse_name(request.path_params["name"]))


def access_for_upload_start(request: Request) -> list[Access]:
    """Return the rights to start an upload.

    A mount also requires the right to pull from the source repository, which the query parameter `from` names.

    Raises:
        ApiError: The repository name is invalid (NAME_INVALID).
    """
    needed = access_for_upload(request)
    query = request.query_params
    if "mount" in query and "from" in query:
        source = pull_access(parse_name(query["from"]))
        if source not in needed:
            needed.append(source)
    return needed


def _push(name: str) -> list[Access]:
    return [pull_access(name), Access("repository", name, "push")]
