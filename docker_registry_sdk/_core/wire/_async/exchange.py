"""Send a request and return its response, with the whole body or as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Container, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

import httpx

from ....errors import DeadlineExceededError
from ...concurrency.waiting import async_time_limit
from ...tracebacks import remove_secrets
from ..bodies import ReplayableBody, async_content, with_body
from ..context import CallContext, CallLimits, LimitedSender, bound_timeouts, call_of, sender_of, set_call
from ..failures import transport_error
from ..http_types import ReceivedResponse
from ..library_logs import SENDING
from ..policy import Deadline
from ..request import Request, RequestBuilder, build, is_large
from ..response import MAX_ERROR_BODY_BYTES, ErrorBody, body_limit, fits
from ..status_errors import status_error

T = TypeVar("T")


class AsyncSender(RequestBuilder, Protocol):
    """An object that sends requests, such as an `httpx.AsyncClient`."""

    async def send(self, request: httpx.Request, /, *, stream: bool = ...) -> httpx.Response:
        """Send a request and return its response. If `stream` is true, the body of the response is not read yet."""
        ...


class AsyncSenderOwner(Protocol):
    """A client of a registry whose attribute `_sender` is the object that sends the client's requests."""

    @property
    def _sender(self) -> AsyncSender: ...


class AsyncHTTPClient(Protocol):
    """An HTTP client of another package with the methods of `httpx.AsyncClient` that build and send a request."""

    def build_request(
        self,
        method: str,
        url: str,
        /,
        *,
        content: Any = ...,
        headers: Any = ...,
        timeout: Any = ...,
        extensions: Any = ...,
    ) -> Any:
        """Return a request with the client's base URL and default headers, as `httpx.AsyncClient` does.

        Args:
            method: The HTTP method.
            url: A path with its query, or an absolute URL.
            content: The body of the request.
            headers: The headers that this package adds.
            timeout: The timeout of each step of the request.
            extensions: Facts about the request.
        """
        ...

    async def send(self, request: Any, /, *, stream: bool = ...) -> ReceivedResponse:
        """Send a request, and return its response, such as an `httpx.Response`.

        Args:
            request: A request that `build_request` returned.
            stream: Whether to return the response before its body is read.
        """
        ...


AsyncClient: TypeAlias = AsyncHTTPClient | AsyncSenderOwner
"""The clients that generated functions accept: the clients of this package, and httpx clients."""


class AsyncContextSender(LimitedSender):
    """A sender that changes the `CallContext` of each request, and then lets another sender send the request.

    Args:
        sender: The other sender.
        change: A function that receives the context of a request and returns the context to use instead.
    """

    def __init__(self, sender: AsyncSender, change: Callable[[CallContext], CallContext]) -> None:
        self._parent = sender
        self._change = change
        if isinstance(sender, LimitedSender):
            self.retry, self.deadline_seconds = sender.retry, sender.deadline_seconds

    def build_request(self, method: str, url: str, /, *, extensions: Any = None, **options: Any) -> httpx.Request:
        """Build an httpx request with the other sender, and change the context of the request.

        Args:
            method: The HTTP method.
            url: A path with its query, or an absolute URL.
            extensions: The httpx extensions of the request, which contain its context. If they contain no context, or are None,
                the context to change has default values.
            options: The other arguments of `httpx.AsyncClient.build_request`, such as `content` and `headers`.
        """
        request = self._parent.build_request(method, url, extensions=extensions, **options)
        set_call(request, self._change(call_of(request)))
        return request

    async def send(self, request: httpx.Request, /, *, stream: bool = True) -> httpx.Response:
        """Send a request with the other sender, and return its response.

        Args:
            request: A request that `build_request` returned.
            stream: Whether to return the response before its body is read.
        """
        return await self._parent.send(request, stream=stream)


@asynccontextmanager
async def async_stream(
    client: AsyncClient,
    request: Request,
    successes: Container[int],
    parse_error: Callable[[Any], ErrorBody] | None,
    limits: CallLimits,
) -> AsyncIterator[httpx.Response]:
    """Send a request and yield its response before the body is read. The response is closed when the `with` block ends.

    Args:
        client: The client that sends the request.
        request: The request to send.
        successes: The statuses that the operation documents as successes.
        parse_error: A function that parses the documented error body; None if the operation documents no error body.
        limits: The timeout and deadline of the call.

    Raises:
        TransportError: The connection failed, or was interrupted before the headers of the response were complete.
        DeadlineExceededError: The deadline passed before the status and headers were received.
        StatusError: The status is not in `successes`.
    """
    try:
        response = await _perform(sender_of(client), request, successes, parse_error, limits, buffered=False)
    except BaseException as error:  # also when a task is cancelled
        remove_secrets(error)
        raise
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
    limits: CallLimits,
) -> T:
    """Send a request, read the whole response, and return the parsed response.

    Args:
        client: The client that sends the request.
        request: The request to send.
        parse: A function that converts the HTTP response to the typed response of the operation.
        successes: The statuses that the operation documents as successes.
        parse_error: A function that parses the documented error body; None if the operation documents no error body.
        limits: The timeout and deadline of the call.

    Raises:
        TransportError: No response was received, or the body of a success is incomplete.
        DeadlineExceededError: The deadline passed before the response was complete.
        StatusError: The status is not in `successes`.
        ResponseError: The body of a success is longer than `body_limit` allows for the operation.
        RegistryError: `parse` rejects the response.
    """
    try:
        return parse(await _perform(sender_of(client), request, successes, parse_error, limits, buffered=True))
    except BaseException as error:  # also when a task is cancelled
        remove_secrets(error)
        raise


async def _perform(
    sender: AsyncSender,
    request: Request,
    successes: Container[int],
    parse_error: Callable[[Any], ErrorBody] | None,
    limits: CallLimits,
    *,
    buffered: bool,
) -> httpx.Response:
    """Send a request and return its response: with the whole body if `buffered` is true, otherwise before the body is read."""
    built = _build(sender, request, limits, buffered=buffered)
    send = _open_and_read if buffered else _open
    if (deadline := limits.deadline) is None:
        return await send(sender, built, successes, parse_error)
    with deadline_errors(built, deadline), async_time_limit(deadline.remaining):
        return await send(sender, built, successes, parse_error)


def _build(sender: AsyncSender, request: Request, limits: CallLimits, *, buffered: bool) -> httpx.Request:
    """Return the httpx request of a call, after checking that the deadline has not passed.

    `buffered` means that the whole response will be read before it is returned.
    """
    length = request.headers.get("Content-Length")
    body, size = request.body, int(length) if length else None

    def replay() -> Any:
        return async_content(body, size) if isinstance(body, ReplayableBody) and body.can_replay() else None

    content: Any = None
    if body is not None or length:
        content = async_content(body, size)
    is_bulk = not buffered or (content is not None and is_large(content))
    context = request.context._replace(buffered=buffered, bulk=is_bulk, deadline=limits.deadline)
    if isinstance(body, ReplayableBody):
        context = context._replace(replay=replay)
    built = build(sender, request, content, timeout=limits.timeout, context=context)
    if limits.deadline is not None:
        limits.deadline.check(built.method, str(built.url))
        bound_timeouts(built, limits.deadline)
    return built


async def _open(
    sender: AsyncSender, request: httpx.Request, successes: Container[int], parse_error: Callable[[Any], ErrorBody] | None
) -> httpx.Response:
    """Send a request and return its response before the body is read. Raise a StatusError if the status is not in `successes`."""
    before = SENDING.get()
    try:
        options: dict[str, Any] = {}
        # A client of this package sets SENDING itself; other senders are httpx clients of the caller.
        if not isinstance(sender, LimitedSender):
            SENDING.set(True)
            if isinstance(sender, httpx.AsyncClient) and call_of(request).elsewhere:
                options["auth"] = None  # the credential of the httpx client is for the host of its base URL
        response = await sender.send(request, stream=True, **options)
    except httpx.HTTPError as error:
        raise transport_error(request, error)  # noqa: B904 - transport_error has set the cause
    finally:
        SENDING.set(before)
    if response.status_code in successes:
        return response
    refusal = await async_read(response, wanted=False)
    raise status_error(refusal, refusal.content, parse_error)


async def _open_and_read(
    sender: AsyncSender, request: httpx.Request, successes: Container[int], parse_error: Callable[[Any], ErrorBody] | None
) -> httpx.Response:
    """Send a request and return its response with the whole body. Raise a StatusError if the status is not in `successes`."""
    response = await _open(sender, request, successes, parse_error)
    try:
        return await async_read(response)
    except httpx.HTTPError as error:
        raise transport_error(response.request, error)  # noqa: B904 - transport_error has set the cause


@contextmanager
def deadline_errors(request: httpx.Request, deadline: Deadline) -> Iterator[None]:
    """Raise a DeadlineExceededError in place of a TimeoutError that the `with` block raises after the deadline.

    Args:
        request: The request of the call.
        deadline: The deadline of the call.
    """
    try:
        yield
    except DeadlineExceededError:
        raise
    except TimeoutError as error:  # from `async_time_limit`, or from the source of a request body
        if not deadline.has_passed:
            raise
        raise deadline.error(request.method, str(request.url)) from error


async def async_read(response: httpx.Response, *, wanted: bool = True) -> httpx.Response:
    """Read the body of a response into memory, close the response, and return a response that contains the body.

    The body of a success must be complete, and not longer than `body_limit` allows for the operation. Of the body of an error,
    only the first `MAX_ERROR_BODY_BYTES` are kept, and an interruption while the body is read is ignored.

    Args:
        response: An HTTP response. If its body was read before, the response is returned unchanged.
        wanted: Whether the caller can use a response with this status. If not, even a 2xx response is treated as an error.

    Raises:
        ResponseError: The body of a success is longer than the limit.
        httpx.HTTPError: The body of a success is incomplete, or the deadline passed while the body was read.
    """
    if response.is_closed and content_of(response) is not None:
        return response
    whole = wanted and response.is_success
    call = call_of(response.request)
    limit, deadline = body_limit(call.operation_id) if whole else MAX_ERROR_BODY_BYTES, call.deadline
    content, before = bytearray(), SENDING.get()
    SENDING.set(True)
    try:
        if whole and deadline is None and fits(response, limit):
            await response.aread()
            return response
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > limit:
                break
            if deadline is not None and deadline.has_passed:
                raise httpx.ReadTimeout("the deadline of the call passed while the body was read", request=response.request)
    except httpx.HTTPError:
        if whole:
            raise
    finally:
        await response.aclose()
        SENDING.set(before)
    return with_body(response, bytes(content), limit, whole=whole)


def content_of(response: httpx.Response) -> bytes | None:
    """Return the body of a response whose body was already read, as by an event hook of httpx; None if it was not read.

    Args:
        response: An HTTP response.
    """
    if not response.is_closed:
        return None
    try:
        return response.content
    except httpx.ResponseNotRead:
        return None
