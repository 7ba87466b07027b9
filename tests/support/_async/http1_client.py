"""A client that sends all its requests with the HTTP/1.1 engine."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx

from docker_registry_sdk._core.http1._async.pool import async_use_engine
from docker_registry_sdk._core.wire import CALL, FILL, CallContext
from tests.support.connections import OtherPool, free_slots

BULK = CallContext(bulk=True)


class AsyncHTTP1Client:
    """A client that sends its requests with the HTTP/1.1 engine; other requests are answered with 299.

    Args:
        context: The TLS context with the trusted certificates; without certificates when not given.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        transport = httpx.AsyncHTTPTransport()
        self.pool = async_use_engine(transport, context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        self.pool._others = OtherPool()
        self._http = httpx.AsyncClient(transport=transport, timeout=30)

    async def __aenter__(self) -> AsyncHTTP1Client:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the client."""
        await self._http.aclose()

    @property
    def idle(self) -> int:
        """The number of idle connections."""
        return len(self.pool._idle._entries)

    @property
    def free(self) -> int:
        """The number of connections that may still be opened."""
        return free_slots(self.pool)

    async def send(
        self,
        url: str | httpx.URL,
        method: str = "GET",
        content: bytes | Callable[[], Iterator[bytes]] | None = None,
        *,
        call: CallContext = BULK,
        **options: Any,
    ) -> httpx.Response:
        """Send a request, its URL verbatim, and return the response, its body unread.

        Args:
            url: The URL.
            method: The method.
            content: The body, or a function that returns its pieces.
            call: The context of the call; with `bulk` or `addresses` the engine sends the request.
            options: Other arguments of `httpx.AsyncClient.build_request`.
        """

        async def pieces(source: Callable[[], Iterator[bytes]]) -> AsyncIterator[bytes]:
            for piece in source():
                yield piece

        body = pieces(content) if callable(content) else content
        request = self._http.build_request(method, url, content=body, extensions={CALL: call}, **options)
        request.url = httpx.URL(url) if isinstance(url, str) else url
        return await self._http.send(request, stream=True)

    async def fetch(self, url: str | httpx.URL, *args: Any, **options: Any) -> httpx.Response:
        """Send a request as `send` does, and return the response after `read_raw`."""
        response = await self.send(url, *args, **options)
        await read_raw(response)
        return response


async def read_raw(response: httpx.Response, pieces: int | None = None) -> bytes:
    """Read the body of a response without decoding it, keep the bytes in `extensions["raw"]`, and close the response.

    Args:
        response: The response.
        pieces: The number of pieces to read at most; all when not given.
    """
    found: list[bytes] = []
    try:
        if pieces != 0:
            async for piece in response.aiter_raw():
                found.append(piece)
                if len(found) == pieces:
                    break
    finally:
        await response.aclose()
    raw = b"".join(found)
    response.extensions["raw"] = raw
    return raw


async def fill(response: httpx.Response, buffer: memoryview) -> int:
    """Read the next bytes of a response into a buffer, and return their number."""
    filled: int = await response.extensions[FILL](buffer)
    return filled
