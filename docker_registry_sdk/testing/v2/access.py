"""Access rights: the rights that each request requires, and the protocol of the objects that check the rights of clients."""

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
        name: The name of the resource, for example of a repository.
        action: The action, such as `pull`; `*` is all actions.

    Source: Distribution, "Registry Token Scope and Access".
    """

    type: str
    name: str
    action: str


Grant: TypeAlias = Container[Access]
"""The rights of a client."""


class Authorizer(Protocol):
    """The protocol of objects that check whether a client has the rights that a request requires."""

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Check that the client has all rights that a request requires.

        Args:
            request: The request.
            needed: The rights that the request requires. The sequence is empty for a ping.

        Returns:
            All rights of the client, not only those in `needed`.

        Raises:
            ApiError: The client lacks a right in `needed`, or has not authenticated although the registry requires it.
        """
        ...


class _AllRights:
    """A `Grant` that contains the rights to all actions on all resources."""

    def __contains__(self, access: object) -> bool:
        return True


class OpenAuthorizer:
    """The authorizer of a registry without authentication: all clients have all rights."""

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Return the rights to all actions on all resources."""
        return _AllRights()


def set_grant(request: Request, grant: Grant) -> None:
    """Store the rights of the client in a request, from which `grant_of` reads them."""
    request.state.grant = grant


def grant_of(request: Request) -> Grant:
    """Return the rights of the client that `set_grant` has stored in a request."""
    grant: Grant = request.state.grant
    return grant


RequiredAccess: TypeAlias = Callable[[Request], list[Access]]
"""A function that returns the rights that a request requires."""


def pull_access(name: str) -> Access:
    """Return the right to pull from a repository."""
    return Access("repository", name, "pull")


def access_for_ping(_: Request) -> list[Access]:
    """Return an empty list, because a ping requires no rights. But an authorizer may require that the client authenticates."""
    return []


def access_for_catalog(_: Request) -> list[Access]:
    """Return the right to list the repositories.

    Source: Distribution (the registry of Docker), which requires the action `*` on the resource `catalog` of the type `registry`.
    """
    return [Access("registry", "catalog", "*")]


def access_for_content(request: Request) -> list[Access]:
    """Return the rights that a request for manifests, blobs, tags or referrers requires.

    GET and HEAD require the right to pull, DELETE the right to delete, and PUT the rights to pull and to push.

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
    """Return the rights that a request for an upload in progress requires: to pull from and to push to the repository.

    Raises:
        ApiError: The repository name is invalid (NAME_INVALID).
    """
    return _push(parse_name(request.path_params["name"]))


def access_for_upload_start(request: Request) -> list[Access]:
    """Return the rights that a request to start an upload or to mount a blob requires.

    Both require the rights to pull from and to push to the repository. A mount also requires the right to pull from the source
    repository, if the query parameter `from` names a source repository.

    Raises:
        ApiError: The name of the repository or of the source repository is invalid (NAME_INVALID).
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
