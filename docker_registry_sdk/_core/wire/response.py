"""Responses: what the generated functions return, and how they read status, headers and body."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import httpx
from attrs import field, frozen

from ...errors import ErrorDetail, ParseError, StatusError, UnexpectedContentType
from .headers import text_header
from .reading import Mismatch

BodyT = TypeVar("BodyT")
T = TypeVar("T")


def _short(body: object) -> str:
    return f"<{len(body)} bytes>" if isinstance(body, bytes) else repr(body)


@frozen(kw_only=True)
class Response(Generic[BodyT]):
    """A success. Each operation has classes of its own under this one, with the documented headers as attributes.

    Attributes:
        status: The HTTP status.
        headers: All headers, names in any case.
        media_type: The Content-Type without its parameters, in lower case; None when there is none.
        body: The parsed body, the bytes, or an iterator of them when streamed.
    """

    status: int
    headers: httpx.Headers = field(repr=False)
    media_type: str | None
    body: BodyT = field(repr=_short)


@frozen(kw_only=True)
class ParsedResponse(Response[BodyT]):
    """A success with a body that was parsed.

    Attributes:
        raw: The bytes that the body was parsed from; digests are made of these.
    """

    raw: bytes = field(repr=False)


class ErrorBody(Protocol):
    """A parsed error body: a generated model with the marks of an error."""

    def error_details(self) -> tuple[ErrorDetail, ...]:
        """Return its entries."""
        ...


def media_type(response: httpx.Response) -> str | None:
    """Return the Content-Type without its parameters, in lower case; None when there is none.

    Args:
        response: An HTTP response.
    """
    value = text_header(response, "content-type") or ""
    return value.partition(";")[0].strip().lower() or None


def parse_json(response: httpx.Response, model: str, parse: Callable[[Any], T], expected: Sequence[str]) -> T:
    """Return the response's JSON body, parsed.

    Args:
        response: An HTTP response that was read.
        model: What the body is, for errors.
        parse: What reads the parsed JSON.
        expected: The documented media types.

    Raises:
        UnexpectedContentType: The body is not JSON, and does not claim to be.
        ParseError: The body is not JSON although it claims to be, or does not fit.
    """
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        if "json" not in (media_type(response) or "json"):
            raise unexpected_content_type(response, expected) from None
        raise ParseError(model=model, field="", problem="is not JSON") from None
    try:
        return parse(document)
    except Mismatch as error:
        raise ParseError(model=model, field=error.place, problem=error.problem) from None


def unexpected_content_type(response: httpx.Response, expected: Sequence[str]) -> UnexpectedContentType:
    """Return the error for a success whose media type is none of the documented ones.

    Args:
        response: An HTTP response that was read.
        expected: The documented media types.
    """
    method, url = _origin(response)
    return UnexpectedContentType(
        method=method,
        url=url,
        status=response.status_code,
        headers=response.headers,
        raw=response.content,
        media_type=media_type(response),
        expected=expected,
    )


def status_error(response: httpx.Response, content: bytes, parse: Callable[[Any], ErrorBody] | None) -> StatusError:
    """Return the error for a response that is no documented success.

    Args:
        response: An HTTP response.
        content: Its body, as far as it was read.
        parse: What reads the documented error body; whatever it cannot read leaves the error without entries.
    """
    body: ErrorBody | None = None
    if content and parse is not None:
        try:
            body = parse(json.loads(content))
        except (ValueError, RecursionError, ParseError):
            body = None
    errors = body.error_details() if body is not None else _plain_words(response, content)
    method, url = _origin(response)
    return StatusError.for_status(response.status_code)(
        method=method,
        url=url,
        status=response.status_code,
        headers=response.headers,
        raw=content,
        body=body,
        errors=errors,
    )


def _plain_words(response: httpx.Response, content: bytes) -> tuple[ErrorDetail, ...]:
    """Return what an error says that is plain text, or a JSON string as v1 registries send."""
    words = content[:1024].decode("utf-8", "replace").strip()
    if media_type(response) == "application/json" and words.startswith('"') and words.endswith('"'):
        words = words[1:-1]
    elif media_type(response) != "text/plain":
        return ()
    return (ErrorDetail(message=words),) if words else ()


def _origin(response: httpx.Response) -> tuple[str, str]:
    try:
        return response.request.method, str(response.request.url)
    except RuntimeError:  # made by hand, without a request
        return "request", "(unknown URL)"
