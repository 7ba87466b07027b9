"""Following redirects and foreign URLs without giving anything away. Free of I/O."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from attrs import evolve

from ...errors import InvalidReferenceError, TransportError
from ..auth.addresses import addresses_for, are_public
from ..auth.authenticator import is_repeatable
from ..auth.steps import Flow, Read, Send, Step
from ..names.origin import Origin
from ..wire import CALL, HTTPRequest, HTTPResponse, call_of, make_absolute, set_call, verbatim_url
from .home import origin_of

MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What belongs to one origin, and goes to no other.
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


def send_bare(request: HTTPRequest) -> Flow:
    """Send a request without secrets; the result is the response.

    Args:
        request: The request.
    """
    for name in SECRET_HEADERS:
        request.headers.pop(name, None)
    response: HTTPResponse = yield Send(request)
    return response


def follow_redirects(
    request: HTTPRequest,
    registry: Callable[[], Origin],
    enter: Callable[[HTTPRequest], Flow],
    *,
    former: Origin | None = None,
    elsewhere: Callable[[HTTPRequest], Flow] = send_bare,
) -> Flow:
    """Send a request, and follow where its response leads.

    Credentials belong to the registry's origin: everywhere else requests go bare. From https nothing goes to plain http, and
    from a registry on the internet nothing into the caller's network.

    Args:
        request: The request; an upload location may lead it to another origin.
        registry: Gives the registry's origin, which may change with its first answer.
        enter: What lets a request into the registry.
        former: The registry's origin before it changed, for requests that were made by then.
        elsewhere: What sends a request that leads to another origin.

    Raises:
        TransportError: There are too many redirects, or one leads where nothing may go.

    Source: RFC 9110 section 15.4.
    """
    origin = _checked(request, secure=registry().is_secure)
    for _ in range(MOST_REDIRECTS + 1):
        response: HTTPResponse
        if origin in (registry(), former):
            response = yield from enter(request)
        else:
            addresses = yield from _addresses(request, origin, registry())
            set_call(request, evolve(call_of(request), addresses=addresses))
            response = yield from elsewhere(request)
        if response.status_code not in _REDIRECTS or not (location := response.headers.get("Location", "").strip()):
            return response
        # A 301, 302 or 303 turns a write into a GET in many clients, which is never what an upload wants.
        if request.method not in ("GET", "HEAD") and (response.status_code < 307 or not is_repeatable(request)):
            return response
        yield Read(response)
        secure = registry().is_secure or request.url.scheme == "https"
        request = _redirected(request, location)
        origin = _checked(request, secure=secure)
    raise TransportError(f"there are more than {MOST_REDIRECTS} redirects", method=request.method, url=str(request.url))


def _addresses(request: HTTPRequest, origin: Origin, registry: Origin) -> Generator[Step, Any, tuple[str, ...] | None]:
    """Return the only addresses that a request may go to which the registry sends elsewhere; None for any."""
    found = yield from addresses_for(origin.host, registry)
    if not are_public(found):
        raise TransportError(
            f"{origin} is in a private network, where a registry on the internet may send nobody",
            method=request.method,
            url=str(request.url),
        )
    return found


def _redirected(request: HTTPRequest, location: str) -> HTTPRequest:
    headers = request.headers.copy()
    for name in SECRET_HEADERS:
        headers.pop(name, None)
    try:
        url = verbatim_url(make_absolute(str(request.url), location.partition("#")[0]))
    except (InvalidReferenceError, ValueError):
        raise TransportError("its redirect leads nowhere", method=request.method, url=str(request.url)) from None
    headers["Host"] = url.netloc.decode()
    # The location is followed verbatim, and the addresses belong to another host.
    extensions = {**request.extensions, CALL: evolve(call_of(request), opaque=True, addresses=None)}
    moved = HTTPRequest(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
    moved.url = url  # httpx has made it an URL of its own, and tidied it
    return moved


def _checked(request: HTTPRequest, *, secure: bool) -> Origin:
    """Return the origin that a request leads to, which is https when it comes from https."""
    try:
        origin = origin_of(request.url)
    except InvalidReferenceError as error:
        raise TransportError(str(error), method=request.method, url=str(request.url)) from None
    if secure and not origin.is_secure:
        raise TransportError("nothing goes from https to plain http", method=request.method, url=str(request.url))
    return origin
