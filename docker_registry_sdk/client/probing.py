"""Whether a registry speaks API v2, by the answer to a bare ping. Free of I/O."""

from __future__ import annotations

from attrs import evolve

from .._core.wire import HTTPResponse, Request, status_error
from ..v2.api import ping

_PROOF = frozenset({200, 401, 403})
_LATER = frozenset({408, 429})


def probe_request() -> Request:
    """Return a ping that is sent without credentials: only whether it is answered counts."""
    request = ping.request()
    return evolve(request, extensions={**request.extensions, "probe": True})


def speaks_v2(response: HTTPResponse) -> bool:
    """Return whether the answer to a ping proves API v2.

    Args:
        response: The answer.

    Raises:
        StatusError: It proves nothing, since the registry failed or is busy.

    Source: OCI Distribution Spec, Determining Support (end-1); a challenge may be missing.
    """
    if response.status_code in _LATER or response.status_code >= 500:
        raise status_error(response, response.content, None)
    return response.status_code in _PROOF
