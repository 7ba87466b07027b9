"""The decision from a response whether it refuses an authorization, and whether the request can be sent once more."""

from __future__ import annotations

from ...errors import AuthError, ParseError, RegistryError, ResponseError, StatusError
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


def choose_challenge(
    response: HTTPResponse, *, without_tokens: bool
) -> tuple[auth.Challenge | None, auth.Challenge | None, str | None]:
    """Choose the challenge of a response that requests should satisfy.

    Args:
        response: The response.
        without_tokens: Whether a Basic challenge is preferred to a Bearer challenge.

    Returns:
        The Bearer or Basic challenge, or None if the response has neither; the Basic challenge that may be satisfied instead of
        the Bearer challenge, or None; and the schemes for a report, or None if the response has no challenge.
    """
    known = {challenge.scheme: challenge for challenge in reversed(challenges_of(response))}
    bearer, basic = known.get("bearer"), known.get("basic")
    # A Bearer challenge without a realm names no token service.
    if bearer is None or not bearer.parameters.get("realm") or (without_tokens and basic is not None):
        return basic, None, "basic" if basic is not None else ", ".join(sorted(known)) or None
    return bearer, basic, "bearer"


def has_no_tokens(error: RegistryError) -> bool:
    """Return whether an exception of a token request means that there are no tokens, not that the service failed or is busy."""
    if isinstance(error, StatusError):
        return False
    return isinstance(error, (AuthError, ParseError, ResponseError))


def is_repeatable(request: HTTPRequest) -> bool:
    """Return whether a request can be sent again: its body is empty or consists of bytes in memory, not a file or an iterable.

    Args:
        request: The request.
    """
    return isinstance(request.stream, ByteStream)


def challenges_of(response: HTTPResponse) -> tuple[auth.Challenge, ...]:
    """Return the challenges in the headers WWW-Authenticate of a response."""
    return auth.parse_challenges(response.headers.get_list("WWW-Authenticate"))
