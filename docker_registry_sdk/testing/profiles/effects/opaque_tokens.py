"""Tokens that are no JWT."""

import base64
import binascii
import re

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import Answer, changing_answers
from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.profiles.effects.requests import with_header

_TOKENS = ("token", "access_token")
_BEARER = re.compile(r"Bearer ([A-Za-z0-9+/=]+)", re.IGNORECASE)


def has_opaque_token(call: Call) -> bool:
    """Say whether a request has a token that may be opaque: one without a dot."""
    return _BEARER.fullmatch(call.headers.get("authorization", "")) is not None


@attrs.frozen
class GiveOpaqueTokens:
    """The token service gives out tokens in which there is nothing to read."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the token service answer, and wrap its token up."""

        def change(answer: Answer) -> None:
            fields = answer.json()
            answer.set_json({name: _wrap(value) if name in _TOKENS else value for name, value in fields.items()})

        await app(exchange.scope, exchange.receive, changing_answers(exchange.send, {200}, change))


@attrs.frozen
class TakeOpaqueTokens:
    """The registry takes those tokens."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Unwrap the token, and let the registry answer."""
        match = _BEARER.fullmatch(exchange.call.headers["authorization"])
        token = _unwrap(match[1]) if match else None
        scope = exchange.scope if token is None else with_header(exchange.scope, "authorization", f"Bearer {token}")
        await app(scope, exchange.receive, exchange.send)


def _wrap(token: str) -> str:
    return base64.b64encode(token[::-1].encode()).decode()


def _unwrap(opaque: str) -> str | None:
    try:
        return base64.b64decode(opaque, validate=True).decode("ascii")[::-1]
    except (binascii.Error, ValueError):
        return None
