"""Effects on tokens, and on the answers that ask for them and give them out."""

import re

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.faults.headers import set_header, to_values
from docker_registry_sdk.testing.faults.responses import Answer, changing_answers, changing_heads

_CHALLENGE = "www-authenticate"


@attrs.frozen
class RevokeTokens:
    """All tokens and refresh tokens are revoked just before the request is looked at."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Revoke the tokens, and let the registry answer."""
        exchange.site.revoke_tokens()
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class ExpireTokens:
    """All tokens run out just before the request is looked at: the registry's clock is moved on by the lifetime of a token."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Move the clock, and let the registry answer."""
        exchange.site.clock.advance(exchange.site.token_lifetime)
        await app(exchange.scope, exchange.receive, exchange.send)


@attrs.frozen
class Challenges:
    """An answer that asks for credentials does so with other challenges.

    Args:
        values: The value of `WWW-Authenticate`, or several, each in a line of its own, or None. `{}` stands for the registry's
            own challenge, so `Challenges("Negotiate, {}")` has two in one line.
    """

    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change its challenge."""

        def change(head: Answer) -> None:
            if _CHALLENGE in head.headers:
                set_header(head, _CHALLENGE, self.values)

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))


@attrs.frozen
class ChallengeWithout:
    """A challenge lacks a parameter.

    Args:
        parameter: Which one, such as `service`.
    """

    parameter: str

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and shorten its challenge."""

        def change(head: Answer) -> None:
            if _CHALLENGE in head.headers:
                head.headers[_CHALLENGE] = re.sub(rf',{re.escape(self.parameter)}="[^"]*"', "", head.headers[_CHALLENGE])

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))


@attrs.frozen
class TokenWithout:
    """The answer of the token service lacks a field.

    Args:
        field: Which one, such as `token` or `expires_in`.
    """

    field: str

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the token service answer, and leave the field out."""

        def change(answer: Answer) -> None:
            answer.set_json({name: value for name, value in answer.json().items() if name != self.field})

        await app(exchange.scope, exchange.receive, changing_answers(exchange.send, {200}, change))


@attrs.frozen
class ExpiryAsText:
    """The answer of the token service has its lifetime in a string instead of a number.

    Source: distribution#1746.
    """

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the token service answer, and rewrite the lifetime."""

        def change(answer: Answer) -> None:
            document = answer.json()
            answer.set_json({**document, "expires_in": str(document["expires_in"])})

        await app(exchange.scope, exchange.receive, changing_answers(exchange.send, {200}, change))
