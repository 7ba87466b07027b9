"""Sending a request and reading its response, buffered or streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import httpx

from ..bodies import async_content
from ..failures import transport_error
from ..limits import ERROR_BODY_LIMIT, body_limit, fits, with_body
from ..request import Request, RequestBuilder, Timeout, build, is_large
from ..response import ErrorBody, status_error

T = TypeVar("T")

_CLOSED = "the stream is closed: read it inside its with block"


class AsyncClient(RequestBuilder, Protocol):
    """What the generated functions need to send requests: an httpx client, or whatever stands in for one."""

    async def send(self, request: httpx.Request, /, *, stream: bool = ...) -> httpx.Response:
        """Send the request; with `stream`, return before the body is read."""
        ...


@asynccontextmanager
async def async_stream(
    client: AsyncClient,
    request: Request,
    successes: Container[int],
    parse_error: Callable[[Any], ErrorBody] | None,
    timeout: Timeout | None,
) -> AsyncIterator[httpx.Response]:
    """Send the request and give its response before the body is read; the connection is closed on exit.

    Args:
        client: What sends it.
        request: The operation's request.
        successes: The statuses that are successes.
        parse_error: What reads the documented error body.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        TransportError: No answer came, or it broke off.
        StatusError: The status is no success.
    """
    response = await _answered(client, request, successes, parse_error, timeout, buffered=False)
    try:
        yield response
    finally:
        await response.aclose()


async def async_send(
    client: AsyncClient,
    request: Request,
    parse: Callable[[httpx.Response], T],
    successes: Container[int],
    parse_error: Callable[[Any], ErrorBody] | None,
    timeout: Timeout | None,
) -> T:
    """Send the request and return what its response says.

    Args:
        client: What sends it.
        request: The operation's request.
        parse: The operation's `parse`.
        successes: The statuses that are successes.
        parse_error: What reads the documented error body.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        TransportError: No answer came, or a success broke off.
        StatusError: The status is no success.
        ResponseError: The body is longer than any such body should be.
        RegistryError: Whatever `parse` raises.
    """
    response = await _answered(client, request, successes, parse_error, timeout, buffered=True)
    try:
        whole = await async_read(response)
    except httpx.HTTPError as error:
        raise transport_error(response.request, error)  # noqa: B904 - it has its cause
    return parse(whole)


async def _answered(
    client: AsyncClient,
    request: Request,
    successes: Container[int],
    parse_error: Callable[[Any], ErrorBody] | None,
    timeout: Timeout | None,
    *,
    buffered: bool,
) -> httpx.Response:
    """Send the request and return its response, a success whose body is not read yet."""
    length = request.headers.get("Content-Length")
    built = build(client, request, async_content(request.body, int(length) if length else None), timeout)
    if buffered:
        built.extensions["buffered"] = True  # so that lower layers may ask again when the body breaks off
    if not buffered or is_large(built):
        built.extensions["bulk"] = True  # so that they may send it in another way
    try:
        response = await client.send(built, stream=True)
    except httpx.HTTPError as error:
        raise transport_error(built, error)  # noqa: B904 - it has its cause
    if response.status_code in successes:
        return response
    refusal = await async_read(response, wanted=False)
    raise status_error(refusal, refusal.content, parse_error)


async def async_read(response: httpx.Response, *, wanted: bool = True) -> httpx.Response:
    """Return a response with its body, read up to a limit, and close it; of an error, what comes counts.

    Args:
        response: A response, read or not.
        wanted: Whether its status is one that was asked for; a success that was not is read as an error.

    Raises:
        ResponseError: A success is longer than the limit.
        httpx.HTTPError: A success breaks off.
    """
    if _content_of(response) is not None:
        return response
    whole = wanted and response.is_success
    limit = body_limit(response) if whole else ERROR_BODY_LIMIT
    content = bytearray()
    try:
        if whole and fits(response, limit):
            await response.aread()
            return response
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > limit:
                break
    except httpx.HTTPError:
        if whole:
            raise
    finally:
        await response.aclose()
    return with_body(response, bytes(content), limit, whole=whole)


class AsyncFill(Protocol):
    """What a transport may put as `fill` into the extensions of a response: the body straight into the reader's own buffers."""

    async def __call__(self, room: memoryview, /) -> int:
        """Put the next bytes into a buffer, and return how many there are, 0 at the end."""
        ...


class AsyncChunks(AsyncIterator[bytes]):
    """The raw bytes of a streamed body as they come, each given once: iterate, or have buffers filled.

    Args:
        response: A response whose body is not read yet.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._chunks = _chunks(response)
        self._direct: AsyncFill | None = response.extensions.get("fill")
        self._rest = memoryview(b"")

    async def __anext__(self) -> bytes:
        if self._rest:
            rest, self._rest = bytes(self._rest), memoryview(b"")
            return rest
        return await anext(self._chunks)

    async def fill(self, room: memoryview) -> int:
        """Put the next bytes into a buffer, without copying them where the transport can, and return how many there are.

        Args:
            room: The buffer, which must not be empty.

        Returns:
            0 at the end, and only there.

        Raises:
            TransportError: The body broke off.
            ValueError: The stream is closed.
        """
        if self._direct is not None and not self._response.is_closed:
            try:
                return await self._direct(room)
            except httpx.HTTPError as error:
                raise transport_error(self._response.request, error)  # noqa: B904 - it has its cause
        if not self._rest:
            self._rest = memoryview(await anext(self._chunks, b""))
        filled = min(len(room), len(self._rest))
        room[:filled] = self._rest[:filled]
        self._rest = self._rest[filled:]
        return filled


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    if (content := _content_of(response)) is not None:
        yield content
        return
    try:
        if response.is_closed:
            raise ValueError(_CLOSED)
        async for chunk in response.aiter_raw():
            yield chunk
            if response.is_closed:
                raise ValueError(_CLOSED)
    except httpx.HTTPError as error:
        raise transport_error(response.request, error)  # noqa: B904 - it has its cause


def _content_of(response: httpx.Response) -> bytes | None:
    """Return the body of a response that was read before, as by an event hook or a transport made for tests."""
    if not response.is_closed:
        return None
    try:
        return response.content
    except httpx.ResponseNotRead:
        return None
