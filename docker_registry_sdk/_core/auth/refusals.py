"""The decision from a response whether it refuses an authorization, and whether the request can be sent once more."""

from __future__ import annotations

from ...errors import AuthError, StatusError
from ...v2 import models
from .. import auth
from ..wire import ByteStream, HTTPRequest, HTTPResponse, status_error

_ACCESS_CODES = frozenset({"DENIED", "UNAUTHORIZED"})


def refuses_scopes(error: AuthError) -> bool:
    """Return whether a token service may have refused the scopes of a request, not the credential."""
    return isinstance(error.__cause__, StatusError) and error.__cause__.status in (400, 403)


def may_have_ended(response: HTTPResponse) -> bool:
    """Return whether a response may mean that a token or password has expired: 403, or 400 with an error code about access."""
    if response.status_code != 400 or response.request.method == "HEAD":
        return response.status_code in (400, 403)
    codes = status_error(response, response.content, models.ErrorResponse.from_dict).codes
    return not _ACCESS_CODES.isdisjoint(codes)


def is_repeatable(request: HTTPRequest) -> bool:
    """Return whether a request can be sent again: its body is empty or consists of bytes in memory, not a file or an iterable.

    Args:
        request: The request.
    """
    return isinstance(request.stream, ByteStream)


def challenges_of(response: HTTPResponse) -> tuple[auth.Challenge, ...]:
    """Return the challenges in the headers WWW-Authenticate of a response."""
    return auth.parse_challenges(response.headers.get_list("WWW-Authenticate"))
