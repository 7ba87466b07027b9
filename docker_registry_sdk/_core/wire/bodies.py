"""Convert request bodies to the types that sync and async httpx accept, and decode response bodies up to a size limit."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Protocol, TypeAlias, runtime_checkable

import httpx

from ...errors import ResponseError
from ..concurrency.threads import async_run_in_thread_uncancellable
from .content_coding import CodingDecoder, coding_of

BLOCK = 256 * 1024
# The decoder copies the rest of its input after each member of gzip.
_SLICE_BYTES = 16 * 1024
_CODING_HEADERS = frozenset({"content-encoding", "content-length"})


@runtime_checkable
class Readable(Protocol):
    """An object with a `read(size)` that returns bytes: an open file, a socket's file, a `BytesIO`."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes, at most `size`, or b"" at the end.

        Args:
            size: The maximum number of bytes; all remaining bytes by default.
        """
        ...


@runtime_checkable
class ReplayableBody(Protocol):
    """An iterable body that may yield its bytes once more, so that the request can be sent again after a redirect."""

    def can_replay(self) -> bool:
        """Return whether another iteration yields the bytes from the start."""
        ...


RawBody: TypeAlias = bytes | bytearray | memoryview | Readable | Iterable[bytes]
AsyncRawBody: TypeAlias = RawBody | AsyncIterable[bytes]


def body_length(body: AsyncRawBody | None) -> int | None:
    """Return the length of a request body in bytes; None if the length is unknown until the body is read.

    The length of a file is the number of bytes from its current position to its end. The position stays unchanged.

    Args:
        body: A request body; None for no body, whose length is 0.
    """
    if body is None:
        return 0
    if isinstance(body, (bytes, bytearray)):
        return len(body)
    if isinstance(body, memoryview):
        return body.nbytes
    if isinstance(body, AsyncIterable) or not isinstance(body, Readable):
        return None
    tell, seek = getattr(body, "tell", None), getattr(body, "seek", None)
    if tell is None or seek is None:
        return None
    try:
        here = tell()
        seek(0, os.SEEK_END)
        length = tell() - here  # `seek` of an mmap returns None before Python 3.13, so ask `tell`
        seek(here)
    except (OSError, TypeError, ValueError):  # a pipe, or a wrapper without a position
        return None
    return max(0, length) if isinstance(length, int) else None


def sync_content(body: AsyncRawBody | None, length: int | None) -> bytes | Iterator[bytes] | None:
    """Return a request body as bytes or as an iterator of bytes, which sync httpx accepts; None if there is no body.

    Args:
        body: A request body; None for no body.
        length: The value of the header Content-Length; None if the request has no such header. If the body has another length,
            iterating over the result raises `httpx.LocalProtocolError`.

    Raises:
        TypeError: The body is text, an async iterable, or an object that contains no bytes.
    """
    if isinstance(body, (bytearray, memoryview)):
        body = bytes(body)
    if body is None and not length:
        return None
    if isinstance(body, bytes) and length in (None, len(body)):
        return body
    pieces = blocks(body)
    return pieces if length is None else _measured(pieces, length)


def async_content(body: AsyncRawBody | None, length: int | None) -> bytes | AsyncIterator[bytes] | None:
    """Return a request body as bytes or as an async iterator of bytes, which async httpx accepts; None if there is no body.

    The async iterator reads files and ordinary iterables in a worker thread.

    Args:
        body: A request body; None for no body.
        length: The value of the header Content-Length; None if the request has no such header. If the body has another length,
            iterating over the result raises `httpx.LocalProtocolError`.

    Raises:
        TypeError: The body is text, or an object that contains no bytes.
    """
    if isinstance(body, AsyncIterable) and not isinstance(body, Iterable):
        return async_blocks(body) if length is None else _async_measured(body, length)
    content = sync_content(body, length)
    return content if content is None or isinstance(content, bytes) else _threaded(content)


def blocks(body: AsyncRawBody | None) -> Iterator[bytes]:
    """Return an iterator of the bytes of a request body, block by block.

    Args:
        body: A request body. Bytes are one block; None is one empty block. A file is read in blocks of 256 KiB.

    Raises:
        TypeError: The body is text, an async iterable, or an object that contains no bytes.
    """
    if body is None or isinstance(body, (bytes, bytearray, memoryview)):
        return iter([bytes(body or b"")])  # one block; `sync_content` compares its length with Content-Length
    if isinstance(body, Readable) and not isinstance(body, AsyncIterable):
        return iter(lambda: _bytes(body.read(BLOCK)), b"")
    if isinstance(body, Iterable) and not isinstance(body, str):
        return map(_bytes, body)
    if isinstance(body, AsyncIterable):
        raise TypeError(
            "the body of the request is an async iterable, which only async functions accept: call asyncio(…) instead of sync(…)"
        )
    raise TypeError(
        f"the body of a request must be bytes, a file opened in binary mode or an iterable of bytes, not {type(body).__name__}"
    )


async def async_blocks(body: AsyncRawBody | None) -> AsyncIterator[bytes]:
    """Yield the bytes of a request body, block by block. Files and ordinary iterables are read in a worker thread.

    Args:
        body: A request body. Bytes are one block; None is one empty block. A file is read in blocks of 256 KiB.

    Raises:
        TypeError: The body is text, or an object that contains no bytes.
    """
    if isinstance(body, AsyncIterable) and not isinstance(body, Iterable):
        async for block in body:
            yield _bytes(block)
    else:
        async for block in _threaded(blocks(body)):
            yield block


def _measured(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    left = length
    for block in pieces:
        left = _less(left, block, length)
        yield block
    _done(left, length)


async def _async_measured(body: AsyncIterable[bytes], length: int) -> AsyncIterator[bytes]:
    left = length
    async for block in body:
        left = _less(left, _bytes(block), length)
        yield _bytes(block)
    _done(left, length)


async def _threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (block := await async_run_in_thread_uncancellable(lambda: next(pieces, None))) is not None:
        yield block


def _less(left: int, block: bytes, length: int) -> int:
    if len(block) > left:
        raise httpx.LocalProtocolError(f"the body of the request is longer than the {length} bytes of Content-Length")
    return left - len(block)


def _done(left: int, length: int) -> None:
    if left:
        raise httpx.LocalProtocolError(
            f"the body of the request is {left} bytes shorter than the {length} bytes of Content-Length"
        )


def _bytes(block: bytes) -> bytes:
    if not isinstance(block, (bytes, bytearray, memoryview)):
        raise TypeError(f"the body of a request must produce bytes, not {type(block).__name__}: open files in binary mode")
    # `len` of a memoryview counts items, which may be larger than one byte.
    return bytes(block) if isinstance(block, memoryview) else block


def with_body(response: httpx.Response, content: bytes, limit: int, *, whole: bool) -> httpx.Response:
    """Return a new response with the status and headers of a response and with its decoded body.

    Args:
        response: A response whose body was read without removing its content coding.
        content: The bytes that were read: the whole body, or its first bytes.
        limit: The maximum number of bytes of the decoded body.
        whole: Whether the whole body is required. If not, a longer body is truncated to `limit` bytes, and a body that cannot be
            decoded is replaced by an empty body.

    Raises:
        ResponseError: The whole body is required, but the decoded body is longer than the limit.
        httpx.DecodingError: The whole body is required, but the body cannot be decoded.
    """
    headers = response.headers
    coding = coding_of(headers.get("content-encoding"))
    if coding is not None and response.request.method != "HEAD":
        content = _decoded(response, content, coding, limit, whole=whole)
        headers = httpx.Headers([(name, value) for name, value in headers.multi_items() if name not in _CODING_HEADERS])
    if len(content) > limit and whole:
        raise ResponseError(
            f"the body of the response is longer than the limit of {limit} bytes",
            method=response.request.method,
            url=str(response.request.url),
            status=response.status_code,
            headers=headers,
            raw=b"",
            hint="Check the URL, or ask the operator of the registry why the response is so long.",
        )
    return httpx.Response(response.status_code, headers=headers, content=content[:limit], request=response.request)


def _decoded(response: httpx.Response, content: bytes, coding: str, limit: int, *, whole: bool) -> bytes:
    """Decode a body whose content coding was not requested, and return at most `limit` + 1 bytes.

    JSON that was not encoded is returned unchanged. If another body cannot be decoded, raise a DecodingError if `whole` is true,
    and return b"" otherwise.
    """

    def error(name: str, problem: str) -> httpx.DecodingError:
        words = f"the response has Content-Encoding: {name}, although no coding was accepted, and {problem}"
        return httpx.DecodingError(words, request=response.request)

    decoded = content
    try:
        CodingDecoder(coding, error)
        for name in reversed(coding.split(", ")):  # one after the other, so that the limit bounds the bytes between them, too
            decoded = _decode_one(CodingDecoder(name, error), decoded, limit)
    except httpx.DecodingError:
        if content.lstrip()[:1] in (b"{", b"["):
            return content[: limit + 1]  # JSON that was not encoded, although the header says so
        if whole:
            raise
        return b""
    return decoded


def _decode_one(decoder: CodingDecoder, content: bytes, limit: int) -> bytes:
    pieces: list[bytes] = []
    left = limit + 1
    for start in range(0, len(content), _SLICE_BYTES):
        for piece in decoder.decode(content[start : start + _SLICE_BYTES]):
            pieces.append(piece[:left])
            left -= len(piece)
            if left <= 0:
                return b"".join(pieces)
    decoder.finish()
    return b"".join(pieces)
