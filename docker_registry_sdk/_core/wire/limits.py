"""How much of a body is read: a hostile server may send for ever, and a few bytes may be coded to become many."""

from __future__ import annotations

import zlib

import httpx

from ...errors import ResponseError
from .context import call_of
from .headers import text_header

MEBIBYTE = 1024 * 1024
# What tells more than an error's first words is of no use.
MAX_ERROR_BODY_BYTES = 64 * 1024
MAX_BODY_BYTES = 16 * MEBIBYTE
# 4 MiB is the manifest size that every registry must accept, and the limit of most clients. A token must fit into a header.
_MAX_BYTES = {"get_manifest": 4 * MEBIBYTE, "get_token": MEBIBYTE, "post_token": MEBIBYTE}
_OF_THE_CODING = frozenset({"content-encoding", "content-length"})


def body_limit(response: httpx.Response) -> int:
    """Return how many bytes of a success are read that is not a blob.

    Args:
        response: A response to a generated function's request.
    """
    return _MAX_BYTES.get(call_of(response.request).operation_id, MAX_BODY_BYTES)


def fits(response: httpx.Response, limit: int) -> bool:
    """Return whether a body is known to be within its limit before it is read.

    Args:
        response: A response.
        limit: How many bytes of it are read.
    """
    length = text_header(response, "content-length") or ""
    plain = text_header(response, "content-encoding") is None and text_header(response, "transfer-encoding") is None
    return plain and length.isascii() and length.isdigit() and len(length) < 16 and int(length) <= limit


def with_body(response: httpx.Response, content: bytes, limit: int, *, whole: bool) -> httpx.Response:
    """Return a response with its body, of which one byte more than the limit was read at the most.

    Args:
        response: A response whose body was read raw.
        content: What was read; of an error, as far as it came.
        limit: How many bytes are kept.
        whole: Whether less than all of it is of no use.

    Raises:
        ResponseError: It should be whole, and is longer than the limit, or becomes so.
        httpx.DecodingError: It should be whole, and is coded in a way that cannot be undone.
    """
    headers = response.headers
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity"):
        content = _decoded(response, content, coding, limit, whole=whole)
        headers = httpx.Headers([(name, value) for name, value in headers.multi_items() if name not in _OF_THE_CODING])
    if len(content) > limit and whole:
        raise ResponseError(
            f"the answer is longer than the {limit} bytes that are read of it. Ask the registry's operator why.",
            method=response.request.method,
            url=str(response.request.url),
            status=response.status_code,
            headers=headers,
            raw=b"",
        )
    return httpx.Response(response.status_code, headers=headers, content=content[:limit], request=response.request)


def _decoded(response: httpx.Response, content: bytes, coding: str, limit: int, *, whole: bool) -> bytes:
    """Undo a coding that nobody asked for, up to a limit."""
    try:
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise zlib.error(f"the body is coded as {coding[:20]!a}, which was not asked for")
        # Found by its first bytes, whichever of the three it is.
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
        decoded = decoder.decompress(content, limit + 1)
        if content and not decoder.eof and len(decoded) <= limit:
            raise zlib.error("the coded body breaks off")
    except zlib.error as error:
        if whole:
            raise httpx.DecodingError(str(error), request=response.request) from None
        return b""
    return decoded
