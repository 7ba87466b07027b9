"""httpx transports that validate each exchange against openapi/.

Streamed bodies are not read: only their status, headers and media type are validated.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from tests.support.validation import UNREAD, Exchanges


class ValidatingTransport(httpx.BaseTransport):
    """A transport that sends with another transport and validates each exchange.

    Args:
        inner: The transport that sends the requests.
        exchanges: The record of the exchanges.
    """

    def __init__(self, inner: httpx.BaseTransport, exchanges: Exchanges) -> None:
        self._inner = inner
        self._exchanges = exchanges

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and validate the exchange."""
        body = _request_body(request)
        response = self._inner.handle_request(request)
        if _is_streamed(request, response):
            self._exchanges.check(request, body, response, UNREAD)
            return response
        assert isinstance(response.stream, httpx.SyncByteStream)
        chunks: list[bytes] = []
        broken: httpx.HTTPError | None = None
        try:
            chunks.extend(response.stream)
        except httpx.HTTPError as error:
            broken = error
        response.close()
        self._exchanges.check(request, body, response, b"".join(chunks))
        return _with_stream(response, _Replayed(chunks, broken))

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


class AsyncValidatingTransport(httpx.AsyncBaseTransport):
    """The async twin of `ValidatingTransport`.

    Args:
        inner: The transport that sends the requests.
        exchanges: The record of the exchanges.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, exchanges: Exchanges) -> None:
        self._inner = inner
        self._exchanges = exchanges

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and validate the exchange."""
        body = _request_body(request)
        response = await self._inner.handle_async_request(request)
        if _is_streamed(request, response):
            self._exchanges.check(request, body, response, UNREAD)
            return response
        assert isinstance(response.stream, httpx.AsyncByteStream)
        chunks: list[bytes] = []
        broken: httpx.HTTPError | None = None
        try:
            async for chunk in response.stream:
                chunks.append(chunk)
        except httpx.HTTPError as error:
            broken = error
        await response.aclose()
        self._exchanges.check(request, body, response, b"".join(chunks))
        return _with_stream(response, _Replayed(chunks, broken))

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def _is_streamed(request: httpx.Request, response: httpx.Response) -> bool:
    media_type = response.headers.get("content-type", "").partition(";")[0]
    return request.method != "HEAD" and response.is_success and media_type == "application/octet-stream"


def _request_body(request: httpx.Request) -> bytes | None:
    if not isinstance(request.stream, httpx.ByteStream):
        return UNREAD
    return b"".join(request.stream) or (UNREAD if "content-type" in request.headers else None)


class _Replayed(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that was read before; it yields the same chunks, and raises the error if the body was cut."""

    def __init__(self, chunks: list[bytes], broken: httpx.HTTPError | None) -> None:
        self._chunks = chunks
        self._broken = broken

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._broken is not None:
            raise self._broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def _with_stream(response: httpx.Response, stream: _Replayed) -> httpx.Response:
    return httpx.Response(response.status_code, headers=response.headers, stream=stream, extensions=response.extensions)
