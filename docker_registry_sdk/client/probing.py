"""Detection of the API version that a host speaks, by the response to a request without credentials. Free of I/O."""

from __future__ import annotations

from attrs import evolve

from .._core.wire import ANY_SUCCESS, HTTPResponse, Request, status_error

_API_STATUSES = frozenset({*ANY_SUCCESS, 401, 403})
_TEMPORARY_STATUSES = frozenset({408, 429})


def without_credentials(request: Request) -> Request:
    """Return a copy of a request that is sent without credentials.

    Args:
        request: The request.
    """
    return evolve(request, context=request.context._replace(without_credentials=True))


def speaks_api(response: HTTPResponse) -> bool:
    """Return whether the response to a ping (2xx, 401 or 403) shows that the host speaks the pinged API version.

    Args:
        response: The response to the ping.

    Raises:
        StatusError: The response is inconclusive: the host failed or is busy (408, 429, 5xx).

    Source: for API v2, OCI Distribution Spec, Determining Support (end-1); for API v1, Registry API, Status check for registry.
    """
    check_conclusive(response)
    return response.status_code in _API_STATUSES


def check_conclusive(response: HTTPResponse) -> None:
    """Raise StatusError if the status of a response means that the host failed or is busy.

    Args:
        response: The response.

    Raises:
        StatusError: The status is 408, 429 or 5xx.
    """
    if response.status_code in _TEMPORARY_STATUSES or response.status_code >= 500:
        raise status_error(response, response.content, None)
