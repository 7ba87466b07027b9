"""The bytes of a streamed body, in chunks as they are received."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import httpx

from ...concurrency.waiting import async_time_limit
from ...tracebacks import remove_secrets
from ..context import async_fill_of, call_of
from ..failures import transport_error
from ..library_logs import SENDING
from .exchange import content_of, deadline_errors

_CLOSED = "the stream is closed: read the body inside the `with` block"


class AsyncChunks(AsyncIterator[bytes]):
    """An iterator of the bytes of a streamed body, in chunks as they are received, without removing a content coding.

    Instead of iterating, a caller can copy the bytes into its own buffers with `fill`.

    Args:
        response: A response whose body is not read yet.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._chunks = _chunks(response)
        self._fill = async_fill_of(response)
        self._rest = memoryview(b"")
        self._deadline = call_of(response.request).deadline

    async def __anext__(self) -> bytes:
        if self._rest:
            rest, self._rest = bytes(self._rest), memoryview(b"")
            return rest
        try:
            if self._deadline is None:
                return await anext(self._chunks)
            with self._limited(), async_time_limit(self._deadline.remaining):
                return await anext(self._chunks)
        except StopAsyncIteration:
            raise
        except BaseException as error:  # also when a task is cancelled
            remove_secrets(error)
            raise

    async def fill(self, buffer: memoryview) -> int:
        """Copy the next bytes of the body into a buffer, and return the number of copied bytes; 0 at the end of the body.

        Args:
            buffer: A writable buffer of at least one byte. The number of copied bytes may be smaller than its length.

        Raises:
            TransportError: The connection was interrupted before the end of the body.
            DeadlineExceededError: The deadline of the call passed.
            ValueError: The response was closed before the whole body was read.
        """
        if self._fill is None or self._response.is_closed:
            if not self._rest:
                self._rest = memoryview(await anext(self, b""))
            filled = min(len(buffer), len(self._rest))
            buffer[:filled] = self._rest[:filled]
            self._rest = self._rest[filled:]
            return filled
        try:
            if self._deadline is None:
                return await self._fill(buffer)
            with self._limited(), async_time_limit(self._deadline.remaining):
                return await self._fill(buffer)
        except httpx.HTTPError as error:
            failure = transport_error(self._response.request, error)
        except BaseException as error:  # also when a task is cancelled
            remove_secrets(error)
            raise
        raise failure

    def _limited(self) -> AbstractContextManager[None]:
        assert self._deadline is not None
        request = self._response.request
        self._deadline.check(request.method, str(request.url))
        return deadline_errors(request, self._deadline)


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    if (content := content_of(response)) is not None:
        yield content
        return
    try:
        blocks = response.aiter_raw()
        while True:
            if response.is_closed:
                raise ValueError(_CLOSED)
            before = SENDING.get()
            SENDING.set(True)
            try:
                chunk = await anext(blocks, None)
            finally:
                SENDING.set(before)
            if chunk is None:
                return
            yield chunk
    except httpx.HTTPError as error:
        raise transport_error(response.request, error)  # noqa: B904 - transport_error has set the cause
