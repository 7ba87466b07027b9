"""A transport that sends requests with an httpx client of the caller, and the check of the option `transport`."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, AsyncIterator

import httpx

from ...wire.urls import verbatim_url
from .caller_transport import AsyncTransport, AsyncTransportRequest, AsyncTransportResponse


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, blocks: AsyncIterable[bytes]) -> None:
        self._blocks = blocks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for block in self._blocks:
            yield block


class AsyncHttpxTransport:
    """A transport that sends requests with an httpx client of the caller.

    The httpx client determines TLS, proxy, timeout and the limits of connections, its event hooks are called, and only the caller
    closes it. Its default headers are sent to the registry's own origin only, not to token services, storage and other hosts of
    redirects; its Authorization header, cookies and query parameters are not sent. Blobs are transferred more slowly than without
    such a transport, and there is no protection against DNS rebinding: the httpx client resolves a host again after this package
    has checked the host's addresses, so a hostile registry can direct requests into the caller's network.

    Args:
        client: The httpx client.

    Raises:
        TypeError: `client` is not an httpx client of this kind.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        if not isinstance(client, httpx.AsyncClient):
            wanted, given = httpx.AsyncClient.__name__, type(client)
            raise TypeError(f"client must be an httpx.{wanted}, not {given.__module__}.{given.__name__}")
        self.client = client

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    async def send(self, request: AsyncTransportRequest, /) -> AsyncTransportResponse:
        """Send a request with the httpx client, and return the response before its body is read.

        Args:
            request: The request.

        Raises:
            httpx.TransportError: No response was received.
        """
        extensions = {"timeout": dict(zip(("connect", "read", "write", "pool"), request.timeout.steps, strict=True))}
        sent = httpx.Request(
            request.method, request.url, headers=list(request.headers), stream=_AsyncBody(request.body), extensions=extensions
        )
        sent.url = verbatim_url(request.url)  # the constructor has normalized the URL
        response = await self.client.send(sent, stream=True, auth=httpx.Auth(), follow_redirects=False)
        return AsyncTransportResponse(
            status=response.status_code,
            headers=response.headers.multi_items(),
            body=response.aiter_raw(),
            close=response.aclose,
        )


def async_check_transport(transport: object) -> AsyncTransport:
    """Return a transport, after checking that it has a method `send` of the right kind.

    Args:
        transport: The value of the option `transport`.

    Raises:
        TypeError: The value is no such transport.
    """
    send = getattr(transport, "send", None)
    kind = type(transport)
    name, own = AsyncTransport.__name__, AsyncHttpxTransport
    adapter = f"docker_registry_sdk.httpx_adapter.{own.__name__}"
    is_async = inspect.iscoroutinefunction(AsyncTransport.send)
    if kind.__module__.partition(".")[0] == "httpx" or not callable(send):
        raise TypeError(
            f"transport must be a {name}, not {kind.__module__}.{kind.__name__}; "
            f"to use an httpx client, wrap it: {adapter}(client)"
        )
    if inspect.iscoroutinefunction(send) != is_async:
        raise TypeError(
            f"the method send of the transport {kind.__name__} must {'' if is_async else 'not '}be an async function; "
            f"for an httpx client, use {adapter}"
        )
    return transport  # type: ignore[return-value]
