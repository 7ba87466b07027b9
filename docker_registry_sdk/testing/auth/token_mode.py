"""What token authentication takes: the tokens, the service that gives them out, and the guard that looks at them."""

from typing import Self

import attrs
from starlette.routing import BaseRoute, Route

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.address import TokenAddress
from docker_registry_sdk.testing.auth.token_guard import TokenGuard
from docker_registry_sdk.testing.auth.token_service import TokenService
from docker_registry_sdk.testing.auth.tokens import Tokens
from docker_registry_sdk.testing.settings import Clock
from docker_registry_sdk.testing.v2.access import Guard


@attrs.frozen
class TokenAuthentication:
    """Authentication by tokens.

    Args:
        account: The user, and what others may do.
        tokens: What makes and checks the tokens.
    """

    account: Account
    tokens: Tokens

    @classmethod
    def create(cls, account: Account, clock: Clock, lifetime: int) -> Self:
        """Make it with tokens of its own.

        Args:
            account: The user, and what others may do.
            clock: The time that counts.
            lifetime: For how many seconds a token is good.
        """
        return cls(account, Tokens(clock, lifetime))

    def token_routes(self, path: str) -> list[BaseRoute]:
        """Return the route of the token service.

        Args:
            path: Its path.
        """
        return [Route(path, TokenService(self.account, self.tokens))]

    def guard(self, address: TokenAddress) -> Guard:
        """Return what decides who gets in.

        Args:
            address: Where the token service is.
        """
        return TokenGuard(self.tokens, address)

    def revoke_tokens(self) -> None:
        """Refuse all tokens that were given out so far."""
        self.tokens.revoke()
