"""The typed responses of functions generated from the OpenAPI descriptions, and functions that parse headers and bodies.

A header with an invalid value counts as absent: headers are hints, and only the bytes of a body can be verified.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from attrs import field, frozen, resolve_types

from ...errors import ErrorDetail, ParseError, TransportError, UnexpectedContentTypeError
from .content_coding import coding_of
from .context import call_of
from .error_words import error_text
from .http_types import ReceivedResponse
from .json_values import Mismatch, Parse
from .links import find_next, show_links
from .named_urls import Purpose, encode_url, name_url
from .problems import Report
from .secrets import show_response
from .urls import authority_of

BodyT = TypeVar("BodyT")
T = TypeVar("T")

ANY_SUCCESS = range(200, 300)
"""The statuses of successes that say nothing else than that the request was carried out (RFC 9110, section 15.3)."""
DOCUMENT_SUCCESS = frozenset(ANY_SUCCESS) - {204, 205, 206}
"""The statuses of successes that may have a whole document as their body (RFC 9110, sections 15.3.5 to 15.3.7)."""
RANGE_SUCCESS = DOCUMENT_SUCCESS | {206}
"""The statuses of successes that have a whole body, or a range of it."""

MEBIBYTE = 1024 * 1024
# The first part of an error body is enough for a message.
MAX_ERROR_BODY_BYTES = 64 * 1024
MAX_BODY_BYTES = 16 * MEBIBYTE
# 4 MiB is the manifest size that every registry must accept, and the limit of most clients. A token must fit into a header.
_MAX_BYTES = {"get_manifest": 4 * MEBIBYTE, "get_token": MEBIBYTE, "post_token": MEBIBYTE}

_KNOWN = "docker_registry_sdk.headers"


def _short(body: object) -> str:
    return f"<{len(body)} bytes>" if isinstance(body, bytes) else repr(body)


@frozen(kw_only=True)
class Response(Generic[BodyT]):
    """A successful response. For each operation, a generated subclass has the documented headers as further attributes.

    Attributes:
        status: The HTTP status.
        headers: All headers; names are case-insensitive.
        media_type: The Content-Type without its parameters, in lower case; None if the response has no Content-Type.
        body: The parsed body, the bytes of the body, or an iterator of the bytes if the response is streamed.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    media_type: str | None
    body: BodyT = field(repr=_short)


# Generated subclasses stand in modules that do not import the names in these annotations.
resolve_types(Response)


@frozen(kw_only=True)
class ParsedResponse(Response[BodyT]):
    """A successful response with a parsed body.

    Attributes:
        raw: The unparsed bytes of the body, from which its digest can be computed.
    """

    raw: bytes = field(repr=False)


class ErrorBody(Protocol):
    """A parsed body of an error response: an object of a model that was generated from the OpenAPI description."""

    def error_details(self) -> tuple[ErrorDetail, ...]:
        """Return the entries of the error body, each with a code, a message and details; an empty tuple without entries."""
        ...


def media_type(response: ReceivedResponse) -> str | None:
    """Return the Content-Type of a response without its parameters, in lower case; None if the header is absent or empty.

    Args:
        response: An HTTP response.
    """
    value = text_header(response, "content-type") or ""
    return value.partition(";")[0].strip().lower() or None


def parse_json(response: ReceivedResponse, model: str, parse: Parse[T], expected: Sequence[str]) -> T:
    """Return the parsed JSON body of a response.

    Args:
        response: An HTTP response whose body was read.
        model: The name of the model that the body should match, for errors.
        parse: A function that converts the decoded JSON value to the model, and adds odd values to a report.
        expected: The media types that the operation documents for the response, for errors.

    Raises:
        UnexpectedContentTypeError: The body is not JSON, and the response has a Content-Type other than JSON.
        ParseError: The body is not JSON, and the Content-Type is JSON or absent; or the body is JSON, but does not match the
            model.
    """
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        if "json" not in (media_type(response) or "json"):
            raise unexpected_content_type(response, expected) from None
        raise ParseError(model=model, field="", problem="is not JSON") from None
    try:
        return parse(document, Report())
    except Mismatch as error:
        failure = ParseError(model=model, field=error.place, problem=error.problem)
    except ParseError as error:
        failure = error
    if words := error_text(response):  # the body of an error with the status of a success
        failure = ParseError(model=failure.model, field=failure.field, problem=f"{failure.reason}; the response says: {words}")
    raise failure from None


def unexpected_content_type(response: ReceivedResponse, expected: Sequence[str]) -> UnexpectedContentTypeError:
    """Return the exception for a successful response with a media type that the API specification does not list for the call.

    Args:
        response: An HTTP response whose body was read.
        expected: The media types that the specification lists for the response.
    """
    _, shown = show_response(response, response.content)
    return UnexpectedContentTypeError(**shown, media_type=media_type(response), expected=expected, said=error_text(response))


def text_header(response: ReceivedResponse, name: str) -> str | None:
    """Return the value of a header, or None if the header is absent. The values of repeated headers are joined by commas.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    known: dict[str, str] | None = response.extensions.get(_KNOWN)
    if known is None:
        known = _headers_by_name(response)
    return known.get(name.lower())


def _headers_by_name(response: ReceivedResponse) -> dict[str, str]:
    """Return the values of the headers by lower-case name, with the values of repeated headers joined by commas.

    The dict is stored in the response's `extensions` for the next call, since each look-up in httpx's headers is slow.
    """
    known: dict[str, str] | None = response.extensions.get(_KNOWN)
    if known is None:
        encoding: str = response.headers.encoding
        values: dict[str, list[str]] = {}
        for raw_name, raw_value in response.headers.raw:
            values.setdefault(raw_name.decode(encoding).lower(), []).append(raw_value.decode(encoding))
        # Joined at once: adding to the text for each of thousands of equal names would copy the text each time.
        known = {name: ", ".join(found) for name, found in values.items()}
        response.extensions[_KNOWN] = known
    return known


def integer_header(response: ReceivedResponse, name: str) -> int | None:
    """Return the value of a header as an int; None if the header is absent or is not a number of 1 to 20 digits.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    value = (text_header(response, name) or "").strip()
    # No valid header has more than 20 digits, and `int` raises ValueError for very long numbers.
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else None


def boolean_header(response: ReceivedResponse, name: str) -> bool | None:
    """Return True if a header is `true` or `1`, False if it is `false` or `0`, and None if it is absent or has another value.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    value = (text_header(response, name) or "").strip().lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(value)


def list_header(response: ReceivedResponse, name: str) -> list[str] | None:
    """Return the items of a header that contains a list; None if the header is absent.

    Commas separate the items. A header that is repeated in the response is treated as one list.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    value = text_header(response, name)
    return None if value is None else [item for part in value.split(",") if (item := part.strip())]


def url_header(response: ReceivedResponse, name: str) -> str | None:
    """Return the URL in a header, made absolute; None if the header is absent or empty.

    The path and the query are those of the header; only spaces and non-ASCII characters are percent-encoded. A URL that means the
    server itself gets its origin (see `named_urls`). If the value of the header is not a URL, it is returned unchanged, and a
    request to it raises an exception.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.

    Raises:
        TransportError: The response is not one of the registry itself, and the URL leads to another host. The header Location of
            a response to a PUT, or with the status 201 to a request that names a blob, may do so, since no request follows it.
    """
    value = (text_header(response, name) or "").strip(" \t")
    return _absolute(response, value, "location") if value else None


def next_link(response: ReceivedResponse) -> str | None:
    """Return the URL of the next page from the header `Link` with `rel="next"` (RFC 8288); None if there is no such link.

    The URL is made absolute, as `url_header` does. Forms that other servers send are read as well: a URL without angle brackets,
    single quotes, and a link without `rel`.

    Args:
        response: The response that contains a page of a list.

    Raises:
        ParseError: The header says that there is a next page, but contains no URL for it, or contains a URL, but no link.
        TransportError: The response is not one of the registry itself, and the URL leads to another host.
    """
    text = text_header(response, "Link")
    if not text:
        return None
    try:
        url = find_next(text)
    except ValueError:
        problem = f"{show_links(text)} contains no URL of a next page that can be read"
        raise ParseError(model="Link header", field="", problem=problem) from None
    if url is None:
        return None
    absolute = _absolute(response, url, "page")
    return OtherHostURL(absolute) if _is_elsewhere(response) else absolute


class OtherHostURL(str):
    """The URL of a next page on another host than the registry, which that host itself names. The registry has led there."""

    __slots__ = ()


def _is_elsewhere(response: ReceivedResponse) -> bool:
    try:
        return call_of(response.request).elsewhere
    except RuntimeError:  # the response has no request
        return False


def required(value: T | None, operation: str, name: str) -> T:
    """Return the value of a required header, after checking that the header is present.

    Args:
        value: The header's value, or None if the header is absent.
        operation: The name of the class of the response, for the error.
        name: The header's name, for the error.

    Raises:
        ParseError: The header is absent.
    """
    if value is None:
        raise ParseError(model=operation, field=name, problem="is missing from the headers")
    return value


def _absolute(response: ReceivedResponse, url: str, purpose: Purpose) -> str:
    url = encode_url(url, response.headers.encoding)
    try:
        request = response.request
        base = str(request.url)
        absolute = name_url(base, url, purpose)
    except (RuntimeError, ValueError):  # the response has no request, or `url` is not a URL; a request to it will raise
        return url
    # No request follows the URL of what was stored.
    is_last = request.method == "PUT" or (response.status_code == 201 and _names_blob(request))
    if _is_elsewhere(response) and not is_last and authority_of(absolute) != authority_of(base):
        raise TransportError(
            "the response names a URL on another host, but only the registry itself may do so, and this is another server that "
            "the registry has named",
            method=request.method,
            url=base,
            hint="Ask the operator of the registry to correct the URLs that its storage names.",
        )
    return absolute


def _names_blob(request: Any) -> bool:
    """Return whether a request asks to store or mount a blob, so that a 201 is no open upload."""
    return not {"digest", "mount"}.isdisjoint(request.url.params)


def is_length_of_get(response: Response[None]) -> bool:
    """Return whether the Content-Length of a response to HEAD is the length of the document or blob that GET returns.

    With a content coding, it may be the length of the encoded body. A status without a whole body says only that it exists.

    Args:
        response: A successful response to HEAD.
    """
    return response.status in DOCUMENT_SUCCESS and coding_of(response.headers.get("Content-Encoding")) is None


def body_limit(operation_id: str) -> int:
    """Return the maximum number of bytes of a response body that the client reads into memory.

    Args:
        operation_id: The id of the operation that the response belongs to. Manifests and tokens have lower limits than others.
    """
    return _MAX_BYTES.get(operation_id, MAX_BODY_BYTES)


def fits(response: ReceivedResponse, limit: int) -> bool:
    """Return whether the headers show that a body is not longer than a limit.

    The result is False if the length is unknown: there is no valid Content-Length, or the body has a content coding or a
    transfer coding.

    Args:
        response: A response whose body is not read yet.
        limit: The maximum number of bytes.
    """
    headers = _headers_by_name(response)
    length = headers.get("content-length", "")
    plain = "content-encoding" not in headers and "transfer-encoding" not in headers
    return plain and length.isascii() and length.isdigit() and len(length) < 16 and int(length) <= limit
