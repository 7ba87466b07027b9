"""Requests of API v1: what they carry to an index or a registry. Free of I/O."""

from __future__ import annotations

from .._core.auth.token_service import basic_authorization
from .._core.names.origin import Origin
from .._core.wire import HTTPRequest, HTTPResponse, verbatim_url
from ..credentials import Credential
from .session import Cookies, V1Session


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
