"""Effects on tokens, on challenges and on responses of the token service."""

import re
from collections.abc import Callable
from typing import Any

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import FaultExchange
from docker_registry_sdk.testing.faults.headers import set_header, to_values
from docker_registry_sdk.testing.faults.responses import CapturedResponse, change_head, change_response

_CHALLENGE = "www-authenticate"


@attrs.frozen
class RevokeTokens:
    """An effect that revokes all access tokens and refresh tokens before the registry processes the request."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Revoke the tokens, and call the registry."""
        exchange.registry.revoke_tokens()
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class ExpireTokens:
    """An effect that lets all access tokens expire before the registry processes the request.

    The effect moves the clock of the registry forward by the lifetime of an access token.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Move the clock of the registry forward, and call the registry."""
        exchange.registry.clock.advance(exchange.registry.token_lifetime)
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class Challenges:
    """An effect that replaces `WWW-Authenticate`, if the response has this header.

    Args:
        values: One or several values of `WWW-Authenticate` (each sent as a separate header line), or None to remove the header.
            `{}` in a value is replaced by the challenge that the registry sent. For example, `Challenges("Negotiate, {}")` sends
            one header line with a Negotiate challenge and the challenge of the registry.
    """

    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and replace the challenge in its response."""

        def change(head: CapturedResponse) -> None:
            if _CHALLENGE in head.headers:
                set_header(head, _CHALLENGE, self.values)

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


@attrs.frozen
class ChallengeWithout:
    """An effect that removes a parameter from the challenge in `WWW-Authenticate`, if the response has this header.

    Args:
        parameter: The name of the parameter, such as `realm` or `service`.
    """

    parameter: str

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and remove the parameter from the challenge in its response."""

        def change(head: CapturedResponse) -> None:
            if _CHALLENGE in head.headers:
                values = head.headers.getlist(_CHALLENGE)
                set_header(head, _CHALLENGE, tuple(_without_parameter(value, self.parameter) for value in values))

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


def _without_parameter(challenges: str, parameter: str) -> str:
    """Return the value of `WWW-Authenticate` without a parameter, which may have any position."""
    pair = rf'{re.escape(parameter)}\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",]+)'
    first_or_later = re.compile(
        rf"(?P<scheme>(?:^|,\s*)[A-Za-z0-9-]+) +{pair}(?P<more>\s*,\s*(?=[A-Za-z0-9-]+\s*=))?|\s*,\s*{pair}", re.IGNORECASE
    )
    return first_or_later.sub(lambda found: (found["scheme"] or "") + (" " if found["more"] else ""), challenges)


@attrs.frozen
class TokenWithout:
    """An effect that removes a field from the response of the token service. Other responses are not changed.

    Args:
        field: The name of the JSON field, such as `token` or `expires_in`.
    """

    field: str

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the token service, and remove the field from its response."""

        def change(document: dict[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in document.items() if name != self.field}

        await _change_token_response(exchange, app, change)


@attrs.frozen
class ExpiryAsText:
    """An effect that sends `expires_in`, the lifetime of a token, as a string instead of a number.

    Responses that do not come from the token service are not changed.

    Source: distribution#1746.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the token service, and convert `expires_in` to a string."""

        def change(document: dict[str, Any]) -> dict[str, Any]:
            return {name: str(value) if name == "expires_in" else value for name, value in document.items()}

        await _change_token_response(exchange, app, change)


async def _change_token_response(
    exchange: FaultExchange, app: ASGIApp, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Call the registry, and change its response if the request is a token request and the response is a JSON object.

    Args:
        exchange: The request.
        app: The registry as an ASGI application.
        change: A function that gets the JSON object, and returns the JSON object to send instead.
    """

    def change_object(response: CapturedResponse) -> None:
        try:
            document = response.json()
        except ValueError:
            return
        if isinstance(document, dict):
            response.set_json(change(document))

    is_token_request = exchange.request.operation in ("get_token", "post_token")
    send = change_response(exchange.send, {200}, change_object) if is_token_request else exchange.send
    await app(exchange.scope, exchange.receive, send)
