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
from docker_registry_sdk.testing.faults.exchange import FaultExchange, RegistryState, RequestInfo
from docker_registry_sdk.testing.faults.responses import CapturedResponse, Status, change_head, change_response, send_json
from docker_registry_sdk.testing.profiles.requests import body_of, read_body, with_field, without_fields
from docker_registry_sdk.testing.v2.access import Access

_CURSOR_PREFIX = "cursor:"
_INVALID_CURSOR = Status(405, code="UNSUPPORTED", message="the next token is invalid")


@attrs.frozen
class ChangeRequest:
    """An effect that passes a changed request to the registry.

    Args:
        change: A function that gets the exchange, and returns the ASGI scope of the changed request.
    """

    change: Callable[[FaultExchange], Scope]

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry with the changed request."""
        await app(self.change(exchange), exchange.receive, exchange.send)


@attrs.frozen
class ChangeHead:
    """An effect that changes the status or the headers of the response.

    Args:
        change: A function that gets a response, and changes the status and the headers of this object. The attribute `body` of
            the object is empty.
    """

    change: Callable[[CapturedResponse], None]

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and change the status or the headers of its response."""
        await app(exchange.scope, exchange.receive, change_head(exchange.send, self.change))


@attrs.frozen
class ChangeResponse:
    """An effect that changes the status, the headers or the body of responses that have one of some status codes.

    Args:
        statuses: The status codes of the responses to change. Responses with other status codes are sent unchanged.
        change: A function that gets a response with the whole body, and changes this object.
    """

    statuses: Container[int]
    change: Callable[[CapturedResponse], None]

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and change the response if its status is one of `statuses`."""
        await app(exchange.scope, exchange.receive, change_response(exchange.send, self.statuses, self.change))


@attrs.frozen
class RefuseScopes:
    """An effect that rejects a token request because of the scopes that it requests.

    This deviates from the specification of Distribution, by which the token service issues a token without the refused scopes.

    Args:
        rejects: A function that gets the requested rights and the state of the registry, and returns whether the token request is
            rejected. If the scopes cannot be parsed, there are no rights. The function is called in a thread and may block.
        status: The status code of the response to a rejected request.
        document: The JSON body of the response to a rejected request.
    """

    rejects: Callable[[Sequence[Access], RegistryState], bool]
    status: int
    document: Any

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the error if `rejects` returns True. Otherwise, call the token service."""
        receive, scopes = exchange.receive, exchange.request.query.getlist("scope")
        if exchange.request.method == "POST":
            body = await read_body(exchange.receive)
            receive, scopes = body_of(body), parse_qs(body.decode("latin-1")).get("scope", [])
        try:
            requested = parse_scopes(" ".join(scopes))
        except ValueError:
            requested = []
        if await asyncio.to_thread(self.rejects, requested, exchange.registry):
            await send_json(exchange.send, self.status, self.document)
            return
        await app(exchange.scope, receive, exchange.send)


@attrs.frozen
class OpaqueLinks:
    """An effect that replaces the parameter `last` in the link to the next page by an opaque cursor.

    Args:
        field: The name of the query parameter that holds the cursor.
        absolute: Whether the link has a scheme and a host.
        strict: Whether the response is 405 if `field` has a value in a request, but the value is not a cursor. If False, the
            value is passed to the registry unchanged.
    """

    field: str
    absolute: bool = attrs.field(default=False, kw_only=True)
    strict: bool = attrs.field(default=False, kw_only=True)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Decode the cursor in the request, if any, call the registry, and write a cursor into the link in the response."""
        scope = exchange.scope
        cursor = exchange.request.query.get(self.field)
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

    def _rewrite(self, link: str, exchange: FaultExchange) -> str:
        url, _, parameters = link.removeprefix("<").partition(">")
        parts = urlsplit(url)
        fields = [
            (self.field, _encode_cursor(value)) if name == "last" else (name, value) for name, value in parse_qsl(parts.query)
        ]
        origin = f"{exchange.scope['scheme']}://{exchange.request.headers.get('host', '')}" if self.absolute else ""
        return f"<{origin}{parts.path}?{urlencode(fields)}>{parameters}"


def _encode_cursor(last: str) -> str:
    return base64.b64encode((_CURSOR_PREFIX + last).encode()).decode()


def _decode_cursor(cursor: str) -> str | None:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text.removeprefix(_CURSOR_PREFIX) if text.startswith(_CURSOR_PREFIX) else None


def mounts_without_source(call: RequestInfo) -> bool:
    """Return whether a request is a mount that does not name the source repository."""
    return "mount" in call.query and "from" not in call.query


@attrs.frozen
class PageSizeExceeds:
    """A condition for faults: the page size `n` of a request is larger than a limit.

    Args:
        limit: The largest page size that does not meet the condition.
    """

    limit: int

    def __call__(self, call: RequestInfo) -> bool:
        """Return whether the `n` of a request is larger than the limit. If the request has no valid `n`, return False."""
        count = call.query.get("n", "")
        return count.isdecimal() and int(count) > self.limit
