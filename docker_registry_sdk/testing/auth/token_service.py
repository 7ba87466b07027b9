"""The token service, which issues tokens for GET requests, and for POST requests of OAuth 2.0. All clients support GET."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.headers import parse_authorization, parse_basic
from docker_registry_sdk.testing.auth.scopes import format_scopes
from docker_registry_sdk.testing.auth.token_requests import NO_STORE, PasswordGrant, TokenError, parse_form, parse_query
from docker_registry_sdk.testing.auth.tokens import Tokens
from docker_registry_sdk.testing.v2.access import Access

MAX_BODY_BYTES = 256 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"


@attrs.frozen
class TokenService:
    """An ASGI application that issues tokens.

    If a client requests rights that it does not have, the response is not an error, but a token that grants only those requested
    rights that the client has. When the client uses this token for a request that requires a missing right, the registry answers
    401.

    Args:
        account: The user account.
        tokens: The issuer of the tokens.

    Source: Distribution, "Token Authentication Specification" and "Oauth2 Token Authentication".
    """

    account: Account
    tokens: Tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a token request. If the client disconnects before the body has been received, send no response."""
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
        body = {"error": "invalid_request", "error_description": "the token service supports only GET and POST"}
        return JSONResponse(body, 405, {**NO_STORE, "allow": "GET, POST"})

    def _get(self, request: Request) -> Response:
        query = parse_query(request.scope["query_string"])
        authenticated = self._authenticate(request, query.account)
        refresh_token = self.tokens.issue_refresh_token() if authenticated and query.offline else None
        return self._token_response(query.requested, refresh_token, authenticated=authenticated)

    def _authenticate(self, request: Request, account: str | None) -> bool:
        """Check the credentials in the `Authorization` header of a request.

        Args:
            request: The request.
            account: The field `account` of the query, or None if the query has no such field.

        Returns:
            True if the header contains the user name and the password of the user, or False if the request has no such header.

        Raises:
            TokenError: The credentials are malformed or wrong, or `account` differs from the user name in the header.
        """
        authorization = parse_authorization(request.headers.get("authorization"))
        if authorization is None:
            return False
        credentials = parse_basic(authorization.value) if authorization.scheme == "basic" else None
        if credentials is None or not self.account.matches(*credentials):
            raise TokenError("invalid_client", "the user name or the password is wrong", status=401)
        if account not in {None, credentials[0]}:
            raise TokenError("invalid_request", "the field account differs from the user name in the Authorization header")
        return True

    async def _post(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
            raise TokenError("invalid_request", f"the media type of the body must be {FORM_TYPE}")
        grant = parse_form(await _read_body(request))
        if isinstance(grant, PasswordGrant):
            if not self.account.matches(grant.username, grant.password):
                raise TokenError("invalid_grant", "the user name or the password is wrong", status=401)
            refresh_token = self.tokens.issue_refresh_token() if grant.offline else None
        else:
            refresh_token = grant.refresh_token
            if not self.tokens.accepts_refresh_token(refresh_token):
                raise TokenError("invalid_grant", "the refresh token is invalid or revoked", status=401)
        return self._token_response(grant.requested, refresh_token, authenticated=True, with_scope=True)

    def _token_response(
        self, requested: Sequence[Access], refresh_token: str | None, *, authenticated: bool, with_scope: bool = False
    ) -> Response:
        rights = self.account.rights(authenticated=authenticated)
        granted = [access for access in requested if access in rights]
        token = self.tokens.issue(self.account.username if authenticated else "", granted)
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


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TokenError("invalid_request", f"the body is larger than {MAX_BODY_BYTES} bytes")
    return bytes(body)
