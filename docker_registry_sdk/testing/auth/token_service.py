"""The token service: gives out tokens, by GET as every client knows it, and by OAuth 2.0."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.authorization import parse_authorization, parse_basic
from docker_registry_sdk.testing.auth.scopes import format_scopes
from docker_registry_sdk.testing.auth.token_errors import NO_STORE, TokenError
from docker_registry_sdk.testing.auth.token_requests import PasswordGrant, parse_form, parse_query
from docker_registry_sdk.testing.auth.tokens import Tokens
from docker_registry_sdk.testing.v2.access import Access

BODY_LIMIT = 256 * 1024
FORM = "application/x-www-form-urlencoded"


@attrs.frozen
class TokenService:
    """An ASGI application that gives out tokens.

    Rights that the caller does not have are left out of the token without a word: the registry will refuse it.

    Args:
        account: The user, and what others may do.
        tokens: What makes the tokens.

    Source: Distribution, "Token Authentication Specification" and "Oauth2 Token Authentication".
    """

    account: Account
    tokens: Tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose client has gone is not answered."""
        request = Request(scope, receive, send)
        try:
            response = await self._respond(request)
        except TokenError as error:
            response = error.response()
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "GET":
            return self._get(request)
        if request.method == "POST":
            return await self._post(request)
        body = {"error": "invalid_request", "error_description": "tokens are given by GET and by POST"}
        return JSONResponse(body, 405, {**NO_STORE, "allow": "GET, POST"})

    def _get(self, request: Request) -> Response:
        query = parse_query(request.scope["query_string"])
        known = self._is_known(request, query.account)
        refresh_token = self.tokens.issue_refresh_token() if known and query.offline else None
        return self._answer(known, query.wanted, refresh_token)

    def _is_known(self, request: Request, account: str | None) -> bool:
        """Say whether it is the user who asks, or somebody who does not say who they are."""
        authorization = parse_authorization(request.headers.get("authorization"))
        if authorization is None:
            return False
        credentials = parse_basic(authorization.value) if authorization.scheme == "basic" else None
        if credentials is None or not self.account.matches(*credentials):
            raise TokenError("invalid_client", "the user name or the password is wrong", status=401)
        if account not in {None, credentials[0]}:
            raise TokenError("invalid_request", "account is not the user name of the credentials")
        return True

    async def _post(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise TokenError("invalid_request", f"the body is not {FORM}")
        grant = parse_form(await _read(request))
        if isinstance(grant, PasswordGrant):
            if not self.account.matches(grant.username, grant.password):
                raise TokenError("invalid_grant", "the user name or the password is wrong", status=401)
            refresh_token = self.tokens.issue_refresh_token() if grant.offline else None
        else:
            refresh_token = grant.refresh_token
            if not self.tokens.accepts_refresh_token(refresh_token):
                raise TokenError("invalid_grant", "the refresh token is not good, or not any more", status=401)
        return self._answer(True, grant.wanted, refresh_token, with_scope=True)

    def _answer(self, known: bool, wanted: Sequence[Access], refresh_token: str | None, *, with_scope: bool = False) -> Response:
        rights = self.account.rights(known=known)
        granted = [access for access in wanted if access in rights]
        token = self.tokens.issue(self.account.username if known else "", granted)
        body: dict[str, Any] = {
            "token": token.value,
            "access_token": token.value,
            "expires_in": token.lifetime,
            "issued_at": datetime.fromtimestamp(token.issued_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if refresh_token is not None:
            body["refresh_token"] = refresh_token
        if with_scope:
            body["scope"] = format_scopes(granted)
        return JSONResponse(body, headers=NO_STORE)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise TokenError("invalid_request", "the body is too long")
    return bytes(body)
