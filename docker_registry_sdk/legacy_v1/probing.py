"""Whether a host speaks API v1, and whether it looks at credentials, by its answers to bare requests. Free of I/O."""

from __future__ import annotations

from attrs import evolve

from .._core.wire import HTTPResponse, Request, status_error
from ..v1.api import ping

_PROOF = frozenset({200, 401, 403})
_LATER = frozenset({408, 429})


def bare_request(request: Request) -> Request:
    """Return a request to the index that is sent without credentials.

    Args:
        request: The request.
    """
    return evolve(request, extensions={**request.extensions, "probe": True})


def probe_request() -> Request:
    """Return a ping that is sent without credentials: only whether it is answered counts."""
    return bare_request(ping.request())


def speaks_v1(response: HTTPResponse) -> bool:
    """Return whether the answer to a ping proves API v1.

    Args:
        response: The answer.

    Raises:
        StatusError: It proves nothing, since the host failed or is busy.

    Source: Registry API, Status check for registry.
    """
    return _is_clear(response) and response.status_code in _PROOF


def lets_in(response: HTTPResponse) -> bool:
    """Return whether the answer to a login without credentials lets everybody in.

    Args:
        response: The answer.

    Raises:
        StatusError: It proves nothing, since the host failed or is busy.
    """
    return _is_clear(response) and response.is_success


def _is_clear(response: HTTPResponse) -> bool:
    if response.status_code in _LATER or response.status_code >= 500:
        raise status_error(response, response.content, None)
    return True
