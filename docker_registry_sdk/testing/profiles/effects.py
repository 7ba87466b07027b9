"""Effects that several profiles use."""

import asyncio
import base64
import binascii
from collections.abc import Callable, Container, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import attrs
from starlette.types import ASGIApp, Scope

from docker_registry_sdk.testing.auth.scopes import parse_scopes
from docker_registry_sdk.testing.faults.exchange import Call, Exchange, Site
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status, change_head, change_response, send_json
from docker_registry_sdk.testing.profiles.requests import body_of, read_body, with_field, without_fields
from docker_registry_sdk.testing.v2.access import Access

_CURSOR_PREFIX = "cursor:"
_INVALID_CURSOR = Status(405, code="UNSUPPORTED", message="the next token is invalid")


@attrs.frozen
class ChangeRequest:
    """Pass a changed request to the registry.

    Args:
        change: Returns the ASGI scope of the changed request.
    """

    change: Callable[[Exchange], Scope]

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry with the changed request."""
        await app(self.change(exchange), exchange.receive, exchange.send)


@attrs.frozen
class ChangeHead:
    """Change the status or the headers of the response.

    Args:
        change: Changes the response; the body that it sees is empty.
    """

    change: Callable[[CapturedResponse], None]

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry, and change the status or the headers of its response."""
        await app(exchange.scope, exchange.receive, change_head(exchange.send, self.change))


@attrs.frozen
class ChangeResponse:
    """Change whole responses with some status codes.

    Args:
        statuses: The status codes of the responses to change.
        change: Changes a response.
    """

    statuses: Container[int]
    change: Callable[[CapturedResponse], None]

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry, and change its response."""
        await app(exchange.scope, exchange.receive, change_response(exchange.send, self.statuses, self.change))


@attrs.frozen
class RefuseScopes:
    """Refuse token requests with some scopes, where the specification requires a token without these scopes.

    Args:
        refuses: Returns whether requested rights are refused. It runs in a thread and may block.
        status: The status of the refusal.
        document: The JSON body of the refusal.
    """

    refuses: Callable[[Sequence[Access], Site], bool]
    status: int
    document: Any

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Send the refusal, or call the token service."""
        receive, scopes = exchange.receive, exchange.call.query.getlist("scope")
        if exchange.call.method == "POST":
            body = await read_body(exchange.receive)
            receive, scopes = body_of(body), parse_qs(body.decode("latin-1")).get("scope", [])
        try:
            requested = parse_scopes(" ".join(scopes))
        except ValueError:
            requested = []
        if await asyncio.to_thread(self.refuses, requested, exchange.site):
            await send_json(exchange.send, self.status, self.document)
            return
        await app(exchange.scope, receive, exchange.send)


@attrs.frozen
class OpaqueLinks:
    """Write links to next pages with an opaque cursor instead of the last item of the page.

    Args:
        field: The field of the query that holds the cursor.
        absolute: Whether the link has a scheme and a host.
        strict: Whether requests with another value than a cursor are refused; if not, the value is passed to the registry.
    """

    field: str
    absolute: bool = attrs.field(default=False, kw_only=True)
    strict: bool = attrs.field(default=False, kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Decode the cursor of the request, call the registry, and encode a cursor in the link of the response."""
        scope = exchange.scope
        cursor = exchange.call.query.get(self.field)
        if cursor is not None:
            last = _decode_cursor(cursor)
            if last is not None:
                scope = with_field(without_fields(scope, self.field), "last", last)
            elif self.strict:
                await _INVALID_CURSOR.play(exchange, app)
                return

        def change(head: CapturedResponse) -> None:
            if "link" in head.headers:
                head.headers["link"] = self._rewrite(head.headers["link"], exchange)

        await app(scope, exchange.receive, change_head(exchange.send, change))

    def _rewrite(self, link: str, exchange: Exchange) -> str:
        url, _, parameters = link.removeprefix("<").partition(">")
        parts = urlsplit(url)
        fields = [
            (self.field, _encode_cursor(value)) if name == "last" else (name, value) for name, value in parse_qsl(parts.query)
        ]
        origin = f"{exchange.scope['scheme']}://{exchange.call.headers.get('host', '')}" if self.absolute else ""
        return f"<{origin}{parts.path}?{urlencode(fields)}>{parameters}"


def _encode_cursor(last: str) -> str:
    return base64.b64encode((_CURSOR_PREFIX + last).encode()).decode()


def _decode_cursor(cursor: str) -> str | None:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text.removeprefix(_CURSOR_PREFIX) if text.startswith(_CURSOR_PREFIX) else None


def mounts_without_source(call: Call) -> bool:
    """Return whether a request mounts a blob without the name of the source repository."""
    return "mount" in call.query and "from" not in call.query


@attrs.frozen
class PageSizeExceeds:
    """The condition that a request has a page size `n` above a limit.

    Args:
        limit: The largest value of `n` that does not match.
    """

    limit: int

    def __call__(self, call: Call) -> bool:
        """Return whether the `n` of a request is larger than the limit."""
        count = call.query.get("n", "")
        return count.isdecimal() and int(count) > self.limit
