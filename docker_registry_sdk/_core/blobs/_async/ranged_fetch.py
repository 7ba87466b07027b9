"""Fetching the bytes of a blob from an offset on. After an interruption, the missing bytes are requested again."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NoReturn, TypeAlias

from attrs import evolve

from ....digest import Digest
from ....errors import ForkedProcessError, NotFoundError, ParseError, RangeNotSatisfiableError, RegistryError, TransportError
from ....v2 import api
from ...concurrency.forks import keep_forever, reset_after_fork
from ...concurrency.waiting import async_sleep
from ...text.redaction import redact_url
from ...wire import (
    RANGE_SUCCESS,
    AsyncChunks,
    CallLimits,
    async_stream,
    coding_of,
    follow_url,
    integer_header,
    make_request,
    text_header,
)
from ..blob_spec import BlobSpec
from ..byte_ranges import ResponseHead, Resumption
from ..retries import RequestFailures, is_transient, may_be_due_to_range
from .blob_repository import AsyncBlobRepository
from .encoded_body import AsyncPieces, async_decode, async_verify_encoded

_log = logging.getLogger("docker_registry_sdk._core.blobs")

_Body: TypeAlias = AsyncChunks | AsyncPieces
_Response: TypeAlias = tuple[ResponseHead, _Body]
_Request: TypeAlias = Callable[[str | None, str | None], AbstractAsyncContextManager[_Response]]


class AsyncRangedFetch:
    """A fetch of a blob's bytes from an offset on. After an interruption, the missing bytes are requested again.

    The bytes are not verified.

    Args:
        request: A function that sends the request. Its arguments are the values of the Range and If-Range headers; None for a
            header that is not sent.
        blob: The blob, which shows whether an encoded body must be decoded.
        state: The range to read, and the number of bytes that have arrived.
        limits: The limits of the call; its retry policy and deadline limit how often the request is repeated.
    """

    def __init__(self, request: _Request, blob: BlobSpec, state: Resumption, limits: CallLimits) -> None:
        self.state = state
        self._blob = blob
        self._request = request
        self._failures = RequestFailures(limits)
        self._response: AbstractAsyncContextManager[_Response] | None = None
        self._body: _Body | None = None
        self._has_ended = False
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Drop the response in a child process, and make each further request raise `ForkedProcessError`."""
        keep_forever(self._response)
        self._response = self._body = None
        self._request = _refuse_request

    async def start(self) -> None:
        """Send the request, unless nothing is left to read or a response is being read already.

        Raises:
            RegistryError: The request failed too often, or the response does not hold the requested bytes.
        """
        if self._body is None and self.state.is_complete and self.state.offset > 0:
            self._has_ended = True
        while self._body is None and not self._has_ended:
            response = self._request(*self.state.request_headers())
            try:
                head, body = await response.__aenter__()
            except RangeNotSatisfiableError as error:
                if self.state.request_headers()[0] is None:
                    raise
                self._has_ended = self.state.handle_unsatisfiable(error.headers)
                continue
            except RegistryError as error:
                await self._recover_from(error)
                continue
            self._response, self._body = response, body
            try:
                await self._check_response(head, body)
            except RegistryError as error:
                await self.aclose()
                await self._recover_from(error)

    async def _check_response(self, head: ResponseHead, body: _Body) -> None:
        """Check a response, and decode its body if it has a content coding that was not requested."""
        form, coding = self.state.body_form(head), head.coding
        if form == "unusable":
            await self.aclose()
            return
        if form != "verbatim" and coding is not None:
            head = evolve(head, length=None)  # the length of the encoded body
            if form == "encoded":
                self._body = AsyncPieces(async_decode(body, coding, self._blob))
            else:
                self._body = await async_verify_encoded(body, coding, self._blob)
        self.state.check_response(head)

    async def read(self) -> bytes:
        """Return the next bytes as they arrive, and `b""` at the end.

        If the registry sends more bytes than the blob has, the surplus bytes are returned, too, so that the caller notices
        the error.

        Raises:
            TransportError: The body of a response was interrupted too often.
            RegistryError: A response does not hold the requested bytes.
        """
        return bytes(await self._next(None))

    async def read_into(self, buffer: memoryview) -> int:
        """Read the next bytes into a buffer as they arrive, and return the number of bytes, which is 0 only at the end.

        If a response has more bytes than were requested, the surplus bytes are returned, too, so that the caller notices them.

        Args:
            buffer: The buffer, which must not be empty.

        Raises:
            TransportError: The body of a response was interrupted too often.
            RegistryError: A response does not hold the requested bytes.
        """
        return len(await self._next(buffer))

    async def aclose(self) -> None:
        """Close the current response. If its body was not read completely, the connection is closed, too.

        If the body was read completely, the connection stays open for the next request.
        """
        response, body, self._response, self._body = self._response, self._body, None, None
        if isinstance(body, AsyncPieces):
            await body.aclose()
        if response is not None:
            await response.__aexit__(None, None, None)

    async def _next(self, buffer: memoryview | None) -> bytes | memoryview:
        """Return the next bytes, and `b""` at the end.

        If a buffer is given, the bytes are read into the buffer, and the result is the filled part of the buffer.
        """
        while not self._has_ended:
            await self.start()
            if self._body is None:
                break
            try:
                chunk = await anext(self._body, b"") if buffer is None else buffer[: await self._body.fill(buffer)]
            except TransportError as error:
                await self.aclose()
                if not self.state.is_complete:
                    await self._recover_from(error)
                continue
            if chunk:
                try:
                    fresh = self.state.accept(chunk)
                except ParseError as error:  # the body is longer than its Content-Range
                    await self.aclose()
                    if not self.state.is_complete:
                        await self._recover_from(error)
                    continue
                if buffer is not None and len(fresh) < len(chunk):  # the chunk begins with bytes that have arrived already
                    buffer[: len(fresh)] = fresh
                if fresh or self.state.is_complete:
                    return fresh
            else:
                await self.aclose()
                self._has_ended = self.state.is_last_body()
                if not self._has_ended:
                    try:
                        self.state.check_shorter_range()
                    except ParseError as error:
                        await self._recover_from(error)
        return b""

    async def _recover_from(self, error: RegistryError) -> None:
        """Wait before the request is repeated, or request the whole blob from now on, or raise the error.

        Some servers answer every range request wrongly, for example with another range or with an error.
        """
        wait = self._failures.seconds_to_retry(error) if is_transient(error) else None
        if wait is not None:
            _log.debug("%s after %d bytes; the request is repeated in %.2f s", type(error).__name__, self.state.offset, wait)
            await async_sleep(wait)
        elif not may_be_due_to_range(error) or not self.state.give_up_ranges():
            raise error


async def async_start_fetch(
    repository: AsyncBlobRepository, blob: BlobSpec, state: Resumption, use_urls: bool
) -> AsyncRangedFetch:
    """Start to fetch a blob from its descriptor, if that embeds the blob; otherwise from the registry, or from an external URL.

    Args:
        repository: The repository to ask first.
        blob: The blob, with the external URLs of its descriptor.
        state: The range to read.
        use_urls: Whether to try the external URLs, in their order, if the registry does not have the blob.

    Raises:
        NotFoundError: The registry does not have the blob, and no external URL may be used or every one failed.
    """
    if (content := blob.content) is not None:
        fetch = AsyncRangedFetch(_embedded(content), blob, state, repository.limits)
        await fetch.start()
        return fetch
    fetch = AsyncRangedFetch(_registry_request(repository, blob.digest), blob, state, repository.limits)
    try:
        await fetch.start()
    except NotFoundError as error:
        if blob.descriptor is not None and blob.descriptor.data is not None:
            error.add_note("The blob's descriptor has data, but it was ignored: it does not have the digest and the size.")
        if blob.urls and not use_urls:
            error.add_note("The blob's descriptor lists external urls. To download the blob from them, pass use_urls=True.")
        if not blob.urls or not use_urls:
            raise
        missing = error
    else:
        return fetch
    for url in blob.urls:
        fetch = AsyncRangedFetch(_url_request(repository, url), blob, state, repository.limits)
        try:
            await fetch.start()
        except RegistryError as error:
            await fetch.aclose()
            missing.add_note(f"Fetching the blob from {redact_url(url)} failed, too: {error}")
        else:
            return fetch
    raise missing


def _refuse_request(byte_range: str | None, if_range: str | None) -> NoReturn:
    raise ForkedProcessError(
        "the download began before the process was forked, and its connection belongs to the parent",
        hint="Start the download in the child process.",
    )


def _embedded(content: bytes) -> _Request:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    @asynccontextmanager
    async def request(byte_range: str | None, if_range: str | None) -> AsyncIterator[_Response]:
        yield ResponseHead(is_whole=True, length=len(content)), AsyncPieces(pieces())

    return request


def _registry_request(repository: AsyncBlobRepository, digest: Digest) -> _Request:
    @asynccontextmanager
    async def request(byte_range: str | None, if_range: str | None) -> AsyncIterator[_Response]:
        async with api.create_blob_read_stream.asyncio_stream(
            repository.transfer_client, repository.name, digest, byte_range=byte_range, if_range=if_range, **repository.options
        ) as response:
            is_whole = isinstance(response, api.create_blob_read_stream.CreateBlobReadStreamOk)
            content_range = (
                None if isinstance(response, api.create_blob_read_stream.CreateBlobReadStreamOk) else response.content_range
            )
            coding = coding_of(response.headers.get("Content-Encoding"))
            head = ResponseHead(
                is_whole, response.content_length, content_range, response.etag, coding, response.headers.get("Content-Type")
            )
            yield head, response.body

    return request


def _url_request(repository: AsyncBlobRepository, url: str) -> _Request:
    @asynccontextmanager
    async def request(byte_range: str | None, if_range: str | None) -> AsyncIterator[_Response]:
        headers = {"Range": byte_range, "If-Range": if_range}
        get = make_request(
            "GET", follow_url("url", url), operation_id="create_blob_read_stream", repo=None, opaque=True, headers=headers
        )
        get = evolve(get, context=get.context._replace(external=True))
        async with async_stream(repository.transfer_client, get, RANGE_SUCCESS, None, repository.limits) as response:
            head = ResponseHead(
                response.status_code != 206,
                integer_header(response, "Content-Length"),
                text_header(response, "Content-Range"),
                text_header(response, "ETag"),
                coding_of(text_header(response, "Content-Encoding")),
                text_header(response, "Content-Type"),
            )
            yield head, AsyncChunks(response)

    return request
