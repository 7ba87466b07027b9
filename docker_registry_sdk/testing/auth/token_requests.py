"""Functions that parse token requests (GET with a query, POST with a form), and the error that rejects a token request."""

from collections.abc import Sequence
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl

import attrs
from starlette.responses import JSONResponse, Response

from docker_registry_sdk.testing.auth.headers import SERVICE, basic_challenge
from docker_registry_sdk.testing.auth.scopes import parse_scopes
from docker_registry_sdk.testing.v2.access import Access

MAX_FIELDS = 1000
"""The maximum number of fields in a query or form."""

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
"""The headers of all responses of the token service, which forbid caching (RFC 6749, section 5.1)."""

ErrorCode: TypeAlias = Literal["invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type"]


class TokenError(Exception):
    """An error that the token service sends to the client when it rejects a token request.

    Args:
        code: The error code of OAuth 2.0.
        message: The error message, which is sent as `error_description`.
        status: The status code of the response.
    """

    def __init__(self, code: ErrorCode, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self) -> Response:
        """Return the HTTP response with this error. If the status is 401, the response contains a Basic challenge.

        Source: RFC 6749, section 5.2. This section requires the status 400 for a wrong password or an invalid refresh token. But
        the token services of public registries answer 401 in these cases, so this token service answers 401, too.
        """
        headers = {**NO_STORE, "www-authenticate": basic_challenge()} if self.status == 401 else NO_STORE
        return JSONResponse({"error": self.code, "error_description": self.message}, self.status, headers)


@attrs.frozen
class TokenQuery:
    """The query of a token request by GET. The credentials of such a request are in the `Authorization` header.

    Args:
        requested: The rights that the client requests.
        offline: Whether the client requests a refresh token.
        account: The user name in the field `account`, or None if the query has no such field.
    """

    requested: Sequence[Access]
    offline: bool
    account: str | None


@attrs.frozen
class PasswordGrant:
    """The form of a token request by POST with a user name and a password.

    Args:
        requested: The rights that the client requests.
        offline: Whether the client requests a refresh token.
        username: The user name.
        password: The password.
    """

    requested: Sequence[Access]
    offline: bool
    username: str
    password: str = attrs.field(repr=False)


@attrs.frozen
class RefreshGrant:
    """The form of a token request by POST with a refresh token.

    Args:
        requested: The rights that the client requests.
        refresh_token: The refresh token.
    """

    requested: Sequence[Access]
    refresh_token: str = attrs.field(repr=False)


def parse_query(query: bytes) -> TokenQuery:
    """Parse the query of a token request by GET.

    Args:
        query: The query of the URL, percent-encoded.

    The query may have several fields `scope`, and each of these fields may contain several scopes.

    Raises:
        TokenError: The query cannot be decoded, has too many fields, repeats a field other than `scope`, or has a field with an
            invalid value.

    Source: Distribution, "Token Authentication Specification".
    """
    fields = _Fields(query)
    _check_service(fields.one("service"))
    _check_client(fields.one("client_id"))
    offline = fields.one("offline_token")
    if offline not in {None, "true", "false"}:
        raise TokenError("invalid_request", "offline_token must be 'true' or 'false'")
    return TokenQuery(_parse_scopes(fields.all("scope")), offline == "true", fields.one("account"))


def parse_form(body: bytes) -> PasswordGrant | RefreshGrant:
    """Parse the form of a token request by POST.

    Args:
        body: The body, whose media type is `application/x-www-form-urlencoded`.

    Returns:
        A PasswordGrant if the field `grant_type` is `password`, or a RefreshGrant if the field is `refresh_token`.

    Raises:
        TokenError: The form cannot be decoded, has too many fields, repeats a field, lacks a required field, or has a field with
            an invalid value.

    Source: Distribution, "Oauth2 Token Authentication".
    """
    fields = _Fields(body)
    grant_type = fields.required("grant_type")
    if grant_type not in {"password", "refresh_token"}:
        raise TokenError("unsupported_grant_type", "grant_type must be 'password' or 'refresh_token'")
    _check_service(fields.required("service"))
    _check_client(fields.required("client_id"))
    access_type = fields.one("access_type")
    if access_type not in {None, "online", "offline"}:
        raise TokenError("invalid_request", "access_type must be 'online' or 'offline'")
    requested = _parse_scopes([fields.one("scope") or ""])
    if grant_type == "refresh_token":
        return RefreshGrant(requested, fields.required("refresh_token"))
    return PasswordGrant(requested, access_type == "offline", fields.required("username"), fields.required("password"))


class _Fields:
    """The fields of a query or a form. A field with an empty value is regarded as missing (RFC 6749, section 3.2)."""

    def __init__(self, encoded: bytes) -> None:
        try:
            self._pairs = parse_qsl(encoded.decode("ascii"), errors="strict", max_num_fields=MAX_FIELDS)
        except ValueError as error:
            raise TokenError(
                "invalid_request", f"the query or the form is not percent-encoded UTF-8, or has more than {MAX_FIELDS} fields"
            ) from error

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        if len(values) > 1:
            raise TokenError("invalid_request", f"the field {name} occurs more than once")
        return values[0] if values else None

    def required(self, name: str) -> str:
        value = self.one(name)
        if value is None:
            raise TokenError("invalid_request", f"the field {name} is missing")
        return value


def _check_service(service: str | None) -> None:
    if service not in {None, SERVICE}:
        raise TokenError("invalid_request", f"service must be '{SERVICE}', as in the challenge")


def _check_client(client: str | None) -> None:
    """Check that the field `client_id`, the name of the client software, is printable ASCII (RFC 6749, appendix A.1).

    None, which means that the request has no such field, passes the check.
    """
    if client is not None and not (client.isascii() and client.isprintable()):
        raise TokenError("invalid_request", "client_id must contain printable ASCII characters only")


def _parse_scopes(scopes: Sequence[str]) -> list[Access]:
    try:
        return parse_scopes(" ".join(scopes))
    except ValueError as error:
        raise TokenError("invalid_scope", str(error)) from error
