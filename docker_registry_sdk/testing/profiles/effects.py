"""The effects that profiles are made of, beside those of the faults."""

import asyncio
import base64
import binascii
from collections.abc import Callable, Container, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import attrs
from starlette.types import ASGIApp, Scope

from docker_registry_sdk.testing.auth.scopes import parse_scopes
from docker_registry_sdk.testing.faults.exchange import Exchange, Site
from docker_registry_sdk.testing.faults.responses import Answer, Status, answer_json, changing_answers, changing_heads
from docker_registry_sdk.testing.profiles.requests import body_of, read_body, with_field, without_fields
from docker_registry_sdk.testing.v2.access import Access


@attrs.frozen
class ChangeRequest:
    """The registry sees another request.

    Args:
        change: Returns the scope of that request.
    """

    change: Callable[[Exchange], Scope]

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer the other request."""
        await app(self.change(exchange), exchange.receive, exchange.send)


@attrs.frozen
class ChangeHead:
    """The status or the headers of the answer are other ones.

    Args:
        change: Changes the answer; its body is not there.
    """

    change: Callable[[Answer], None]

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the head."""
        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, self.change))


@attrs.frozen
class ChangeAnswer:
    """Answers with some status are other ones.

    Args:
        statuses: Which answers, by their status.
        change: Changes an answer.
    """

    statuses: Container[int]
    change: Callable[[Answer], None]

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the answer."""
        await app(exchange.scope, exchange.receive, changing_answers(exchange.send, self.statuses, self.change))


_SALT = "cursor:"
_REFUSAL = Status(405, code="UNSUPPORTED", message="the next token is invalid")


@attrs.frozen
class OpaqueLinks:
    """A `Link` has a cursor, which stands for `last` and does not look like it.

    Args:
        field: The field of the query that has the cursor.
        absolute: Whether the link has scheme and host.
        strict: Whether a field with anything else than a cursor is refused; else it is taken for what it says.
    """

    field: str
    absolute: bool = attrs.field(default=False, kw_only=True)
    strict: bool = attrs.field(default=False, kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Read the cursor of a request, and write one into the answer."""
        scope = exchange.scope
        cursor = exchange.call.query.get(self.field)
        if cursor is not None:
            last = _read(cursor)
            if last is not None:
                scope = with_field(without_fields(scope, self.field), "last", last)
            elif self.strict:
                await _REFUSAL.play(exchange, app)
                return

        def change(head: Answer) -> None:
            if "link" in head.headers:
                head.headers["link"] = self._rewrite(head.headers["link"], exchange)

        await app(scope, exchange.receive, changing_heads(exchange.send, change))

    def _rewrite(self, link: str, exchange: Exchange) -> str:
        url, _, parameters = link.removeprefix("<").partition(">")
        parts = urlsplit(url)
        fields = [(self.field, _write(value)) if name == "last" else (name, value) for name, value in parse_qsl(parts.query)]
        start = f"{exchange.scope['scheme']}://{exchange.call.headers.get('host', '')}" if self.absolute else ""
        return f"<{start}{parts.path}?{urlencode(fields)}>{parameters}"


def _write(last: str) -> str:
    return base64.b64encode((_SALT + last).encode()).decode()


def _read(cursor: str) -> str | None:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text.removeprefix(_SALT) if text.startswith(_SALT) else None


@attrs.frozen
class RefuseScopes:
    """A request for a token with some scopes is refused.

    Args:
        refuses: Says whether rights that are asked for together are refused; it may block.
        status: The status of the refusal.
        document: Its body.
    """

    refuses: Callable[[Sequence[Access], Site], bool]
    status: int
    document: Any

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Look at the scopes, and refuse them or let the token service answer."""
        receive, scopes = exchange.receive, exchange.call.query.getlist("scope")
        if exchange.call.method == "POST":
            body = await read_body(exchange.receive)
            receive, scopes = body_of(body), parse_qs(body.decode("latin-1")).get("scope", [])
        try:
            wanted = parse_scopes(" ".join(scopes))
        except ValueError:
            wanted = []
        if await asyncio.to_thread(self.refuses, wanted, exchange.site):
            await answer_json(exchange.send, self.status, self.document)
            return
        await app(exchange.scope, receive, exchange.send)
