"""A client of the HTTP/1.1 engine with the same methods for sync and async."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from docker_registry_sdk._core.http1._async.transport import AsyncHTTP1Transport
from docker_registry_sdk._core.http1._sync.transport import HTTP1Transport
from docker_registry_sdk._core.wire import CALL, FILL, CallContext
from tests.support.sessions import Kind

Content = bytes | Callable[[], Iterator[bytes]] | None


def open_connections(client: Any) -> int:
    """Return how many connections a client has, idle or in use, of httpx and of the HTTP/1.1 engine."""
    transport = client._pipeline._settings.http._transport
    return len(transport._others._pool.connections) + len(transport._idle._entries) + 100 - free_slots(transport)


def free_slots(transport: HTTP1Transport | AsyncHTTP1Transport) -> int:
    """Return how many more connections a transport may open."""
    slots: Any = transport._limit._semaphore
    free: int = slots.value if hasattr(slots, "value") else slots._value
    return free


class Other(httpx.MockTransport):
    """The transport for all other requests; it answers 299."""

    def __init__(self) -> None:
        super().__init__(lambda request: httpx.Response(299))


class Direct:
    """A client that uses the HTTP/1.1 engine.

    Args:
        transport: The transport.
        portal: The event loop of an async transport.
    """

    def __init__(self, transport: HTTP1Transport | AsyncHTTP1Transport, portal: BlockingPortal | None) -> None:
        self.transport = transport
        self.portal = portal
        self._http: Any = httpx.Client(transport=transport, timeout=30) if isinstance(transport, HTTP1Transport) else None
        if isinstance(transport, AsyncHTTP1Transport):
            self._http = httpx.AsyncClient(transport=transport, timeout=30)

    @property
    def idle(self) -> int:
        """The number of idle connections."""
        return len(self.transport._idle._entries)

    @property
    def free(self) -> int:
        """The number of connections that may still be opened."""
        return free_slots(self.transport)

    def send(
        self, url: str | httpx.URL, method: str = "GET", content: Content = None, *, keep: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a request, its URL verbatim, and read the raw body of its response; with `keep`, leave the body unread."""
        options["extensions"] = {CALL: options.pop("call", CallContext(bulk=True))}
        if self.portal is None:
            given = content() if callable(content) else content
            response: httpx.Response = self._http.send(self._build(method, url, given, options), stream=True)
            return response if keep else self.read(response)

        async def pieces() -> AsyncIterator[bytes]:
            assert callable(content)
            for piece in content():
                yield piece

        async def run() -> httpx.Response:
            given = pieces() if callable(content) else content
            return await self._http.send(self._build(method, url, given, options), stream=True)  # type: ignore[no-any-return]

        response = self.portal.call(run)
        return response if keep else self.read(response)

    def _build(self, method: str, url: str | httpx.URL, content: Any, options: dict[str, Any]) -> httpx.Request:
        request: httpx.Request = self._http.build_request(method, url, content=content, **options)
        request.url = httpx.URL(url) if isinstance(url, str) else url
        return request

    def read(self, response: httpx.Response, pieces: int | None = None) -> httpx.Response:
        """Read the raw body of a response, or the first pieces of it, into its `extensions["raw"]`, and close the response."""
        found: list[bytes] = []
        if self.portal is None:
            try:
                if pieces != 0:
                    for piece in response.iter_raw():
                        found.append(piece)
                        if len(found) == pieces:
                            break
            finally:
                response.close()
        else:

            async def run() -> None:
                try:
                    if pieces != 0:
                        async for piece in response.aiter_raw():
                            found.append(piece)
                            if len(found) == pieces:
                                break
                finally:
                    await response.aclose()

            self.portal.call(run)
        response.extensions["raw"] = b"".join(found)
        return response

    def fill(self, response: httpx.Response, room: memoryview) -> int:
        """Read the next bytes of a response into a buffer, and return their number."""
        fill = response.extensions[FILL]
        filled: int = fill(room) if self.portal is None else self.portal.call(fill, room)
        return filled

    def drop(self, response: httpx.Response) -> None:
        """Close a response."""
        self.read(response, pieces=0)

    def close(self) -> None:
        """Close the client."""
        if self.portal is None:
            self._http.close()
        else:
            self.portal.call(self._http.aclose)


@contextmanager
def open_direct(kind: Kind, context: ssl.SSLContext | None = None) -> Iterator[Direct]:
    """Yield a client that uses the HTTP/1.1 engine, and close it at the end.

    Args:
        kind: Sync or async.
        context: The trusted certificates; None for no certificates.
    """
    trusted = context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if kind == "sync":
        direct = Direct(HTTP1Transport(trusted, Other()), None)
        try:
            yield direct
        finally:
            direct.close()
        return
    with start_blocking_portal() as portal:
        direct = portal.call(lambda: Direct(AsyncHTTP1Transport(trusted, Other()), portal))
        try:
            yield direct
        finally:
            direct.close()
