"""The rules about destinations: where a request may be sent, and what it may carry. This module does no I/O.

A caller names a registry. All other URLs are named by a server (redirects, upload locations, links to pages, realms, endpoints of
API v1) or by the publisher of an image (the field `urls` of a descriptor). SECURITY.md has these rules as a table.

1. The credential, and the headers of a caller's httpx client, are sent to the registry's own origin only, and only while the
   registry itself has named every URL of the chain of redirects. A chain that has left the registry stays without them, also if
   it leads back. A registry that the caller named by http:// and that redirects to the same path and query with https on its own
   host is that registry; from then on, its https origin is the registry's own. Another host to which a chain has led may get an
   anonymous token of its own token service (`anonymous`), never the credential.
2. A request that changes something (all methods but GET and HEAD) follows only redirects of the registry itself. Another host may
   name URLs on its own origin only: its Location and Link headers lead to no other host (`wire.url_header`).
3. From https, no URL leads to plain http. A URL in Link or Location that means the server itself by http, by another port or by a
   name of its own network is requested from the origin that sent the header (`wire.name_url` has that rule).
4. If the registry is on the internet, no named URL leads to a private address. The address that the connection to the registry
   was made to decides whether the registry is on the internet; only behind a proxy its name does.
5. The host that was checked is the host that is used: the URL is sent with the spelling of its `Origin`, and the connection is
   made to the addresses that were checked.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias

from ..names.origin import Origin, is_private_host
from ..wire import CALLERS_HEADERS, HTTPRequest, verbatim_url
from .effects import Effect, Resolve

MAX_REDIRECTS: Final = 5
REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
# Headers that are sent to the registry only.
SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
READING_METHODS: Final = frozenset({"GET", "HEAD"})
# After a 301, 302 or 303, HTTP clients repeat a write as a GET, which cannot complete an upload.
_SAME_METHOD_STATUSES: Final = frozenset({307, 308})

Addresses: TypeAlias = tuple[str, ...] | None


def may_follow(method: str, status: int, *, operation_id: str = "", of_registry: bool, is_repeatable: bool) -> bool:
    """Return whether a request may be sent again to the URL that a redirect names.

    Args:
        method: The HTTP method of the request.
        status: The status of the redirect, one of `REDIRECT_STATUSES`.
        operation_id: The id of the operation, such as `get_manifest`; empty for other requests.
        of_registry: Whether the registry itself sent the redirect, and every URL before it was named by the registry.
        is_repeatable: Whether the body of the request can be sent again.

    Source: RFC 9110 section 15.4.
    """
    if status == 303 and operation_id == "list_referrers":
        return False  # GHCR, which has no such list, leads to its web pages
    return method in READING_METHODS or (of_registry and status in _SAME_METHOD_STATUSES and is_repeatable)


def redirect_hint(method: str, status: int, *, of_registry: bool) -> str:
    """Return what to do about a redirect of a request that changes something, if `may_follow` does not allow it.

    Args:
        method: The HTTP method of the request.
        status: The status of the redirect.
        of_registry: Whether the registry itself sent the redirect, and every URL before it was named by the registry.
    """
    if not of_registry:
        return (
            "Another host may not redirect a request that changes something: only the registry itself may. Ask the operator of "
            "the registry."
        )
    if status not in _SAME_METHOD_STATUSES:
        return (
            f"A redirect with status {status} does not keep the method and the body of a {method} request: ask the operator of "
            "the registry to answer 307 or 308."
        )
    return (
        "The registry redirects the request, but its body can be sent only once: pass bytes, upload a blob from a path or a "
        "seekable file, or send it in chunks (chunk_size)."
    )


def remove_secret_headers(request: HTTPRequest) -> None:
    """Remove the headers of a request that are for the registry only, and the default headers of a caller's httpx client.

    Args:
        request: The request, which is sent to another origin than the registry's, or after a chain of redirects has left it.
    """
    for name in (*SECRET_HEADERS, *request.extensions.get(CALLERS_HEADERS, ())):
        request.headers.pop(name, None)


def set_spelling(request: HTTPRequest, origin: Origin) -> None:
    """Write the host of a request's URL as in its origin: without a final dot, and an IPv6 address in its short form.

    Resolvers, TLS and pools of connections take other spellings of a host for another host.

    Args:
        request: The request.
        origin: The origin of the request's URL.
    """
    request.url = verbatim_url(f"{origin}{request.url.raw_path.decode('ascii')}")
    request.headers["Host"] = origin.netloc


def find_addresses(
    target: Origin, registry: Origin, refuse: Callable[[str], Exception], *, by_publisher: bool = False
) -> Generator[Effect, Any, Addresses]:
    """Return the only IP addresses that a request to a named URL may be sent to, after checking that they are public.

    The request must connect to these addresses and not resolve the host again, since a second lookup may return other addresses
    (DNS rebinding). The result is an empty tuple if the host cannot be resolved. It is None if any address is allowed: the URL is
    on the registry's own origin with https, the registry is in the caller's network, or a proxy resolves the host.

    Args:
        target: The origin of the URL.
        registry: The origin of the registry that named the URL.
        refuse: A function that returns the exception to raise if the URL is not allowed, from the reason.
        by_publisher: Whether the publisher of an image named the URL. Then its host must not be an IP address.
    """
    if target == registry and target.is_secure and not by_publisher:
        return None  # TLS shows whether the host is still the registry
    if (yield from _is_in_callers_network(registry)):
        return None
    if target.is_private:
        raise refuse("which is in a private network")
    if by_publisher and target.is_address:
        raise refuse("which is an IP address")
    found: Addresses = (target.host,) if target.is_address else (yield Resolve(target))
    if any(map(is_private_host, found or ())):
        raise refuse("which is in a private network")
    return found


def _is_in_callers_network(registry: Origin) -> Generator[Effect, Any, bool]:
    """Return whether a registry is in the caller's network, so that it may lead requests to private addresses.

    The addresses of its connections decide; if there is no connection yet, all addresses that its name resolves to; and if these
    are not known, as behind a proxy, its name.
    """
    if registry.is_address:
        return registry.is_private
    addresses: Addresses = yield Resolve(registry, connected=True)
    return all(map(is_private_host, addresses)) if addresses else registry.is_private
