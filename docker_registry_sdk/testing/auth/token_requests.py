"""Requests for tokens: reading what a client sent, by GET or by POST."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

import attrs

from docker_registry_sdk.testing.auth.scopes import parse_scopes
from docker_registry_sdk.testing.auth.token_errors import TokenError
from docker_registry_sdk.testing.auth.tokens import SERVICE
from docker_registry_sdk.testing.v2.access import Access

FIELD_LIMIT = 1000


@attrs.frozen
class TokenQuery:
    """A request by GET; its credentials are in a header.

    Args:
        wanted: The rights that are asked for.
        offline: Whether a refresh token is wanted.
        account: The user name that the client says to have.
    """

    wanted: Sequence[Access]
    offline: bool
    account: str | None


@attrs.frozen
class PasswordGrant:
    """A request by POST with a user name and a password.

    Args:
        wanted: The rights that are asked for.
        offline: Whether a refresh token is wanted.
        username: The user name.
        password: The password.
    """

    wanted: Sequence[Access]
    offline: bool
    username: str
    password: str = attrs.field(repr=False)


@attrs.frozen
class RefreshGrant:
    """A request by POST with a refresh token.

    Args:
        wanted: The rights that are asked for.
        refresh_token: The refresh token.
    """

    wanted: Sequence[Access]
    refresh_token: str = attrs.field(repr=False)


def parse_query(query: bytes) -> TokenQuery:
    """Read a request by GET.

    Args:
        query: The query of its URL.

    Returns:
        What it asks for.

    Raises:
        TokenError: It is malformed.

    Source: Distribution, "Token Authentication Specification"; there may be several `scope`, each of one scope or more.
    """
    fields = _Fields(query)
    _check_service(fields.one("service"))
    _check_client(fields.one("client_id"))
    offline = fields.one("offline_token")
    if offline not in {None, "true", "false"}:
        raise TokenError("invalid_request", "offline_token is neither true nor false")
    return TokenQuery(_wanted(fields.all("scope")), offline == "true", fields.one("account"))


def parse_form(body: bytes) -> PasswordGrant | RefreshGrant:
    """Read a request by POST.

    Args:
        body: Its body, a form.

    Returns:
        What it asks for.

    Raises:
        TokenError: It is malformed.

    Source: Distribution, "Oauth2 Token Authentication".
    """
    fields = _Fields(body)
    grant_type = fields.required("grant_type")
    if grant_type not in {"password", "refresh_token"}:
        raise TokenError("unsupported_grant_type", "the grant type is neither password nor refresh_token")
    _check_service(fields.required("service"))
    _check_client(fields.required("client_id"))
    access_type = fields.one("access_type")
    if access_type not in {None, "online", "offline"}:
        raise TokenError("invalid_request", "access_type is neither online nor offline")
    wanted = _wanted([fields.one("scope") or ""])
    if grant_type == "refresh_token":
        return RefreshGrant(wanted, fields.required("refresh_token"))
    return PasswordGrant(wanted, access_type == "offline", fields.required("username"), fields.required("password"))


class _Fields:
    """The fields of a form or of a query; one without a value counts as missing (RFC 6749, section 3.2)."""

    def __init__(self, encoded: bytes) -> None:
        try:
            self._pairs = parse_qsl(encoded.decode("ascii"), errors="strict", max_num_fields=FIELD_LIMIT)
        except ValueError as error:
            raise TokenError("invalid_request", "the fields cannot be read") from error

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        if len(values) > 1:
            raise TokenError("invalid_request", f"{name} is there more than once")
        return values[0] if values else None

    def required(self, name: str) -> str:
        value = self.one(name)
        if value is None:
            raise TokenError("invalid_request", f"{name} is missing")
        return value


def _check_service(service: str | None) -> None:
    if service not in {None, SERVICE}:
        raise TokenError("invalid_request", "service is not the one that the challenge names")


def _check_client(client: str | None) -> None:
    """Check the name of the client (RFC 6749, appendix A.1)."""
    if client is not None and not (client.isascii() and client.isprintable()):
        raise TokenError("invalid_request", "client_id holds characters that it must not")


def _wanted(scopes: Sequence[str]) -> list[Access]:
    try:
        return parse_scopes(" ".join(scopes))
    except ValueError as error:
        raise TokenError("invalid_scope", str(error)) from error
