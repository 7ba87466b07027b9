"""The policy of requests: authorization at the registry's origin, redirects, and external URLs. This module does no I/O.

The rules stand in `auth/destinations.py`; the flows here apply them.

A `Flow` is a generator: it yields the I/O to perform (effects), receives the results, and returns a response.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any, Protocol

import httpx

from ...errors import InvalidReferenceError, TransportError
from .. import auth
from ..auth.anonymous import AnonymousLogin
from ..auth.authenticator import Authenticator
from ..auth.destinations import (
    MAX_REDIRECTS,
    READING_METHODS,
    REDIRECT_STATUSES,
    SECRET_HEADERS,
    Addresses,
    find_addresses,
    may_follow,
    redirect_hint,
    remove_secret_headers,
    set_spelling,
)
from ..auth.effects import Effect, Flow, Read, Send
from ..auth.refusals import is_repeatable
from ..concurrency.forks import BoundToProcess
from ..names.origin import Origin
from ..wire import CALL, REDIRECT_HINT, HTTPRequest, HTTPResponse, call_of, encode_url, name_url, set_call, verbatim_url
from .registry_origin import RegistryOrigin


class AuthPolicy(Protocol):
    """The rules of an API for sending requests: how requests are authorized, and to which hosts they may be sent."""

    def flow(self, request: HTTPRequest, /) -> Flow:
        """Send a request with the authorization that the registry requires, and return the last response.

        The result is a generator: it yields the I/O that the caller must perform, and in the end returns the response.

        Args:
            request: The request.
        """
        ...


class V2AuthPolicy(BoundToProcess):
    """The rules of API v2: the token flow at the registry's origin, and no credentials at other origins.

    Args:
        registry: The registry's origin.
        authenticator: The authorization of requests to the registry's origin.
        anonymous: The authorization of requests that the registry has led to other hosts; None for requests without tokens.
    """

    def __init__(self, registry: RegistryOrigin, authenticator: Authenticator, anonymous: AnonymousLogin | None = None) -> None:
        self._registry = registry
        self._authenticator = authenticator
        self._anonymous = anonymous

    @property
    def report(self) -> auth.AuthReport:
        """Return the credential, challenge and token that produced the last response."""
        return self._authenticator.report

    def flow(self, request: HTTPRequest, /) -> Flow:
        """Send a request, follow its redirects, and return the last response.

        The result is a generator: it yields the I/O that the caller must perform, and in the end returns the response.

        Args:
            request: The request. If its URL is an external URL of a descriptor, no credentials are sent.
        """
        registry, call = self._registry, call_of(request)
        return follow_redirects(
            request,
            lambda: registry.origin,
            self._authenticator.flow,
            _send if self._anonymous is None or call.external else self._anonymous.flow,
            initial_origin=registry.initial_origin,
            upgrade=registry.upgrade_to_https,
            is_named=call.opaque,
            by_publisher=call.external,
        )


def _send(request: HTTPRequest) -> Flow:
    response: HTTPResponse = yield Send(request)
    return response


def follow_redirects(
    request: HTTPRequest,
    registry: Callable[[], Origin],
    authorize: Callable[[HTTPRequest], Flow],
    send_elsewhere: Callable[[HTTPRequest], Flow] = _send,
    *,
    initial_origin: Origin | None = None,
    upgrade: Callable[[Origin], None] | None = None,
    is_named: bool = False,
    by_publisher: bool = False,
    named_by: Origin | None = None,
) -> Flow:
    """Send a request, follow its redirects, and return the last response.

    Only requests to the registry's origin contain credentials, and only until a redirect has led to another origin. If the method
    is neither GET nor HEAD, a redirect is followed only if the registry sent it, its status is 307 or 308, and the body can be
    sent again: it is empty, consists of bytes in memory, or can be read once more (`CallContext.replay`). A redirect that is not
    followed is returned.

    Args:
        request: The request. Its URL may have another origin than the registry, such as the URL of an upload session.
        registry: A function that returns the registry's origin, whose scheme may change with the first response.
        authorize: The flow that sends a request to the registry.
        send_elsewhere: The flow that sends a request, from which all credentials were removed, to another host.
        initial_origin: The registry's origin before its scheme changed. A URL with this origin counts as a URL of the registry.
            None if only the current origin counts.
        upgrade: A function that changes the registry's origin when a registry with plain http has redirected a request to https,
            on its own host and with the same path and query; None if such a redirect leads to another origin.
        is_named: Whether a server named the URL of the request. Then it is checked even if it is on the registry's host.
        by_publisher: Whether the URL is an external URL of a descriptor, which anybody may have written. Then no credentials are
            sent, even if the URL leads to the registry, and a host that is an IP address is refused if the registry is public.
        named_by: The origin of the API v1 index that named the registry, in whose network the registry must be; None if the
            caller named the registry.

    Raises:
        TransportError: There are too many redirects, or the URL or a redirect leads to a forbidden address.

    Source: RFC 9110 section 15.4.
    """
    current, has_left = registry(), by_publisher
    if initial_origin is not None and initial_origin is not current and current.is_secure and not initial_origin.is_secure:
        _move_to_https(request, initial_origin, current)
    origin = _checked_origin(request, secure=current.scheme == "https")
    for _ in range(MAX_REDIRECTS + 1):
        response: HTTPResponse
        if not has_left and origin in (current, initial_origin):
            if is_named and origin.scheme != "https":
                yield from _pin(request, origin, named_by or current)
            response = yield from authorize(request)
        else:
            has_left = True
            yield from _pin(request, origin, named_by or current, by_publisher=by_publisher)
            set_call(request, call_of(request)._replace(elsewhere=True))
            remove_secret_headers(request)
            response = yield from send_elsewhere(request)
        if response.status_code not in REDIRECT_STATUSES or not (location := response.headers.get("Location", "").strip(" \t")):
            return response
        https = None if has_left or upgrade is None else _find_https(request, response, location)
        if https is not None and upgrade is not None:
            upgrade(https)
        can_repeat, replay, body = is_repeatable(request), call_of(request).replay, None
        if not can_repeat and replay is not None:
            body = replay()
            can_repeat = body is not None
        is_upgrade = https is not None and response.status_code != 303 and can_repeat
        if not is_upgrade and not may_follow(
            request.method,
            response.status_code,
            operation_id=call_of(request).operation_id,
            of_registry=not has_left,
            is_repeatable=can_repeat,
        ):
            if request.method not in READING_METHODS:
                response = yield Read(response)
                hint = redirect_hint(request.method, response.status_code, of_registry=not has_left)
                response.extensions[REDIRECT_HINT] = hint
            return response
        yield Read(response)
        current, is_named = registry(), True  # the first response of the registry may have changed it
        secure = current.is_secure or request.url.scheme == "https"
        request = _redirected(request, encode_url(location, response.headers.encoding), body)
        origin = _checked_origin(request, secure=secure)
    raise TransportError(
        f"the server answered with more than {MAX_REDIRECTS} redirects, so the last redirect was not followed",
        method=request.method,
        url=str(request.url),
        hint="Check the URL, or ask the operator of the server: its redirects may form a loop.",
    )


def _pin(request: HTTPRequest, origin: Origin, registry: Origin, *, by_publisher: bool = False) -> Generator[Effect, Any, None]:
    """Let a request connect to no other IP addresses than those that are allowed for its URL, after checking them."""

    def refuse(reason: str) -> TransportError:
        if by_publisher:
            problem = f"the external URL of a descriptor leads to {origin}"
            hint = "Ask the publisher of the image to correct the URL."
        else:
            problem, hint = (
                f"the URL or redirect leads to {origin}",
                "Ask the operator of the registry to correct the URL or redirect.",
            )
        return TransportError(
            f"{problem}, {reason}, so no request was sent: a registry on the internet must not lead its clients there",
            method=request.method,
            url=str(request.url),
            hint=hint,
        )

    addresses: Addresses = yield from find_addresses(origin, registry, refuse, by_publisher=by_publisher)
    set_call(request, call_of(request)._replace(addresses=addresses))


def _redirected(request: HTTPRequest, location: str, body: Any) -> HTTPRequest:
    """Return the request for the URL of a redirect. If `body` is None, the request has the same stream as before."""
    headers = request.headers.copy()
    for name in SECRET_HEADERS:
        headers.pop(name, None)
    try:
        url = verbatim_url(name_url(str(request.url), location.partition("#")[0], "redirect"))
    except (InvalidReferenceError, ValueError):
        raise TransportError(
            "the redirect in the response has an invalid Location header",
            method=request.method,
            url=str(request.url),
            hint="Ask the operator of the registry to correct the Location header.",
        ) from None
    headers["Host"] = url.netloc.decode()
    # Send the location verbatim. The checked addresses are for the previous host.
    extensions = {**request.extensions, CALL: call_of(request)._replace(opaque=True, addresses=None)}
    content: dict[str, Any] = {"stream": request.stream} if body is None else {"content": body}
    moved = HTTPRequest(request.method, url, headers=headers, extensions=extensions, **content)
    moved.url = url  # the constructor has normalized the URL
    return moved


def _move_to_https(request: HTTPRequest, initial_origin: Origin, current: Origin) -> None:
    """Send a request that was built before the registry changed to https to its https origin."""
    try:
        is_old = Origin.from_url(str(request.url)) == initial_origin
    except InvalidReferenceError:
        return
    if is_old:
        set_spelling(request, current)


def _find_https(request: HTTPRequest, response: HTTPResponse, location: str) -> Origin | None:
    """Return the https origin that a redirect leads to, if it leads to the same path, query and host with https instead of http.

    Else return None: on another path, there may be storage, which must not get the credential.
    """
    if request.url.scheme != "http":
        return None
    try:
        target = encode_url(location, response.headers.encoding).partition("#")[0]
        url = verbatim_url(name_url(str(request.url), target, "redirect"))
        old, new = Origin.from_url(str(request.url)), Origin.from_url(str(url))
    except (InvalidReferenceError, ValueError):
        return None
    return new if new.is_secure and new.host == old.host and url.raw_path == request.url.raw_path else None


@lru_cache(maxsize=256)
def _parse_origin(url: str) -> tuple[Origin, bool]:
    """Return the origin of a URL, and whether the URL has the spelling of the origin."""
    origin = Origin.from_url(url)
    return origin, str(origin) == url


def _checked_origin(request: HTTPRequest, *, secure: bool) -> Origin:
    """Return the origin of a request's URL, after checking that the scheme is https if `secure` is true.

    The host in the URL gets the spelling of the origin.
    """
    url = request.url
    try:
        origin, is_spelt = _parse_origin(str(url) if url.userinfo else f"{url.scheme}://{url.netloc.decode('ascii')}")
    except InvalidReferenceError as error:
        raise TransportError(error.problem, method=request.method, url=str(request.url), hint=error.hint) from None
    if secure and origin.scheme != "https":
        raise TransportError(
            "the registry uses https, but the URL or a redirect leads to plain http, so no request was sent",
            method=request.method,
            url=str(request.url),
            hint=(
                "Ask the operator of the registry for an https URL; to use a registry without https, write http:// "
                "before its name."
            ),
        )
    if not is_spelt:
        set_spelling(request, origin)
    return origin


class IgnoredCookies(httpx.Cookies):
    """A store of cookies that stays empty. httpx would keep each cookie that a server sends as long as the client exists."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Do nothing.

        Args:
            response: A response.
        """


def ignore_cookies(client: Any) -> None:
    """Let an httpx client store no cookies.

    API v2 uses no cookies, and the policy of API v1 stores and sends its own.

    Args:
        client: An `httpx.Client` or `httpx.AsyncClient` of this package, not one of the caller.
    """
    # httpx has no option for it, and its setter copies the cookies.
    client._cookies = IgnoredCookies()
