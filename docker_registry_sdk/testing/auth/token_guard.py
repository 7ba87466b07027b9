"""The guard of a registry with token authentication."""

from collections.abc import Sequence

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.auth.address import TokenAddress
from docker_registry_sdk.testing.auth.authorization import parse_authorization
from docker_registry_sdk.testing.auth.challenge import bearer_challenge, refusal
from docker_registry_sdk.testing.auth.scopes import format_scopes
from docker_registry_sdk.testing.auth.tokens import SERVICE, Tokens
from docker_registry_sdk.testing.v2.access import Access, Grant


@attrs.frozen
class TokenGuard:
    """Lets in who has a token that allows what the request does; whose it is does not matter.

    Args:
        tokens: What checks tokens.
        address: Where clients get them.

    Source: Distribution, "Token Authentication Specification".
    """

    tokens: Tokens
    address: TokenAddress

    def admit(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Let a request pass, or tell which token it takes."""
        authorization = parse_authorization(request.headers.get("authorization"))
        if authorization is None or authorization.scheme != "bearer" or not authorization.value:
            raise self._refusal(request, needed)
        grant = self.tokens.verify(authorization.value)
        if grant is None:
            raise self._refusal(request, needed, "invalid_token", "the token is not good, or not any more")
        if not all(access in grant for access in needed):
            raise self._refusal(request, needed, "insufficient_scope", "the token does not allow this")
        return grant

    def _refusal(
        self, request: Request, needed: Sequence[Access], error: str | None = None, message: str | None = None
    ) -> Exception:
        realm = self.address.for_request(request)
        return refusal(bearer_challenge(realm, SERVICE, format_scopes(needed), error), needed, message)
