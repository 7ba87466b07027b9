"""A request as a value: what an operation asks for, before anybody sends it."""

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
# What may stand in a path segment without being encoded (RFC 3986 section 3.3), less what could mean something to a
# server, a proxy or a shell on the way. No repository name, tag, digest or v1 id needs more.
_SEGMENT = re.compile(r"[A-Za-z0-9._~:@+=,\-]+")


@frozen(kw_only=True)
class Request:
    """A request that an operation makes, free of I/O.

    Attributes:
        method: The HTTP method.
        url: A path below the registry's address, or the absolute URL that a server gave.
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
    """What `httpx.Client` and `httpx.AsyncClient` share: making requests with their defaults filled in."""

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
        repo: The repository that it is about, or None.
        opaque: Whether the URL came from a server.
        scopes: The scopes that a token needs, the operation's own first; None for one that does not apply.
        query: Query parameters; None is left out.
        headers: Headers; None is left out.
        body: The body.
    """
    # Raw bytes are what digests are made of, so no coding may be undone on the way.
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
    """Return the path with its parameters filled in, each checked and none encoded.

    Args:
        template: The path, with parameters in braces.
        values: The parameters' values.
        many: The parameters that may hold several segments, as repository names do.

    Raises:
        InvalidReferenceError: A value is empty, has an empty, `.` or `..` segment, or a character that no name, tag or
            digest has, such as `%`, `?`, `#`, a blank or a control character.
    """
    for name, value in values.items():
        check_path_value(name, value, slashes=name in many)
        template = template.replace(f"{{{name}}}", value, 1)
    return template


def check_path_value(name: str, value: str, *, slashes: bool) -> None:
    """Check that a value can stand in a URL's path as it is.

    Args:
        name: The argument's name, for the error.
        value: The value.
        slashes: Whether it may hold several segments.

    Raises:
        InvalidReferenceError: It cannot; see `fill_path`.
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
        wanted: The media types that the caller wants; None for all that are documented.
        documented: Those.
    """
    return ", ".join([wanted] if isinstance(wanted, str) else documented if wanted is None else wanted)
