"""The ways to authenticate, and what each of them takes."""

from typing import Literal, Protocol, TypeAlias, get_args

import attrs
from starlette.routing import BaseRoute

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.address import TokenAddress
from docker_registry_sdk.testing.auth.basic_guard import BasicGuard
from docker_registry_sdk.testing.extra import needs_extra
from docker_registry_sdk.testing.settings import Clock
from docker_registry_sdk.testing.v2.access import Guard, OpenGuard

AuthMode: TypeAlias = Literal["none", "basic", "token"]
"""Whether callers have to say who they are: not at all, with a user name and a password, or with a token."""


class Authentication(Protocol):
    """A way to authenticate."""

    def token_routes(self, path: str) -> list[BaseRoute]:
        """Return the routes of the token service, if there is one.

        Args:
            path: Its path.
        """
        ...

    def guard(self, address: TokenAddress) -> Guard:
        """Return what decides who gets in.

        Args:
            address: Where the token service is, if there is one.
        """
        ...

    def revoke_tokens(self) -> None:
        """Refuse all tokens that were given out so far; without effect where none are."""
        ...


def create_authentication(mode: AuthMode, account: Account, clock: Clock, token_lifetime: int) -> Authentication:
    """Make a way to authenticate. What it takes for tokens is imported only when they are used.

    Args:
        mode: The way.
        account: The user, and what others may do.
        clock: The time that counts.
        token_lifetime: For how many seconds a token is good.

    Returns:
        The way.

    Raises:
        ImportError: The extra `testing` is not installed.
        ValueError: There is no such way.
    """
    if mode not in get_args(AuthMode):
        raise ValueError(f"auth is none of {', '.join(get_args(AuthMode))}")
    if mode == "token":
        with needs_extra():
            from docker_registry_sdk.testing.auth.token_mode import TokenAuthentication

        return TokenAuthentication.create(account, clock, token_lifetime)
    return _WithoutTokens(BasicGuard(account) if mode == "basic" else OpenGuard())


@attrs.frozen
class _WithoutTokens:
    """A way that needs a guard alone."""

    _guard: Guard

    def token_routes(self, path: str) -> list[BaseRoute]:
        return []

    def guard(self, address: TokenAddress) -> Guard:
        return self._guard

    def revoke_tokens(self) -> None:
        pass
