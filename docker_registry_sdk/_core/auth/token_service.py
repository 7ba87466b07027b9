"""Requests to token services: a GET, or an OAuth2 POST with an identity token (the name of a refresh token in Docker)."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from ...credentials import Credential
from ...errors import AuthError, InvalidReferenceError, ParseError, StatusError, TokenLoginError
from ...token_auth import api, models
from ..names.origin import Origin
from ..text.redaction import one_line
from ..wire import CALL, HTTPRequest, HTTPResponse, Request, call_of, encode_url, error_text, name_url, set_call, verbatim_url
from .destinations import MAX_REDIRECTS, REDIRECT_STATUSES, Addresses, remove_secret_headers, set_spelling
from .effects import Effect, Read, Send
from .scope import ScopeSet

# The statuses of a POST to a token service that does not offer it: 404 (GCR and others), 401 (Artifactory), 400 (ACR), 405.
_NO_POST_STATUSES = frozenset({400, 401, 404, 405})
CLIENT_ID = "docker_registry_sdk"
# The characters of an Authorization header: printable ASCII without spaces.
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_MAX_ERRORS_SHOWN = 3
_TEMPORARY_STATUSES = frozenset({408, 425, 429})
_REALM_HINT = "Ask the operator of the registry to correct the realm in its challenge, or the token service at this URL."


class Grant(NamedTuple):
    """A token from a token service. Its `repr` shows no token.

    Attributes:
        token: The token.
        lifetime: The lifetime in seconds that the token service stated; None if it stated none.
        way: How the token was requested, in words, such as `GET with name and password`.
    """

    token: str
    lifetime: float | None
    way: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(way={self.way!r})"


def is_sendable(token: str) -> bool:
    """Return whether a token can be sent in an Authorization header: it is printable ASCII without spaces, and is not empty.

    Args:
        token: The token.
    """
    return _SENDABLE.fullmatch(token) is not None


def basic_authorization(username: str, password: str) -> str:
    """Return the value of an Authorization header for a name and password (RFC 7617, in UTF-8).

    Args:
        username: The name. It must not contain a colon, which separates the name and the password.
        password: The password.
    """
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def fetch_token(
    build: Callable[[Request], HTTPRequest], realm: str, service: str | None, scopes: ScopeSet, credential: Credential | None
) -> Generator[Effect, Any, Grant]:
    """Request a token from a token service, and return the token.

    An identity token is sent with a POST. If the token service does not support the POST, the identity token is sent as a
    password with a GET. Other requests are a GET.

    Args:
        build: A function that converts a `Request` of this package to an httpx request.
        realm: The URL of the token service, from the challenge.
        service: The parameter `service` of the challenge; None if the challenge has no such parameter.
        scopes: The scopes to request.
        credential: The credential to send; None to request an anonymous token.

    Raises:
        TokenLoginError: The token service answers 400, 401 or 403 to a request with the credential: it rejects the credential.
        AuthError: The token service answers 400, 401 or 403 to a request without a credential: it issues no anonymous token. Or
            there is no token service: the status is a redirect to another origin, 404 or another status that says so.
        StatusError: The token service failed or is busy (408, 425, 429, 5xx).
        ParseError: The response is malformed, contains no token, or contains a token that cannot be sent in a header.

    Source: https://distribution.github.io/distribution/spec/auth/token/, https://distribution.github.io/distribution/spec/auth/oauth/
    """
    texts = [str(scope) for scope in scopes.scopes]
    if credential is not None and credential.identity_token is not None:
        body = models.TokenRequest(
            grant_type=models.GrantType.REFRESH_TOKEN,
            service=service,
            client_id=CLIENT_ID,
            scope=" ".join(texts) or None,
            refresh_token=credential.identity_token,
        )
        response = yield from _exchange(build(api.post_token.request(realm, body)))
        if response.status_code not in _NO_POST_STATUSES:
            return _grant(realm, credential, api.post_token.parse, response, "POST with an identity token")
    request = build(api.get_token.request(realm, service=service, scope=texts or None, client_id=CLIENT_ID))
    way = "GET, anonymously"
    if credential is not None:
        secret = credential.password if credential.identity_token is None else credential.identity_token
        # Docker and its helpers use this user name for an identity token that is sent as a password.
        request.headers["Authorization"] = basic_authorization(credential.username or "<token>", secret or "")
        way = f"GET with {'name and password' if credential.identity_token is None else 'an identity token'}"
    response = yield from _exchange(request)
    return _grant(realm, credential, api.get_token.parse, response, way)


def builder_for(
    build: Callable[[Request], HTTPRequest], service: Origin, addresses: Addresses, *, with_secrets: bool
) -> Callable[[Request], HTTPRequest]:
    """Return a function that builds the requests to a token service, for `fetch_token`.

    Args:
        build: A function that converts a `Request` of this package to an httpx request.
        service: The origin of the token service.
        addresses: The only IP addresses that the requests may be sent to; None allows any address.
        with_secrets: Whether the requests keep the default headers of the caller's httpx client.
    """

    def build_for_service(request: Request) -> HTTPRequest:
        built = build(request)
        set_spelling(built, service)
        if not with_secrets:
            remove_secret_headers(built)
        set_call(built, call_of(built)._replace(addresses=addresses))
        return built

    return build_for_service


def _exchange(request: HTTPRequest) -> Generator[Effect, Any, HTTPResponse]:
    """Send a request to a token service, and return the response. Redirects within the token service's origin are followed."""
    read = yield from _send(request)
    for _ in range(MAX_REDIRECTS):
        moved = _redirected(request, read)
        if moved is None:
            break
        request = moved
        read = yield from _send(request)
    return read


def _send(request: HTTPRequest) -> Generator[Effect, Any, HTTPResponse]:
    set_call(request, call_of(request)._replace(buffered=True))  # a response that is cut is requested again
    response = yield Send(request, repeatable=True)
    read: HTTPResponse = yield Read(response)
    return read


def _redirected(request: HTTPRequest, response: HTTPResponse) -> HTTPRequest | None:
    """Return the request that a redirect requires; None if the response is no redirect to the same origin.

    Another origin must not get the credential, and an anonymous token of another origin would hide that the login was not used. A
    POST remains a POST, since the request for a token is in its body.
    """
    location = response.headers.get("Location", "").strip(" \t")
    if response.status_code not in REDIRECT_STATUSES or not location or (request.method, response.status_code) == ("POST", 303):
        return None
    try:
        named = name_url(str(request.url), encode_url(location, response.headers.encoding).partition("#")[0], "redirect")
        url, origin = verbatim_url(named), Origin.from_url(named)
        if origin != Origin.from_url(str(request.url)):
            return None
    except InvalidReferenceError:
        return None
    extensions = {**request.extensions, CALL: call_of(request)._replace(opaque=True)}
    moved = HTTPRequest(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)
    moved.url = url  # the constructor has normalized the URL
    set_spelling(moved, origin)
    return moved


def _grant(
    realm: str,
    credential: Credential | None,
    parse: Callable[[HTTPResponse], api.get_token.Success | api.post_token.Success],
    response: HTTPResponse,
    way: str,
) -> Grant:
    try:
        body: models.TokenResponse = parse(response).body
    except StatusError as error:
        said = "; ".join(one_line(str(detail), 200) for detail in error.errors[:_MAX_ERRORS_SHOWN] if str(detail))
        refusal = f"status {error.status} ({said})" if said else f"status {error.status}"
        source = f"the token service {error.url}"
        if error.status in (400, 401, 403):
            if credential is None:
                raise AuthError(f"it issues no anonymous token: {refusal}", source=source) from error
            raise TokenLoginError(f"it rejects the credential {credential.source}: {refusal}", source=source) from error
        if error.status in _TEMPORARY_STATUSES or error.status >= 500:
            raise
        # Not the exception of the status, such as NotFoundError: it would say that the tag or the repository does not exist.
        raise AuthError(f"it issues no tokens: {refusal}", source=source, hint=_REALM_HINT) from error
    token = body.token or body.access_token
    if not token:
        # The token may have another type than text: then the problems say so.
        odd = [text.partition(" ")[::2] for text in body.problems if text.startswith(("token ", "access_token "))]
        name, problem = odd[0] if odd else ("token", "is missing, and access_token is missing, too")
        words = error_text(response)
        problem = problem.partition(";")[0] + (f"; the response says: {words}" if words else "")
        raise ParseError(model="TokenResponse", field=name, problem=problem)
    if not is_sendable(token):
        raise ParseError(
            model="TokenResponse", field="token", problem="contains characters that are not allowed in an HTTP header"
        )
    return Grant(token=token, lifetime=_seconds(body.expires_in), way=way)


def _seconds(expires_in: float | str | None) -> float | None:
    """Return the field `expires_in` of a token response as a number; None if the field is absent or is not a finite number.

    Some servers send the number as a string.
    """
    try:
        seconds = math.nan if expires_in is None else float(expires_in)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
