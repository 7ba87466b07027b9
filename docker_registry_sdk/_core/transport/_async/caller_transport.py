"""The interface of a transport that the caller of a client provides, and the use of such a transport with httpx."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import httpx
from attrs import field, frozen

from ...wire.timeout import Timeout

TransportHeaders: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]

_MIN_SECONDS = 0.001


@frozen(kw_only=True, eq=False)
class AsyncTransportRequest:
    """A request that a transport must send as it is. Its `repr` shows no headers, since these contain credentials.

    Attributes:
        method: The HTTP method.
        url: The absolute URL. Its path and query must not be normalized, since a signature may cover them.
        headers: The names and values of all headers, including Host and Content-Length.
        body: The blocks of bytes of the body; empty if the request has no body. The body can be read once.
        timeout: The longest time of each step of the request.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: AsyncIterable[bytes] = field(repr=False)
    timeout: Timeout


class AsyncClose(Protocol):
    """A function that releases the connection of a response."""

    async def __call__(self) -> None:
        """Release the connection."""
        ...


@frozen(kw_only=True, eq=False)
class AsyncTransportResponse:
    """A response that a transport has received, whose body may still be on its way.

    Attributes:
        status: The HTTP status, such as 200.
        headers: The headers: a mapping, or pairs of name and value.
        body: The blocks of bytes of the body, without transfer coding, as the registry sent them: not decompressed.
        close: A function that releases the connection. It is called once: after the whole body was read, or when the rest of the
            body is not needed. None if there is nothing to release.
    """

    status: int
    headers: TransportHeaders
    body: AsyncIterable[bytes]
    close: AsyncClose | None = None


class AsyncTransport(Protocol):
    """An object that sends the requests of a client, such as `docker_registry_sdk.httpx_adapter.AsyncHttpxTransport`.

    A client never closes its transport. Several calls may use a transport at the same time.
    """

    async def send(self, request: AsyncTransportRequest, /) -> AsyncTransportResponse:
        """Send a request, and return the response before its body is read. Redirects must not be followed.

        Args:
            request: The request.

        Raises:
            TimeoutError: A step took longer than `request.timeout` allows.
            OSError: No response was received; `ConnectionRefusedError` if the registry cannot be reached.
        """
        ...


class AsyncCallerTransport(httpx.AsyncBaseTransport):
    """A transport for httpx that passes each request to a transport of the caller.

    Args:
        transport: The caller's transport.
    """

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response.

        Args:
            request: The request.

        Raises:
            httpx.TransportError: The caller's transport raised a `TimeoutError` or another `OSError`.
        """
        assert isinstance(request.stream, httpx.AsyncByteStream)
        sent = AsyncTransportRequest(
            method=request.method,
            url=f"{request.url.scheme}://{request.url.netloc.decode()}{request.url.raw_path.decode()}",
            headers=tuple(request.headers.multi_items()),
            body=request.stream,
            timeout=_timeout_of(request),
        )
        with _http_errors():
            response = await self._transport.send(sent)
        return httpx.Response(response.status, headers=_pairs(response.headers), stream=_AsyncBody(response))


def _pairs(headers: TransportHeaders) -> list[tuple[str, str]]:
    pairs: Any = headers.items() if isinstance(headers, Mapping) else headers
    return list(pairs)


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, response: AsyncTransportResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _http_errors():
            async for block in self._response.body:
                yield block

    async def aclose(self) -> None:
        if self._response.close is not None:
            await self._response.close()


def _timeout_of(request: httpx.Request) -> Timeout:
    limits = request.extensions["timeout"]
    # At a deadline the time that is left may be 0, which is no timeout.
    return Timeout(**{step: None if seconds is None else max(seconds, _MIN_SECONDS) for step, seconds in limits.items()})


@contextmanager
def _http_errors() -> Iterator[None]:
    """Raise the exceptions of httpx in place of a `TimeoutError` or another `OSError`, so that the request may be repeated."""
    try:
        yield
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error) or "timed out") from error
    except ConnectionRefusedError as error:
        raise httpx.ConnectError(str(error)) from error
    except OSError as error:
        raise httpx.ReadError(str(error)) from error
