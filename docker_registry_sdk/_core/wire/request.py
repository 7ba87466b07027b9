"""Requests as values: the request of an operation before it is sent, and the httpx request that is built from it."""

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
# The characters that a path segment may contain unencoded (RFC 3986 section 3.3), without those that have a meaning for
# servers, proxies or shells. Repository names, tags, digests and v1 ids need no others.
_SEGMENT = re.compile(r"[A-Za-z0-9._~:@+=,\-]+")


@frozen(kw_only=True)
class Request:
    """The request of an operation, free of I/O.

    Attributes:
        method: The HTTP method.
        url: A path below the registry's address, or an absolute URL that a server gave.
        headers: The headers, by their names on the wire.
        body: The body, or None.
        context: The facts of the call that the layers below must know.
    """

    method: str
    url: str = field(repr=redact_url)
    headers: Mapping[str, str] = field(repr=False)
    body: AsyncRawBody | None = field(repr=False)
    context: CallContext


class RequestBuilder(Protocol):
    """The common part of `httpx.Client` and `httpx.AsyncClient`: building requests with the client's defaults."""

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
        """Return the request, its URL merged with the client's base URL."""
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
        url: A filled-in path, or an opaque URL.
        operation_id: The operation's id.
        repo: The repository that the operation is about, or None.
        opaque: Whether the URL came from a server.
        scopes: The scopes that a token needs, the operation's own first; None for one that does not apply.
        query: Query parameters; None is left out.
        headers: Headers; None is left out.
        body: The body.
    """
    # Digests are computed from the raw bytes, so the body must not be decoded on the way.
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
    """Return the httpx request for a client.

    Args:
        client: The client, whose base URL and default headers are used.
        request: The operation's request.
        content: The body in the form that the client accepts.
        timeout: The timeout of each step, in seconds or as an `httpx.Timeout`; None uses the client's timeout.
        context: The context to send in place of the request's own.

    Raises:
        InvalidReferenceError: The URL is not valid.
    """
    url, context = request.url, context or request.context
    if context.opaque and url.startswith("/"):
        # Relative to the registry's origin, and not to a base URL with a path of its own.
        base = client.build_request("GET", "/").url
        url = make_absolute(str(base), url) if base.host else url
    options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
    try:
        built = client.build_request(
            request.method, url, content=content, headers=request.headers, extensions={CALL: context}, **options
        )
    except httpx.InvalidURL as error:
        raise InvalidReferenceError(f"{redact_url(url)!r} is no URL: {error}. Give it as the server did.") from None
    if context.opaque and built.url.raw_path != (target := request_target(url).encode()):
        # A signature may cover parts that httpx would normalize: dot segments, quotes.
        built.url = VerbatimURL(built.url, target)
    return built


def is_large(content: object) -> bool:
    """Return whether a request body is large, or may be large since it comes in parts.

    Args:
        content: The body in the form that an httpx client accepts.
    """
    return content is not None and (not isinstance(content, bytes) or len(content) > MAX_SMALL_BODY_BYTES)


def fill_path(template: str, values: Mapping[str, str], many: frozenset[str] = frozenset()) -> str:
    """Return the path with its parameters filled in; each value is checked, and no value is encoded.

    Args:
        template: The path, with parameters in braces.
        values: The parameters' values.
        many: The parameters that may contain several segments, as repository names do.

    Raises:
        InvalidReferenceError: A value is empty, has an empty, `.` or `..` segment, or a character that no name, tag or
            digest has, such as `%`, `?`, `#`, a blank or a control character.
    """
    for name, value in values.items():
        check_path_value(name, value, slashes=name in many)
        template = template.replace(f"{{{name}}}", value, 1)
    return template


def check_path_value(name: str, value: str, *, slashes: bool) -> None:
    """Check that a value can be part of a URL's path unencoded.

    Args:
        name: The argument's name, for the error.
        value: The value.
        slashes: Whether it may contain several segments.

    Raises:
        InvalidReferenceError: It cannot be part of a path; see `fill_path`.
    """
    if not isinstance(value, str):
        raise InvalidReferenceError(f"{name} should be text, not {type(value).__name__}")
    for segment in value.split("/") if slashes else [value]:
        if segment in (".", "..") or not _SEGMENT.fullmatch(segment):
            problem = "one of its parts cannot stand in a URL's path" if segment else "it is empty or has an empty part"
            raise InvalidReferenceError(f"{name} {redact_url(value)!r} is refused: {problem}. Give it as the registry shows it.")


def accept_header(wanted: Sequence[str] | None, documented: Sequence[str]) -> str:
    """Return the value of an Accept header.

    Args:
        wanted: The media types to accept; None for all documented ones.
        documented: The documented media types.
    """
    return ", ".join([wanted] if isinstance(wanted, str) else documented if wanted is None else wanted)
