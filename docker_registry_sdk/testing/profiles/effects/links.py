"""Links to next pages with a cursor that only the registry can read."""

import base64
import binascii
from urllib.parse import parse_qsl, urlencode, urlsplit

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import Answer, changing_heads
from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.faults.refusals import Status
from docker_registry_sdk.testing.profiles.effects.requests import with_field, without_fields

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
