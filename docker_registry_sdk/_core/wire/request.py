"""The request of an operation as a value, and the conversion of this value to an httpx request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import httpx
from attrs import field, frozen

from ...errors import InvalidReferenceError
from ..text.redaction import redact_url
from .bodies import AsyncRawBody, body_length
from .context import CALL, CallContext
from .policy import Timeout
from .urls import QueryValue, VerbatimURL, add_query, make_absolute, request_target

HeaderValue: TypeAlias = str | int | bool | None
MAX_SMALL_BODY_BYTES = 64 * 1024
# Some of the characters that RFC 3986 section 3.3 allows in a path segment: all that occur in repository names, tags, digests and
# v1 ids. Characters with a special meaning for servers, proxies or shells are left out.
_SEGMENT = re.compile(r"[A-Za-z0-9._~:@+=,\-]+")


@frozen(kw_only=True)
class Request:
    """The request of an operation, which is not sent yet.

    Attributes:
        method: The HTTP method.
        url: A path on the registry, or a URL that a server sent.
        headers: The headers by name.
        body: The body, or None.
        context: The context of the call.
    """

    method: str
    url: str = field(repr=redact_url)
    headers: Mapping[str, str] = field(repr=False)
    body: AsyncRawBody | None = field(repr=False)
    context: CallContext


class RequestBuilder(Protocol):
    """An object with the `build_request` method of `httpx.Client` and `httpx.AsyncClient`."""

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
    ) -> httpx.Request:
        """Return a request with the client's base URL and default headers."""
        ...


def make_request(
    method: str,
    url: str,
    *,
    operation_id: str,
    repo: str | None,
    opaque: bool = False,
    scopes: Sequence[str | None] = (),
    query: Mapping[str, QueryValue] | None = None,
    headers: Mapping[str, HeaderValue] | None = None,
    body: AsyncRawBody | None = None,
) -> Request:
    """Return the request of an operation.

    Args:
        method: The HTTP method.
        url: A path whose parameters are filled in, or a URL that a server sent.
        operation_id: The operation's id.
        repo: The repository that the operation reads or changes, or None.
        opaque: Whether the URL came from a server.
        scopes: The scopes that a token must have, beginning with the scope of the operation itself. None is skipped.
        query: The query parameters; a parameter with the value None is left out.
        headers: The headers; a header with the value None is left out.
        body: The body.
    """
    # Digests are computed from the raw bytes, so the server must not compress the body.
    sent = {"Accept-Encoding": "identity"}
    for name, value in (headers or {}).items():
        if value is not None:
            sent[name] = str(value).lower() if isinstance(value, bool) else str(value)
    if body is not None and "Content-Length" not in sent:
        length = body_length(body)
        if length is not None:
            sent["Content-Length"] = str(length)
    return Request(
        method=method,
        url=add_query(url, query) if query else url,
        headers=sent,
        body=body,
        context=CallContext(
            operation_id=operation_id,
            repo=repo,
            scopes=tuple(filter(None, scopes)),
            opaque=opaque,
        ),
    )


def build(
    client: RequestBuilder,
    request: Request,
    content: Any,
    *,
    timeout: Timeout | None = None,
    context: CallContext | None = None,
) -> httpx.Request:
    """Return the httpx request that a client can send.

    Args:
        client: The client, whose base URL and default headers are used.
        request: The operation's request.
        content: The body in the form that the client accepts.
        timeout: The timeout of each step, in seconds or as an `httpx.Timeout`; None uses the client's timeout.
        context: The context that replaces the context of the request; None to keep it.

    Raises:
        InvalidReferenceError: The URL is not valid.
    """
    url, context = request.url, context or request.context
    if context.opaque and url.startswith("/"):
        # The path is relative to the registry's origin, without the path that the client's base URL may have.
        base = client.build_request("GET", "/").url
        url = make_absolute(str(base), url) if base.host else url
    options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
    try:
        built = client.build_request(
            request.method, url, content=content, headers=request.headers, extensions={CALL: context}, **options
        )
    except httpx.InvalidURL as error:
        raise InvalidReferenceError(
            f"{redact_url(url)!r} is not a URL: {error}. Pass the URL exactly as the server sent it."
        ) from None
    if context.opaque and built.url.raw_path != (target := request_target(url).encode()):
        # httpx would normalize dot segments and quotes, which may invalidate the URL's signature.
        built.url = VerbatimURL(built.url, target)
    return built


def is_large(content: object) -> bool:
    """Return whether a request body is large. A file or an iterable counts as large, since its length may be unknown.

    Args:
        content: The body in the form that an httpx client accepts.
    """
    return content is not None and (not isinstance(content, bytes) or len(content) > MAX_SMALL_BODY_BYTES)


def fill_path(template: str, values: Mapping[str, str], many: frozenset[str] = frozenset()) -> str:
    """Return a path in which the parameters are replaced by their values. The values are checked, and are not percent-encoded.

    Args:
        template: The path, with parameters in braces.
        values: The parameters' values.
        many: The parameters whose values may contain slashes, as repository names do.

    Raises:
        InvalidReferenceError: A value is empty, has an empty, `.` or `..` segment, or contains a character that is not allowed
            in a name, tag or digest, such as `%`, `?`, `#`, a space or a control character.
    """
    for name, value in values.items():
        check_path_value(name, value, slashes=name in many)
        template = template.replace(f"{{{name}}}", value, 1)
    return template


def check_path_value(name: str, value: str, *, slashes: bool) -> None:
    """Check that a value can be part of a URL's path without percent-encoding.

    Args:
        name: The argument's name, for the error.
        value: The value.
        slashes: Whether the value may contain slashes.

    Raises:
        InvalidReferenceError: The value is not allowed in a path; see `fill_path`.
    """
    if not isinstance(value, str):
        raise InvalidReferenceError(f"{name} must be a string, not {type(value).__name__}")
    for segment in value.split("/") if slashes else [value]:
        if segment in (".", "..") or not _SEGMENT.fullmatch(segment):
            problem = (
                "a part of the value is not allowed in a URL's path" if segment else "the value is empty or has an empty part"
            )
            raise InvalidReferenceError(f"{name} {redact_url(value)!r} is invalid: {problem}. Copy the value from the registry.")


def accept_header(wanted: Sequence[str] | None, documented: Sequence[str]) -> str:
    """Return the value of an Accept header.

    Args:
        wanted: The media types to accept; None for all documented ones.
        documented: The documented media types.
    """
    return ", ".join([wanted] if isinstance(wanted, str) else documented if wanted is None else wanted)
