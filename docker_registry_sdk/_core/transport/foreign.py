"""Following the URLs of descriptors, which anybody may have written: bare, and never into the caller's network. Free of I/O."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import TransportError
from ..auth.steps import Flow, Resolve
from ..names.origin import Origin, is_private_host
from ..wire import HTTPRequest, HTTPResponse
from .home import origin_of
from .redirects import follow_redirects, send_bare


def follow_foreign(request: HTTPRequest, registry: Callable[[], Origin]) -> Flow:
    """Send a request to a server that a descriptor names, and follow where its response leads.

    Credentials stay behind, even when the server is the registry itself. Plain http is only for registries of plain http, and
    addresses and hosts of a private network only for registries that are there, too.

    Args:
        request: The request.
        registry: Gives the registry's origin.

    Raises:
        TransportError: It leads where nothing may go.
    """

    def elsewhere(request: HTTPRequest) -> Flow:
        home = registry()
        if not home.is_private and not any(map(is_private_host, (yield Resolve(home.host)) or ())):
            # By its text: what its addresses are has been looked at, but a proxy may be the one to look them up.
            target = origin_of(request.url)
            if target.is_address or target.is_private:
                raise TransportError(
                    "a descriptor of a public registry leads to an address or into a private network, and is not followed there",
                    method=request.method,
                    url=str(request.url),
                )
        response: HTTPResponse = yield from send_bare(request)
        return response

    return follow_redirects(request, registry, send_bare, elsewhere=elsewhere)
