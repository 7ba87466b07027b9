"""Sending a request and reading its response, buffered or streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import httpx

from ...errors import TransportError
from ..bodies import async_content
from ..failures import transport_error
from ..limits import ERROR_BODY_LIMIT, body_limit, fits, with_body
from ..request import Request, RequestBuilder, Timeout, build
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
    async with _stream(client, request, successes, parse_error, timeout, buffered=False) as response:
        yield response


@asynccontextmanager
async def _stream(
    client: AsyncClient,
    request: Request,
    successes: Container[int],
    parse_error: Callable[[Any], ErrorBody] | None,
    timeout: Timeout | None,
    *,
    buffered: bool,
) -> AsyncIterator[httpx.Response]:
    length = request.headers.get("Content-Length")
    built = build(client, request, async_content(request.body, int(length) if length else None), timeout)
    if buffered:
        built.extensions["buffered"] = True  # so that lower layers may ask again when the body breaks off
    try:
        response = await client.send(built, stream=True)
    except httpx.HTTPError as error:
        raise transport_error(built, error)  # noqa: B904 - it has its cause
    try:
        if response.status_code not in successes:
            raise status_error(response, await _read_some(response), parse_error)
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
    async with _stream(client, request, successes, parse_error, timeout, buffered=True) as response:
        try:
            whole = await async_read(response)
        except httpx.HTTPError as error:
            raise transport_error(response.request, error)  # noqa: B904 - it has its cause
        return parse(whole)


async def async_read(response: httpx.Response) -> httpx.Response:
    """Return a response with its body, read up to a limit, and close it; of an error, what comes counts.

    Args:
        response: A response, read or not.

    Raises:
        ResponseError: A success is longer than the limit.
        httpx.HTTPError: A success breaks off.
    """
    if _content_of(response) is not None:
        return response
    content = bytearray()
    try:
        if response.is_success and fits(response):
            await response.aread()
            return response
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > body_limit(response):
                break
    except httpx.HTTPError:
        if response.is_success:
            raise
    finally:
        await response.aclose()
    return with_body(response, bytes(content))


async def async_chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give the raw bytes of a streamed body as they come.

    Args:
        response: A response whose body is not read yet.

    Raises:
        TransportError: The body broke off.
        ValueError: The stream is closed.
    """
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


async def _read_some(response: httpx.Response) -> bytes:
    """Read an error body up to a limit; what broke off counts as far as it came, since the status tells more."""
    content = bytearray()
    try:
        async for chunk in async_chunks(response):
            content += chunk
            if len(content) >= ERROR_BODY_LIMIT:
                break
    except TransportError:
        pass
    return bytes(content[:ERROR_BODY_LIMIT])


def _content_of(response: httpx.Response) -> bytes | None:
    """Return the body of a response that was read before, as by an event hook or a transport made for tests."""
    if not response.is_closed:
        return None
    try:
        return response.content
    except httpx.ResponseNotRead:
        return None
