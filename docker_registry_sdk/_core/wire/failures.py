"""Convert failures of HTTP requests to exceptions of this package without secrets, and tell which kind of failure they are."""

from __future__ import annotations

import re
import ssl
from typing import Final

import httpx

from ...errors import RequestTimeoutError, TransportError
from ..text.error_details import PROXY_LOGIN_HINT
from .context import call_of
from .secrets import TOKEN_OPERATIONS, hide, secrets_of

# Methods that a client may repeat after a connection failure (RFC 9110 section 9.2.2).
IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_SYSTEM_MODULES: Final = frozenset({"builtins", "socket", "ssl"})
# How OpenSSL, depending on its version, reads a response without TLS.
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
_REALM_HINT: Final = (
    "Ask the operator of the registry to correct the realm in its challenge: it begins with https://, but the server at this URL "
    "does not use TLS."
)
# Messages of h11 quote a malformed header, which may contain a secret.
_QUOTED = r"""(?s):? (bytearray\()?b['"].*"""


def transport_error(request: httpx.Request, error: httpx.HTTPError) -> TransportError:
    """Return the exception of this package for a request that received no response or an incomplete response.

    The result is a DeadlineExceededError if the deadline of the call has passed, and a RequestTimeoutError if a step of the
    request took longer than its timeout. The cause (`__cause__`) of the result is the `OSError` of the connection, if there is
    one, since exceptions of httpx hold the request with its credentials.

    Args:
        request: The request of the call. The exception names the URL of the request that failed, which may be another one.
        error: The exception that httpx raised.
    """
    deadline = call_of(request).deadline
    failed = _failed_request(request, error)
    hint = _REALM_HINT if _lacks_tls(error) and call_of(failed).operation_id in TOKEN_OPERATIONS else _hint(error)
    words = str(error)
    failure: TransportError
    if deadline is not None and deadline.has_passed:
        failure = deadline.error(request.method, str(request.url))
    else:
        kind = RequestTimeoutError if isinstance(error, httpx.TimeoutException) else TransportError
        problem = hide(hide(re.sub(_QUOTED, "", words), secrets_of(request)), secrets_of(failed)) or type(error).__name__
        failure = kind(problem, method=failed.method, url=str(failed.url), hint=hint)
    failure._is_transient = isinstance(error, httpx.TransportError) and may_pass(error)
    failure.__cause__ = _system_error(error)
    return failure


def _failed_request(request: httpx.Request, error: httpx.HTTPError) -> httpx.Request:
    """Return the request that failed: that of a call, or one to a token service or to the target of a redirect."""
    try:
        return error.request
    except RuntimeError:  # the exception has no request
        return request


def _system_error(error: BaseException) -> OSError | None:
    """Return the exception of the operating system or of TLS that caused a failure; None if neither did.

    An OSError of another package, as a transport of the caller may raise, can hold the request, so the result is None.
    """
    cause: BaseException | None = error
    seen: set[int] = set()  # the chain of causes can be a cycle if an exception was raised again
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, OSError) and type(cause).__module__ in _SYSTEM_MODULES:
            cause.__cause__ = cause.__context__ = cause.__traceback__ = None
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def _hint(error: httpx.HTTPError) -> str | None:
    """Return a hint that fits the cause of a failure; None if the hint of the exception's class fits."""
    if isinstance(error, httpx.PoolTimeout):
        return "Close streams that are no longer read, or allow more connections with a higher max_connections."
    if is_untrusted(error):
        return (
            "Pass the CA certificate of the server (ca_file= or --ca-file), "
            "or accept any certificate (insecure=True or --insecure)."
        )
    if isinstance(error, httpx.DecodingError):
        return "Ask the operator of the registry, or of the proxy in front of it, to send documents without Content-Encoding."
    if isinstance(error, httpx.ProxyError) and str(error).startswith("407"):
        return PROXY_LOGIN_HINT
    if _lacks_tls(error):
        return "Write http:// before the name of the registry if it does not use TLS; else check the port and the proxy."
    return None


def _lacks_tls(error: httpx.HTTPError) -> bool:
    return isinstance(cause := _system_error(error), ssl.SSLError) and getattr(cause, "reason", None) in _NO_TLS


def may_pass(error: httpx.TransportError) -> bool:
    """Return whether a repeated request may succeed: the failure is neither an invalid request nor an untrusted certificate.

    Args:
        error: The exception that httpx raised for the request.
    """
    return not isinstance(error, (httpx.LocalProtocolError, httpx.UnsupportedProtocol)) and not is_untrusted(error)


def never_arrived(error: httpx.TransportError) -> bool:
    """Return whether no part of a request reached its server, since no connection was available or could be opened.

    Args:
        error: The exception that httpx raised for the request.
    """
    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))


def is_untrusted(error: BaseException) -> bool:
    """Return whether a connection failed because the server's certificate is not trusted.

    Args:
        error: The exception, whose causes are searched for the exception of the module `ssl`.
    """
    cause: BaseException | None = error
    seen: set[int] = set()  # the chain of causes can be a cycle if an exception was raised again
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return False
