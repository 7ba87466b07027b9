"""Failures of HTTP as exceptions of this package, without the secrets that their words may quote."""

from __future__ import annotations

import re

import httpx

from ..errors import TransportError

# h11 quotes the header that it objects to, with whatever secret is in it.
_QUOTED = re.compile(r""":? (bytearray\()?b['"].*""", re.DOTALL)


def transport_error(request: httpx.Request, error: httpx.HTTPError) -> TransportError:
    """Return the exception for a request that got no answer; its cause is the failure, unless that quotes a header.

    Args:
        request: The request.
        error: The failure.
    """
    words = str(error)
    failure = TransportError(_QUOTED.sub("", words) or type(error).__name__, method=request.method, url=str(request.url))
    failure.__cause__ = None if _QUOTED.search(words) else error
    failure.__suppress_context__ = True
    return failure
