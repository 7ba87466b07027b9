"""Fetching a blob from some byte on, and again from where it broke off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

from attrs import evolve

from ....digest import Digest
from ....errors import NotFoundError, RangeNotSatisfiableError, RegistryError, TransportError
from ....v2.api import create_blob_read_stream
from ...concurrency.waiting import async_sleep
from ...text.redaction import redact_url
from ...wire import AsyncChunks, AsyncClient, Timeout, async_stream, follow_url, integer_header, make_request, text_header
from ..resuming import Head, Resumption
from ..wanted import Wanted

_Answer: TypeAlias = tuple[Head, AsyncChunks]
_Ask: TypeAlias = Callable[[str | None, str | None], AbstractAsyncContextManager[_Answer]]


class AsyncFetch:
    """The bytes of a blob from one of them on, asked for again after a drop; nobody has checked them against its digest.

    Args:
        ask: Sends the request, with its Range and If-Range headers.
        state: How far it has come.
    """

    def __init__(self, ask: _Ask, state: Resumption) -> None:
        self.state = state
        self._ask = ask
        self._answer: AbstractAsyncContextManager[_Answer] | None = None
        self._body: AsyncChunks | None = None
        self._ended = False

    async def start(self) -> None:
        """Send the request, unless nothing is left to ask for.

        Raises:
            RegistryError: The answer is not what was asked for.
        """
        if self._body is None and self.state.complete and self.state.offset > 0:
            self._ended = True
        while self._body is None and not self._ended:
            answer = self._ask(*self.state.asks())
            try:
                head, body = await answer.__aenter__()
            except RangeNotSatisfiableError as error:
                if self.state.asks()[0] is None:
                    raise
                self._ended = self.state.refused(error.headers)
                continue
            self._answer, self._body = answer, body
            try:
                self.state.opened(head)
            except RegistryError:
                await self.aclose()
                raise

    async def read(self) -> bytes:
        """Return the next bytes as they come, and none at the end. More than the blob should have is given, too.

        Raises:
            TransportError: The body broke off, again and again.
            RegistryError: The answer is not what was asked for.
        """
        return bytes(await self._next(None))

    async def fill(self, room: memoryview) -> int:
        """Put the next bytes into a buffer as they come, and return how many there are, 0 at the end; see `read`.

        Args:
            room: The buffer, which must not be empty.

        Raises:
            TransportError: The body broke off, again and again.
            RegistryError: The answer is not what was asked for.
        """
        return len(await self._next(room))

    async def _next(self, room: memoryview | None) -> bytes | memoryview:
        """Return the next bytes, and none at the end; if there is a buffer, they stand at its beginning."""
        while not self._ended:
            await self.start()
            if self._body is None:
                break
            try:
                chunk = await anext(self._body, b"") if room is None else room[: await self._body.fill(room)]
            except TransportError as error:
                await self.aclose()
                if not self.state.complete:
                    await async_sleep(self.state.dropped(error))
                continue
            if chunk:
                taken = self.state.take(chunk)
                if room is not None and len(taken) < len(chunk):  # those before it were known
                    room[: len(taken)] = taken
                if taken or self.state.complete:
                    return taken
            else:
                await self.aclose()
                self._ended = self.state.ended()
                if not self._ended:
                    await async_sleep(self.state.dropped())
        return b""

    async def aclose(self) -> None:
        """Close the connection, or leave it to the next request when its answer was read to the end."""
        answer, self._answer, self._body = self._answer, None, None
        if answer is not None:
            await answer.__aexit__(None, None, None)


async def async_start_fetch(
    client: AsyncClient, repo: str, wanted: Wanted, state: Resumption, use_urls: bool, timeout: Timeout | None
) -> AsyncFetch:
    """Ask the registry for a blob and, where it has none and that is allowed, the servers that the descriptor names.

    Args:
        client: What sends the requests.
        repo: The repository's name.
        wanted: The blob.
        state: How far it has come.
        use_urls: Whether the descriptor's `urls` may be followed.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        NotFoundError: There is no such blob.
    """
    fetch = AsyncFetch(lambda part, etag: _from_registry(client, repo, wanted.digest, part, etag, timeout), state)
    try:
        await fetch.start()
    except NotFoundError as error:
        if wanted.urls and not use_urls:
            _explain(error, "Its descriptor has urls, which are not followed unless use_urls=True allows it.")
        if not wanted.urls or not use_urls:
            raise
        missing = error
    else:
        return fetch
    for url in wanted.urls:
        fetch = AsyncFetch(_from_url(client, url, timeout), state)
        try:
            await fetch.start()
        except RegistryError as error:
            await fetch.aclose()
            _explain(missing, f"Nor did {redact_url(url)} have it: {error}")
        else:
            return fetch
    raise missing


def _explain(error: NotFoundError, words: str) -> None:
    error.args = (f"{error} {words}",)


@asynccontextmanager
async def _from_registry(
    client: AsyncClient, repo: str, digest: Digest, byte_range: str | None, if_range: str | None, timeout: Timeout | None
) -> AsyncIterator[_Answer]:
    async with create_blob_read_stream.asyncio_stream(
        client, repo, digest, byte_range=byte_range, if_range=if_range, timeout=timeout
    ) as answer:
        whole = isinstance(answer, create_blob_read_stream.CreateBlobReadStreamOk)
        content_range = None if isinstance(answer, create_blob_read_stream.CreateBlobReadStreamOk) else answer.content_range
        yield Head(whole, answer.content_length, content_range, answer.etag), answer.body


def _from_url(client: AsyncClient, url: str, timeout: Timeout | None) -> _Ask:
    @asynccontextmanager
    async def ask(byte_range: str | None, if_range: str | None) -> AsyncIterator[_Answer]:
        headers = {"Range": byte_range, "If-Range": if_range}
        request = make_request(
            "GET", follow_url("url", url), operation_id="create_blob_read_stream", repo=None, opaque=True, headers=headers
        )
        request = evolve(request, extensions={**request.extensions, "foreign": True})
        async with async_stream(client, request, (200, 206), None, timeout) as response:
            head = Head(
                response.status_code == 200,
                integer_header(response, "Content-Length"),
                text_header(response, "Content-Range"),
                text_header(response, "ETag"),
            )
            yield head, AsyncChunks(response)

    return ask
