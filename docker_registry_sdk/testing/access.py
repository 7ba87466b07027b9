"""What a request may be allowed to do: the terms that the APIs and the authentication share."""

from collections.abc import Container, Sequence
from typing import Protocol, TypeAlias

import attrs
from starlette.requests import Request


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


class Guard(Protocol):
    """Decides who gets in."""

    def admit(self, request: Request, needed: Sequence[Access]) -> Grant:
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


class OpenGuard:
    """The guard of a registry without authentication: everybody may do everything."""

    def admit(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Let any request pass."""
        return Everything()


def set_grant(request: Request, grant: Grant) -> None:
    """Note in a request what its caller may do."""
    request.state.grant = grant


def grant_of(request: Request) -> Grant:
    """Return what the caller of an admitted request may do."""
    grant: Grant = request.state.grant
    return grant
