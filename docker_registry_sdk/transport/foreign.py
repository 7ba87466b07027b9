"""Following the URLs of descriptors, which anybody may have written: bare, and never into the caller's network. Free of I/O."""

from __future__ import annotations

from collections.abc import Callable

from ..auth.addresses import addresses_for
from ..auth.steps import Flow
from ..errors import TransportError
from ..origin import Origin
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
        target = origin_of(request.url)
        found = yield from addresses_for(target.host, registry())
        if found is not None and target.is_address:
            raise TransportError(
                "a descriptor of a public registry leads to an address, and is not followed there",
                method=request.method,
                url=str(request.url),
            )
        response: HTTPResponse = yield from send_bare(request)
        return response

    return follow_redirects(request, registry, send_bare, elsewhere=elsewhere)
