"""Effects on the headers of an answer."""

from collections.abc import Sequence

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.answers import Answer, changing_heads
from docker_registry_sdk.testing.faults.exchange import Exchange

WRONG_DIGEST = "sha256:" + "bad0" * 16
"""A well-formed digest that is nobody's."""

_DIGEST = "docker-content-digest"


def to_values(values: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Turn the values of a header into a tuple: there may be one, several, or none."""
    return () if values is None else (values,) if isinstance(values, str) else values


@attrs.frozen
class SetHeader:
    """A header has other values: none, so that it is missing, one, or several, each in a line of its own.

    Args:
        name: The header.
        values: Its value, or several, or None. `{}` in a value stands for the one that the registry gave.
    """

    name: str
    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the header."""

        def change(head: Answer) -> None:
            set_header(head, self.name, self.values)

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))


@attrs.frozen
class WrongDigest:
    """`Docker-Content-Digest`, where the answer has one, does not fit the body.

    Args:
        digest: What it says.
    """

    digest: str = WRONG_DIGEST

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the digest."""

        def change(head: Answer) -> None:
            if _DIGEST in head.headers:
                head.headers[_DIGEST] = self.digest

        await app(exchange.scope, exchange.receive, changing_heads(exchange.send, change))


@attrs.frozen
class NoDigest:
    """The answer has no `Docker-Content-Digest`."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and leave the digest out."""
        await SetHeader(_DIGEST, None).play(exchange, app)


@attrs.frozen
class ContentType:
    """The answer has another `Content-Type`: an odd one, none, or several.

    Args:
        values: The value, or several, or None. `{}` in a value stands for the right one.
    """

    values: tuple[str, ...] = attrs.field(converter=to_values)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the type."""
        await SetHeader("content-type", self.values).play(exchange, app)


@attrs.frozen
class ForeignLink:
    """The answer links to a next page on another origin.

    Args:
        origin: Scheme, host and port.
    """

    origin: str

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and put the link in."""
        await SetHeader("link", f'<{self.origin}{exchange.call.path}?last=a>; rel="next"').play(exchange, app)


def set_header(head: Answer, name: str, values: Sequence[str]) -> None:
    """Give a header of an answer other values.

    Args:
        head: The answer.
        name: The header.
        values: Its values, each in a line of its own; `{}` in one stands for the value that there was.
    """
    before = head.headers.get(name, "")
    del head.headers[name]
    for value in values:
        head.headers.append(name, value.replace("{}", before))
