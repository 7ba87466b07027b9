"""Convert and classify failures of HTTP requests. Secrets that messages of libraries may quote are removed."""

from __future__ import annotations

import re
import ssl

import httpx

from ...errors import TransportError
from .context import call_of

# Messages of h11 quote a malformed header, which may contain a secret.
_QUOTED = re.compile(r""":? (bytearray\()?b['"].*""", re.DOTALL)


def transport_error(request: httpx.Request, error: httpx.HTTPError) -> TransportError:
    """Return the exception for a request that received no response.

    The cause of the exception is the failure, unless the message of the failure quotes a header.

    Args:
        request: The request.
        error: The failure.
    """
    deadline = call_of(request).deadline
    words = str(error)
    failure: TransportError
    if deadline is not None and deadline.has_passed:
        failure = deadline.error(request.method, str(request.url))
    else:
        failure = TransportError(_QUOTED.sub("", words) or type(error).__name__, method=request.method, url=str(request.url))
    failure.__cause__ = None if _QUOTED.search(words) else error
    failure.__suppress_context__ = True
    return failure


def may_pass(error: httpx.TransportError) -> bool:
    """Return whether a failure may be temporary: it is neither an invalid request nor an untrusted certificate.

    Args:
        error: The failure of a request.
    """
    return not isinstance(error, (httpx.LocalProtocolError, httpx.UnsupportedProtocol)) and not is_untrusted(error)


def never_arrived(error: httpx.TransportError) -> bool:
    """Return whether a request failed before it reached its server.

    Args:
        error: The failure.
    """
    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))


def is_untrusted(error: BaseException) -> bool:
    """Return whether a connection failed because the server's certificate is not trusted.

    Args:
        error: The failure.
    """
    cause: BaseException | None = error
    seen: set[int] = set()  # the chain of causes can be a cycle if an exception was raised again
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return False
