"""The sessions of API v1 (token and cookies), and the request headers that carry passwords, tokens and cookies. Free of I/O."""

from __future__ import annotations

from typing import Final, Literal, Protocol, TypeAlias

from attrs import define, field

from .._core.auth.token_service import basic_authorization
from .._core.names.origin import Origin
from .._core.wire import HTTPRequest, HTTPResponse, call_of, set_call, verbatim_url
from ..credentials import Credential

Access: TypeAlias = Literal["read", "write", "delete"]
Cookies: TypeAlias = dict[str, str]

# The limits of browsers, per host; a session needs far less.
MAX_COOKIES: Final = 50
MAX_COOKIE_LENGTH: Final = 4096
_TOKEN_SCHEME: Final = "token "


class SessionHeaders(Protocol):
    """The headers of a response with which an index opens a session."""

    @property
    def x_docker_token(self) -> str | None:
        """Return the value of the X-Docker-Token header, which holds the token; None if the response has no such header."""
        ...

    @property
    def x_docker_endpoints(self) -> str | None:
        """Return the value of the X-Docker-Endpoints header, which names the registries; None if there is no such header."""
        ...

    @property
    def www_authenticate(self) -> str | None:
        """Return the value of the WWW-Authenticate header, in which some servers send the token; None if it is missing."""
        ...


@define(kw_only=True)
class V1Session:
    """The session of a repository for one kind of access: token, cookies, registries, and counts of requests with the token.

    Attributes:
        access: The access that the token grants: `read`, `write` or `delete`.
        opener: The request that opened the session, without credentials, to be sent again to open a new session. None for a
            session that no request has opened.
        token: The token; None if the index sent no token.
        endpoints: The X-Docker-Endpoints header, with the registries that the index named; None if there was no such header.
        index_cookies: The cookies that the index set.
        cookies: The cookies that the registries set, by registry.
        cookie_origins: The registries that have set a cookie in a response to the token, which they accept instead of the token.
        sent: The number of requests that carried the token.
        accepted: The number of requests that carried the token and were not answered with 401.
    """

    access: Access
    opener: HTTPRequest | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    endpoints: str | None = None
    index_cookies: Cookies = field(factory=dict, repr=False)
    cookies: dict[Origin, Cookies] = field(factory=dict, repr=False)
    cookie_origins: set[Origin] = field(factory=set)
    sent: int = 0
    accepted: int = 0


def access_of(method: str) -> Access:
    """Return the access that a request to a registry needs: `read`, `write` or `delete`.

    Args:
        method: The HTTP method of the request, in capital letters.

    Source: docker-registry 0.9, toolkit.check_token.
    """
    return "read" if method in ("GET", "HEAD") else "delete" if method == "DELETE" else "write"


def token_of(headers: SessionHeaders) -> str | None:
    """Return the token in a response, or None if there is no token.

    Some servers write the word `Token` before the token; the word is removed.

    Args:
        headers: The headers of a response with which an index opens a session.
    """
    value = headers.x_docker_token
    if value is None and (headers.www_authenticate or "").lower().startswith(_TOKEN_SCHEME):
        value = headers.www_authenticate
    value = (value or "").strip()
    return (value[len(_TOKEN_SCHEME) :].strip() if value.lower().startswith(_TOKEN_SCHEME) else value) or None


def store_cookies(cookies: Cookies, response: HTTPResponse) -> bool:
    """Add the cookies in a response to the stored cookies, and remove the cookies that the response deletes.

    Args:
        cookies: The stored cookies, by name, of the origin of the response. This dict is changed.
        response: The response.

    Returns:
        Whether a cookie was stored.
    """
    is_set = False
    for header in response.headers.get_list("Set-Cookie"):
        pair, _, attributes = header.partition(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name or len(pair) > MAX_COOKIE_LENGTH or not pair.isascii() or not pair.isprintable():
            continue
        if not value or "max-age=0" in attributes.replace(" ", "").lower():
            cookies.pop(name, None)  # the server deletes the cookie
        elif name in cookies or len(cookies) < MAX_COOKIES:
            cookies[name] = value
            is_set = True
    return is_set


def password_authorization(credential: Credential | None) -> str | None:
    """Return the value of the Authorization header for the user name and password of a credential.

    Args:
        credential: The credential. If it is None or has no password, the result is None.
    """
    # API v1 has no other credentials: the tokens in credential files are for API v2.
    if credential is None or credential.username is None or credential.password is None:
        return None
    return basic_authorization(credential.username, credential.password)


def token_authorization(session: V1Session | None) -> str | None:
    """Return the value of the Authorization header for the token of a session.

    Args:
        session: The session. If it is None or has no token, the result is None.
    """
    return None if session is None or session.token is None else f"Token {session.token}"


def set_auth_headers(request: HTTPRequest, authorization: str | None, cookies: Cookies) -> None:
    """Replace the Authorization and Cookie headers of a request.

    Args:
        request: The request to change.
        authorization: The new value of the Authorization header; None to remove the header.
        cookies: The cookies for the new Cookie header, by name; an empty dict to remove the header.
    """
    for name, value in (
        ("Authorization", authorization),
        ("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()) or None),
    ):
        request.headers.pop(name, None)
        if value is not None:
            request.headers[name] = value


def without_auth_headers(request: HTTPRequest) -> HTTPRequest:
    """Return a copy of a request without its Authorization and Cookie headers.

    Args:
        request: The request.
    """
    headers = request.headers.copy()
    for name in ("Authorization", "Cookie"):
        headers.pop(name, None)
    return HTTPRequest(request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions)


def within_limits_of(opener: HTTPRequest, request: HTTPRequest) -> HTTPRequest:
    """Return a copy of `opener` with the timeouts and the deadline of `request`.

    Args:
        opener: The request that opens a session.
        request: The request of the call that needs the session.
    """
    copy = without_auth_headers(opener)
    copy.extensions = {**copy.extensions, "timeout": request.extensions["timeout"]}
    set_call(copy, call_of(copy)._replace(deadline=call_of(request).deadline))
    return copy


def to_endpoint(request: HTTPRequest, endpoint: Origin) -> HTTPRequest:
    """Return a copy of a request with the origin of a registry in its URL, and without Authorization and Cookie headers.

    Args:
        request: The request.
        endpoint: The origin of the registry.
    """
    copy = without_auth_headers(request)
    copy.url = verbatim_url(f"{endpoint}{request.url.raw_path.decode()}")
    copy.headers["Host"] = endpoint.netloc
    return copy


def origin_of(response: HTTPResponse) -> Origin:
    """Return the origin that sent a response, which after a redirect is the last origin.

    Args:
        response: The response.
    """
    return Origin.from_url(str(response.request.url))


def is_from(response: HTTPResponse, origin: Origin) -> bool:
    """Return whether an origin sent a response, and no redirect of another host has led to it.

    Args:
        response: The response.
        origin: The origin of the index or of a registry.
    """
    return origin_of(response) == origin and not call_of(response.request).elsewhere
