"""A session of API v1: what an index gave for one repository and one kind of access. Free of I/O."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from attrs import define, field

from .._core.auth.token_service import basic_authorization
from .._core.names.origin import Origin
from .._core.wire import HTTPRequest, HTTPResponse, verbatim_url
from ..credentials import Credential

Access: TypeAlias = Literal["read", "write", "delete"]
Cookies: TypeAlias = dict[str, str]

# A server that gives more than browsers keep of one host has something else in mind than a session.
_MOST_COOKIES = 50
_LONGEST_COOKIE = 4096
_SCHEME = "token "


class SessionHeaders(Protocol):
    """What the successes of the calls that open a session have in common."""

    @property
    def x_docker_token(self) -> str | None:
        """The token."""
        ...

    @property
    def x_docker_endpoints(self) -> str | None:
        """The registries."""
        ...

    @property
    def www_authenticate(self) -> str | None:
        """The token once more."""
        ...


@define(kw_only=True)
class V1Session:
    """What an index gave, and what became of it.

    Attributes:
        access: What the token allows.
        opener: The request that opened the session, without credentials, to open it again with.
        token: The token, or None when the index gave none.
        endpoints: The registries that the index named, as it wrote them.
        index_cookies: The cookies of the index.
        cookies: The cookies of each registry.
        replaced: The registries whose cookie has taken the place of the token.
        sent: How many requests the token went out with.
        accepted: How many of these were let in.
    """

    access: Access
    opener: HTTPRequest | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    endpoints: str | None = None
    index_cookies: Cookies = field(factory=dict, repr=False)
    cookies: dict[Origin, Cookies] = field(factory=dict, repr=False)
    replaced: set[Origin] = field(factory=set)
    sent: int = 0
    accepted: int = 0


def access_of(method: str) -> Access:
    """Return the access that a call needs.

    Args:
        method: Its method.

    Source: docker-registry 0.9, toolkit.check_token.
    """
    return "read" if method in ("GET", "HEAD") else "delete" if method == "DELETE" else "write"


def token_of(answer: SessionHeaders) -> str | None:
    """Return the token that an answer gives, without the word Token, which some servers put in front of it.

    Args:
        answer: The success of a call that opens a session.
    """
    given = answer.x_docker_token
    if given is None and (answer.www_authenticate or "").lower().startswith(_SCHEME):
        given = answer.www_authenticate
    given = (given or "").strip()
    return (given[len(_SCHEME) :].strip() if given.lower().startswith(_SCHEME) else given) or None


def keep_cookies(cookies: Cookies, response: HTTPResponse) -> bool:
    """Take over the cookies that an answer gives, name and value alone; return whether there are any.

    Args:
        cookies: The cookies of the origin that the answer came from.
        response: The answer.
    """
    given = False
    for header in response.headers.get_list("Set-Cookie"):
        pair, _, attributes = header.partition(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name or len(pair) > _LONGEST_COOKIE or not pair.isascii() or not pair.isprintable():
            continue
        if not value or "max-age=0" in attributes.replace(" ", "").lower():
            cookies.pop(name, None)  # the server takes it back
        elif name in cookies or len(cookies) < _MOST_COOKIES:
            cookies[name] = value
            given = True
    return given


def password_authorization(credential: Credential | None) -> str | None:
    """Return the value of an Authorization header for a name and password; None when there are none.

    Args:
        credential: The credential that was found.
    """
    # API v1 knows no other: tokens of the kind that credential files hold are for API v2.
    if credential is None or credential.username is None or credential.password is None:
        return None
    return basic_authorization(credential.username, credential.password)


def token_authorization(session: V1Session | None) -> str | None:
    """Return the value of an Authorization header for the token of a session; None when there is none.

    Args:
        session: The session.
    """
    return None if session is None or session.token is None else f"Token {session.token}"


def dress(request: HTTPRequest, authorization: str | None, cookies: Cookies) -> None:
    """Give a request what it is to show, in place of what it had.

    Args:
        request: The request.
        authorization: The value of its Authorization header, or None for none.
        cookies: The cookies.
    """
    for name, value in (
        ("Authorization", authorization),
        ("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()) or None),
    ):
        request.headers.pop(name, None)
        if value is not None:
            request.headers[name] = value


def undressed(request: HTTPRequest) -> HTTPRequest:
    """Return a copy of a request that shows nothing.

    Args:
        request: The request.
    """
    headers = request.headers.copy()
    for name in ("Authorization", "Cookie"):
        headers.pop(name, None)
    return HTTPRequest(request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions)


def moved(request: HTTPRequest, endpoint: Origin) -> HTTPRequest:
    """Return a copy of a request that shows nothing and goes to a registry.

    Args:
        request: The request.
        endpoint: The registry.
    """
    sent = undressed(request)
    sent.url = verbatim_url(f"{endpoint}{request.url.raw_path.decode()}")
    sent.headers["Host"] = endpoint.netloc
    return sent


def origin_of(response: HTTPResponse) -> Origin:
    """Return where a response came from.

    Args:
        response: The response.
    """
    return Origin.from_url(str(response.request.url))
