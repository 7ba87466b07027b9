"""A token service that refuses some scopes, where it should leave them out of the token."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.access import Access
from docker_registry_sdk.testing.auth.scopes import parse_scopes
from docker_registry_sdk.testing.faults.answers import answer_json
from docker_registry_sdk.testing.faults.exchange import Exchange, Site
from docker_registry_sdk.testing.profiles.effects.requests import body_of, read_body


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
