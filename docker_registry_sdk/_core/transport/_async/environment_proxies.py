"""The proxies of environment variables in an httpx client, which decides for each request whether it goes through a proxy."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.request import getproxies

import httpx

from ....errors import InvalidReferenceError
from ..proxy import environment_rules


class AsyncUnusableProxy(httpx.AsyncBaseTransport):
    """A transport that sends nothing, since the proxy for its requests cannot be used.

    Args:
        error: The exception of the check of the proxy.
    """

    def __init__(self, error: InvalidReferenceError) -> None:
        self._problem, self._hint = error.problem, error.hint

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raise the exception that says what is wrong with the proxy.

        Args:
            request: The request, which is not sent.

        Raises:
            InvalidReferenceError: The URL of the proxy is invalid, or a package for it is not installed.
        """
        raise InvalidReferenceError(self._problem, hint=self._hint)


def async_use_environment_proxies(client: httpx.AsyncClient, context: ssl.SSLContext, limits: httpx.Limits) -> None:
    """Let a client send requests through the proxies in HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, except to the hosts in NO_PROXY.

    A proxy that cannot be used raises an exception when a request needs it.

    Args:
        client: The httpx client.
        context: The TLS settings of the connections to registries.
        limits: The limits of connections.
    """
    mounts: dict[Any, httpx.AsyncBaseTransport | None] = {}
    for rule in environment_rules(getproxies()):
        try:
            rule.check()
        except InvalidReferenceError as error:
            mounts[rule] = AsyncUnusableProxy(error)
        else:
            mounts[rule] = None if rule.url is None else _proxy_transport(rule.url, context, limits)
    # httpx has no public way to exclude networks: the keys of its option `mounts` are URLs.
    client._mounts = mounts


def _proxy_transport(url: str, context: ssl.SSLContext, limits: httpx.Limits) -> httpx.AsyncBaseTransport:
    return httpx.AsyncHTTPTransport(verify=context, proxy=httpx.Proxy(url), limits=limits, trust_env=False)
