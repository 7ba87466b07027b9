"""The authentication modes, and the authorizers of the requests to API v2."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import attrs
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.headers import (
    TokenAddress,
    basic_challenge,
    bearer_challenge,
    parse_authorization,
    parse_basic,
    unauthorized,
)
from docker_registry_sdk.testing.auth.scopes import format_scopes
from docker_registry_sdk.testing.extra import needs_extra
from docker_registry_sdk.testing.settings import RegistryClock
from docker_registry_sdk.testing.v2.access import Access, Authorizer, Grant, OpenAuthorizer

if TYPE_CHECKING:
    from docker_registry_sdk.testing.auth.tokens import Tokens

AuthMode: TypeAlias = Literal["none", "basic", "token"]
"""The authentication of clients: no authentication, a user name and a password, or a token."""

ANONYMOUS = ("", "")
"""An empty user name and an empty password, which stand for an anonymous client.

containers/image without credentials answers a Basic challenge with this user name and password. Other anonymous clients send no
`Authorization` header.
"""


@attrs.frozen
class Authentication:
    """The authentication of a registry's clients. The function `create_authentication` creates such an object.

    Args:
        mode: The authentication mode: `none`, `basic` or `token`.
        account: The user account.
        tokens: The issuer and verifier of tokens if the mode is `token`, otherwise None.
    """

    mode: AuthMode
    account: Account
    tokens: "Tokens | None"

    def token_routes(self, path: str) -> list[BaseRoute]:
        """Return a list with one route, the route of the token service. If the mode is not `token`, return an empty list.

        Args:
            path: The path for which the token service answers requests, such as `/token`.
        """
        if self.tokens is None:
            return []
        from docker_registry_sdk.testing.auth.token_service import TokenService

        return [Route(path, TokenService(self.account, self.tokens))]

    def authorizer(self, address: TokenAddress) -> Authorizer:
        """Return the authorizer for the mode, which checks the token of a request, or its Basic credentials, or nothing.

        Args:
            address: The address of the token service, which Bearer challenges contain. Only the mode `token` uses this address.
        """
        if self.tokens is not None:
            return TokenAuthorizer(self.tokens, address)
        return BasicAuthorizer(self.account) if self.mode == "basic" else OpenAuthorizer()

    def revoke_tokens(self) -> None:
        """Revoke all tokens issued so far. If the mode is not `token`, the call has no effect."""
        if self.tokens is not None:
            self.tokens.revoke()


def create_authentication(mode: AuthMode, account: Account, clock: RegistryClock, token_lifetime: int) -> Authentication:
    """Create the authentication of a registry's clients. Import the JWT library only if the mode is `token`.

    Args:
        mode: The authentication mode.
        account: The user account.
        clock: The clock that decides when tokens expire.
        token_lifetime: The lifetime of access tokens in seconds.

    Raises:
        ImportError: The mode is `token`, but the extra `testing` is not installed.
        ValueError: The mode is not `none`, `basic` or `token`.
    """
    if mode not in get_args(AuthMode):
        raise ValueError(f"the option auth must be one of {', '.join(get_args(AuthMode))}")
    if mode != "token":
        return Authentication(mode, account, None)
    with needs_extra():
        from docker_registry_sdk.testing.auth.tokens import Tokens
    return Authentication(mode, account, Tokens(clock, token_lifetime))


@attrs.frozen
class BasicAuthorizer:
    """An authorizer that checks the user name and the password in requests.

    A request for the path `/v2/` always requires credentials, even if anonymous clients may pull. The reason: clients send this
    request without credentials to learn the authentication scheme from the challenge in the 401 response, and `docker login`
    sends the same request with credentials to learn whether the credentials are correct.

    Args:
        account: The user account.
    """

    account: Account

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Check the credentials in a request, and return all rights of the client.

        Args:
            request: The request.
            needed: The rights that the request requires. It is empty for the path `/v2/`.

        Raises:
            ApiError: 401: the credentials are malformed or wrong. Or the request has no credentials, but `needed` is empty or
                contains a right that anonymous clients do not have.
        """
        credentials = _basic_credentials(request)
        if credentials == ANONYMOUS:
            grant = self.account.rights(authenticated=False)
            if needed and all(access in grant for access in needed):
                return grant
            raise unauthorized(basic_challenge(), needed)
        if credentials is None or not self.account.matches(*credentials):
            raise unauthorized(basic_challenge(), needed, "the user name or the password is wrong")
        return self.account.rights(authenticated=True)


@attrs.frozen
class TokenAuthorizer:
    """An authorizer that accepts requests with a valid token whose scopes are sufficient. The user in the token is ignored.

    Args:
        tokens: The verifier of the tokens.
        address: The address of the token service, which Bearer challenges contain.

    Source: Distribution, "Token Authentication Specification".
    """

    tokens: "Tokens"
    address: TokenAddress

    def authorize(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Check the token in a request, and return all rights that the token grants.

        Args:
            request: The request.
            needed: The rights that the request requires. It is empty for the path `/v2/`, which requires only a valid token.

        Raises:
            ApiError: 401: the request has no token, the token is invalid, expired or revoked, or the token does not grant all
                rights in `needed`.
        """
        authorization = parse_authorization(request.headers.get("authorization"))
        if authorization is None or authorization.scheme != "bearer" or not authorization.value:
            raise self._unauthorized(request, needed)
        grant = self.tokens.verify(authorization.value)
        if grant is None:
            raise self._unauthorized(request, needed, "invalid_token", "the token is invalid, expired or revoked")
        if not all(access in grant for access in needed):
            raise self._unauthorized(request, needed, "insufficient_scope", "the scopes of the token do not allow this request")
        return grant

    def _unauthorized(
        self, request: Request, needed: Sequence[Access], error: str | None = None, message: str | None = None
    ) -> Exception:
        challenge = bearer_challenge(self.address.for_request(request), format_scopes(needed), error)
        return unauthorized(challenge, needed, message)


def _basic_credentials(request: Request) -> tuple[str, str] | None:
    """Return the user name and the password in the `Authorization` header of a request.

    Return ANONYMOUS if the request has no such header, or None if the header is malformed or has another scheme than Basic.
    """
    authorization = parse_authorization(request.headers.get("authorization"))
    if authorization is None:
        return ANONYMOUS
    return parse_basic(authorization.value) if authorization.scheme == "basic" else None
