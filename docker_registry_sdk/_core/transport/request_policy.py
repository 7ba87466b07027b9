"""The policy of requests: authorization at the registry's origin, redirects, and external URLs. This module does no I/O.

A `Flow` is a generator: it yields the I/O to perform (effects), receives the results, and returns a response.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any, Protocol

import httpx

from ...errors import InvalidReferenceError, TransportError
from .. import auth
from ..auth.authenticator import Authenticator, is_repeatable
from ..auth.effects import Effect, Flow, Read, Resolve, Send
from ..auth.realm import addresses_for, are_public
from ..concurrency.forks import BoundToProcess
from ..names.origin import Origin, is_private_host
from ..wire import CALL, HTTPRequest, HTTPResponse, call_of, make_absolute, set_call, verbatim_url
from .registry_origin import RegistryOrigin

MAX_REDIRECTS = 5
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
# Headers that must not be sent to another origin.
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


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
    """

    def __init__(self, registry: RegistryOrigin, authenticator: Authenticator) -> None:
        self._registry = registry
        self._authenticator = authenticator

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
        registry = self._registry
        if call_of(request).external:
            return follow_external_url(request, lambda: registry.origin)
        return follow_redirects(
            request, lambda: registry.origin, self._authenticator.flow, initial_origin=registry.initial_origin
        )


def send_without_credentials(request: HTTPRequest) -> Flow:
    """Send a request without the headers Authorization, Cookie and Proxy-Authorization, and return the response.

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
    authorize: Callable[[HTTPRequest], Flow],
    *,
    initial_origin: Origin | None = None,
    send_elsewhere: Callable[[HTTPRequest], Flow] = send_without_credentials,
) -> Flow:
    """Send a request, follow its redirects, and return the last response.

    Requests to other origins than the registry's contain no credentials. A redirect from https to plain http, or from a registry
    on the internet to a private network, is not followed and raises `TransportError`. If the method is neither GET nor HEAD, a
    redirect is followed only if its status is 307 or 308 and the body can be sent again; otherwise the redirect is returned.

    Args:
        request: The request. Its URL may have another origin than the registry, such as the URL of an upload session.
        registry: A function that returns the registry's origin, whose scheme may change with the first response.
        authorize: The flow that sends a request to the registry.
        initial_origin: The registry's origin before its scheme changed. A URL with this origin counts as a URL of the registry.
            None if only the current origin counts.
        send_elsewhere: The flow that sends a request to another origin than the registry's.

    Raises:
        TransportError: There are too many redirects, or the URL or a redirect leads to a forbidden address.

    Source: RFC 9110 section 15.4.
    """
    current = registry()
    origin = _checked_origin(request, secure=current.scheme == "https")
    for _ in range(MAX_REDIRECTS + 1):
        response: HTTPResponse
        if origin in (current, initial_origin):
            response = yield from authorize(request)
        else:
            addresses = yield from _public_addresses(request, origin, current)
            set_call(request, call_of(request)._replace(addresses=addresses))
            response = yield from send_elsewhere(request)
        if response.status_code not in _REDIRECT_STATUSES or not (location := response.headers.get("Location", "").strip()):
            return response
        # After a 301, 302 or 303, HTTP clients repeat a write as a GET, which cannot complete an upload. So return the response.
        if request.method not in ("GET", "HEAD") and (response.status_code < 307 or not is_repeatable(request)):
            return response
        yield Read(response)
        current = registry()  # the first response of the registry may have changed it
        secure = current.is_secure or request.url.scheme == "https"
        request = _redirected(request, location)
        origin = _checked_origin(request, secure=secure)
    raise TransportError(
        f"the server answered with more than {MAX_REDIRECTS} redirects, so the last redirect was not followed",
        method=request.method,
        url=str(request.url),
        hint="Check the URL, or ask the operator of the server: its redirects may form a loop.",
    )


def follow_external_url(request: HTTPRequest, registry: Callable[[], Origin]) -> Flow:
    """Send a request to an external URL (from a descriptor, which anybody may have written), and follow its redirects.

    No credentials are sent, even if the URL leads to the registry. Plain http is allowed only if the registry uses plain http. A
    URL whose host is an IP address, or is in a private network, is allowed only if the registry itself is in a private network.

    Args:
        request: The request.
        registry: A function that returns the registry's origin.

    Raises:
        TransportError: The URL or a redirect leads to a forbidden address.
    """

    def send_elsewhere(request: HTTPRequest) -> Flow:
        origin = registry()
        if not origin.is_private and not any(map(is_private_host, (yield Resolve(origin.host)) or ())):
            # Check the literal host only: behind a proxy the host cannot be resolved here.
            target = origin_of(request.url)
            if target.is_address or target.is_private:
                raise TransportError(
                    "no request was sent to the external URL of a descriptor on a public registry: its host is an IP address, "
                    "or is in a private network",
                    method=request.method,
                    url=str(request.url),
                    hint="Ask the publisher of the image to correct the URL.",
                )
        response: HTTPResponse = yield from send_without_credentials(request)
        return response

    return follow_redirects(request, registry, send_without_credentials, send_elsewhere=send_elsewhere)


def origin_of(url: httpx.URL) -> Origin:
    """Return the origin of a URL: its scheme, host and port.

    Args:
        url: An absolute URL.

    Raises:
        InvalidReferenceError: The URL has no origin, or contains user info.
    """
    return _parsed_origin(str(url) if url.userinfo else f"{url.scheme}://{url.netloc.decode('ascii')}")


@lru_cache(maxsize=256)
def _parsed_origin(url: str) -> Origin:
    return Origin.from_url(url)


def _public_addresses(request: HTTPRequest, origin: Origin, registry: Origin) -> Generator[Effect, Any, tuple[str, ...] | None]:
    """Return the IP addresses that a request to another origin than the registry's may be sent to, after checking them.

    None means that any address is allowed: the host is the registry's, the registry itself is in a private network, or a proxy
    resolves hosts.
    """
    addresses = yield from addresses_for(origin.host, registry)
    if not are_public(addresses):
        raise TransportError(
            f"the URL or redirect leads to {origin}, which is in a private network, so no request was sent: a "
            "registry on the internet must not lead its clients there",
            method=request.method,
            url=str(request.url),
            hint="Ask the operator of the registry to correct the URL or redirect.",
        )
    return addresses


def _redirected(request: HTTPRequest, location: str) -> HTTPRequest:
    headers = request.headers.copy()
    for name in SECRET_HEADERS:
        headers.pop(name, None)
    try:
        url = verbatim_url(make_absolute(str(request.url), location.partition("#")[0]))
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
    moved = HTTPRequest(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
    moved.url = url  # the constructor has normalized the URL
    return moved


def _checked_origin(request: HTTPRequest, *, secure: bool) -> Origin:
    """Return the origin of a request's URL, after checking that the scheme is https if `secure` is true."""
    try:
        origin = origin_of(request.url)
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
    return origin
