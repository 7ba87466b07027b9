"""Effects on tokens, on challenges and on responses of the token service."""

import re

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.faults.headers import set_header, to_values
from docker_registry_sdk.testing.faults.responses import CapturedResponse, change_head, change_response

_CHALLENGE = "www-authenticate"


@attrs.frozen
class RevokeTokens:
    """An effect that revokes all tokens and refresh tokens before the request is processed."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Revoke the tokens, and call the registry."""
        exchange.site.revoke_tokens()
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class ExpireTokens:
    """An effect that lets all tokens expire before the request is processed.

    The clock of the registry is advanced by the lifetime of a token.
    """

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Advance the clock, and call the registry."""
        exchange.site.clock.advance(exchange.site.token_lifetime)
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class Challenges:
    """An effect that replaces the challenges of a response, if the response has a challenge.

    Args:
        values: One or several values of `WWW-Authenticate` (each sent as a separate header line), or None to remove the header.
            `{}` in a value is replaced by the challenge of the registry: `Challenges("Negotiate, {}")` sends two challenges in
            one line.
    """

    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry, and replace the challenge in its response."""

        def change(head: CapturedResponse) -> None:
            if _CHALLENGE in head.headers:
                set_header(head, _CHALLENGE, self.values)

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


@attrs.frozen
class ChallengeWithout:
    """An effect that removes a parameter from the challenge of a response.

    Args:
        parameter: The name of the parameter, such as `service`.
    """

    parameter: str

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the registry, and remove the parameter from the challenge in its response."""

        def change(head: CapturedResponse) -> None:
            if _CHALLENGE in head.headers:
                head.headers[_CHALLENGE] = re.sub(rf',{re.escape(self.parameter)}="[^"]*"', "", head.headers[_CHALLENGE])

        await app(exchange.scope, exchange.receive, change_head(exchange.send, change))


@attrs.frozen
class TokenWithout:
    """An effect that removes a field from the response of the token service.

    Args:
        field: The name of the field, such as `token` or `expires_in`.
    """

    field: str

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the token service, and remove the field from its response."""

        def change(response: CapturedResponse) -> None:
            response.set_json({name: value for name, value in response.json().items() if name != self.field})

        await app(exchange.scope, exchange.receive, change_response(exchange.send, {200}, change))


@attrs.frozen
class ExpiryAsText:
    """An effect that sends the lifetime of a token as a string instead of a number.

    Source: distribution#1746.
    """

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Call the token service, and convert `expires_in` to a string."""

        def change(response: CapturedResponse) -> None:
            document = response.json()
            response.set_json({**document, "expires_in": str(document["expires_in"])})

        await app(exchange.scope, exchange.receive, change_response(exchange.send, {200}, change))
