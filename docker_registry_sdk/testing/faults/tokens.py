"""Effects on tokens, on challenges and on responses of the token service."""

import re

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
        parameter: The name of the parameter, such as `service`. The first parameter, `realm`, cannot be removed.
    """

    parameter: str

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and remove the parameter from the challenge in its response."""

        def change(head: CapturedResponse) -> None:
            if _CHALLENGE in head.headers:
                head.headers[_CHALLENGE] = re.sub(rf',{re.escape(self.parameter)}="[^"]*"', "", head.headers[_CHALLENGE])

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


@attrs.frozen
class TokenWithout:
    """An effect that removes a field from the response of the token service.

    A fault with this effect must have the operation `get_token` or `post_token`, since the effect parses each 200 response as
    JSON.

    Args:
        field: The name of the JSON field, such as `token` or `expires_in`.
    """

    field: str

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the token service, and remove the field from its response."""

        def change(response: CapturedResponse) -> None:
            response.set_json({name: value for name, value in response.json().items() if name != self.field})

        await app(exchange.scope, exchange.receive, change_response(exchange.send, {200}, change))


@attrs.frozen
class ExpiryAsText:
    """An effect that sends `expires_in`, the lifetime of a token, as a string instead of a number.

    A fault with this effect must have the operation `get_token` or `post_token`, since the effect parses each 200 response as
    JSON.

    Source: distribution#1746.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the token service, and convert `expires_in` to a string."""

        def change(response: CapturedResponse) -> None:
            document = response.json()
            response.set_json({**document, "expires_in": str(document["expires_in"])})

        await app(exchange.scope, exchange.receive, change_response(exchange.send, {200}, change))
