"""The class `Request`, which describes a request independently of httpx, and its conversion to an httpx request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote, urlencode

import httpx
from attrs import field, frozen

from ...errors import InvalidReferenceError
from ..text.redaction import redact_url
from .bodies import AsyncRawBody, body_length
from .context import CALL, PROXY_LOGINS, CallContext, LimitedSender
from .json_forms import format_timestamp
from .secrets import proxy_logins
from .timeout import Timeout, timeout_steps
from .urls import VerbatimURL, make_absolute, request_target

HeaderValue: TypeAlias = str | int | bool | None
QueryValue: TypeAlias = str | int | bool | datetime | Iterable[str] | None
MAX_SMALL_BODY_BYTES = 64 * 1024
# The headers of an httpx client that all hosts may get; others may be API keys.
_PLAIN_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "transfer-encoding", "user-agent"}
)
# Some of the characters that RFC 3986 section 3.3 allows in a path segment: all that occur in repository names, tags, digests and
# v1 ids. Characters with a special meaning for servers, proxies or shells are left out.
_SEGMENT = re.compile(r"[A-Za-z0-9._~:@+=,\-]+")


@frozen(kw_only=True)
class Request:
    """The description of a request that a client can send: independent of the client, and not sent yet.

    Attributes:
        method: The HTTP method.
        url: A path on the registry with its query, or a URL that a server sent.
        headers: The headers by name, without the default headers of the client.
        body: The body; None if the request has no body.
        context: The facts about the call that the authorization, the retries and the transport need.
    """

    method: str
    url: str = field(repr=redact_url)
    headers: Mapping[str, str] = field(repr=False)
    body: AsyncRawBody | None = field(repr=False)
    context: Any


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
        """Return a request with the client's base URL and default headers; for the arguments, see `httpx.Client`."""
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
    """Return the description of a request for an operation. If the length of the body is known, add the header Content-Length.

    Args:
        method: The HTTP method.
        url: A path whose parameters are replaced by their values, or a URL that a server sent.
        operation_id: The id of the operation in the OpenAPI description, such as `get_manifest`.
        repo: The repository that the operation reads or changes; None if the operation concerns no single repository.
        opaque: Whether the URL came from a server. The path and query of such a URL are sent byte for byte.
        scopes: The scopes that a token must have, beginning with the scope of the operation itself. Items that are None are
            skipped.
        query: The query parameters to add to the URL; a parameter with the value None is left out. None adds no parameters.
        headers: The headers; a header with the value None is left out. None adds no headers.
        body: The body; None if the request has no body.
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


def add_query(url: str, parameters: Mapping[str, QueryValue]) -> str:
    """Return a URL with query parameters appended. A query that the URL already has stays unchanged before them.

    Args:
        url: A path or URL, with or without a query.
        parameters: The names and values. A parameter whose value is None is left out. A list adds the parameter once for each
            item. Booleans are written as `true` and `false`, datetimes as RFC 3339 timestamps.

    Raises:
        InvalidReferenceError: A datetime has no time zone.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if value is None:
            continue
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, datetime):
            if value.utcoffset() is None:  # RFC 3339 requires an offset
                raise InvalidReferenceError(
                    f"{name} is a datetime without a time zone", hint="Pass a time zone, as in datetime.now(UTC)."
                )
            value = format_timestamp(value)
        items = [str(value)] if isinstance(value, (str, int)) else list(value)
        pairs.extend((name, item) for item in items)
    if not pairs:
        return url
    _, question_mark, query = url.partition("?")
    separator = "?" if not question_mark else "" if not query or query.endswith("&") else "&"
    return f"{url}{separator}{urlencode(pairs, quote_via=quote, safe='')}"


def build(
    client: RequestBuilder,
    request: Request,
    content: Any,
    *,
    timeout: float | Timeout | None = None,
    context: CallContext | None = None,
) -> httpx.Request:
    """Convert the description of a request to an httpx request that a client can send.

    If the URL came from a server and has another origin than the base URL of an httpx client, or came from a descriptor, the
    request has no default headers and cookies of that client, and its context has `elsewhere`.

    Args:
        client: The client, whose base URL and default headers are used.
        request: The description of the request. The attribute `body` is ignored.
        content: The body as `sync_content` or `async_content` returns it; None for no body.
        timeout: The timeout of each step of the request, in seconds or as a `Timeout`; None uses the client's timeout.
        context: The context of the httpx request; None uses `request.context`.

    Raises:
        InvalidReferenceError: The URL is not valid.
    """
    url = request.url
    used: CallContext = context or request.context
    if used.opaque and url.startswith("/"):
        # The path is relative to the registry's origin, without the path that the client's base URL may have.
        base = client.build_request("GET", "/").url
        url = make_absolute(str(base), url) if base.raw_host else url
    options: dict[str, Any] = {} if timeout is None else {"timeout": timeout_steps(timeout)}
    extensions: dict[str, Any] = {CALL: used}
    if isinstance(client, httpx.Client | httpx.AsyncClient):
        extensions[PROXY_LOGINS] = partial(proxy_logins, client)
    try:
        built = client.build_request(
            request.method, url, content=content, headers=request.headers, extensions=extensions, **options
        )
    except httpx.InvalidURL as error:
        raise InvalidReferenceError(
            f"{redact_url(url)!r} is not a URL: {error}", hint="Pass the URL exactly as the server sent it."
        ) from None
    if used.opaque and (built.url.raw_path != (target := request_target(url).encode()) or b"xn--" in built.url.raw_host):
        # httpx would normalize dot segments and quotes, which may invalidate the URL's signature, and decode the host.
        built.url = VerbatimURL(built.url, target)
    if used.opaque and not isinstance(client, LimitedSender) and (used.external or _leads_elsewhere(client, built.url)):
        kept = _PLAIN_HEADERS.union(map(str.lower, request.headers))
        for name in [name for name in built.headers if name.lower() not in kept]:
            del built.headers[name]
        built.extensions[CALL] = used._replace(elsewhere=True)
    return built


def _leads_elsewhere(client: RequestBuilder, url: httpx.URL) -> bool:
    """Return whether a URL has another origin than the base URL of an httpx client; False if the client has no base URL."""
    base = client.build_request("GET", "/").url
    origins = [(one.scheme, one.raw_host.lower().removesuffix(b"."), one.port) for one in (base, url)]
    return bool(base.raw_host) and origins[0] != origins[1]


def is_large(content: object) -> bool:
    """Return whether a request body is longer than 64 KiB, or is not bytes, so that its length may be unknown.

    Args:
        content: The body as `sync_content` or `async_content` returns it; None for no body, which is not large.
    """
    return content is not None and (not isinstance(content, bytes) or len(content) > MAX_SMALL_BODY_BYTES)


def fill_path(template: str, values: Mapping[str, str], many: frozenset[str] = frozenset()) -> str:
    """Return a path in which the parameters are replaced by their values. The values are checked, not percent-encoded.

    Args:
        template: The path with parameters in braces, such as `/v2/{name}/tags/list`.
        values: The values of the parameters by name.
        many: The names of the parameters whose values may contain slashes, as repository names do.

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
        name: The name of the argument that has the value, for the error.
        value: The value.
        slashes: Whether the value may contain slashes.

    Raises:
        InvalidReferenceError: The value is not allowed in a path; see `fill_path`.
    """
    if not isinstance(value, str):
        raise InvalidReferenceError(f"{name} must be a string, not {type(value).__name__}", hint="Pass a string.")
    for segment in value.split("/") if slashes else [value]:
        if segment in (".", "..") or not _SEGMENT.fullmatch(segment):
            problem = (
                "a part of the value is not allowed in a URL's path" if segment else "the value is empty or has an empty part"
            )
            raise InvalidReferenceError(
                f"{name} {redact_url(value)!r} is invalid: {problem}", hint="Copy the value from the registry."
            )


def accept_header(wanted: Sequence[str] | None, documented: Sequence[str]) -> str:
    """Return the value of an Accept header that lists media types.

    Args:
        wanted: The media types that the caller accepts; None to list all media types in `documented`.
        documented: The media types that the operation documents for its responses.
    """
    return ", ".join([wanted] if isinstance(wanted, str) else documented if wanted is None else wanted)
