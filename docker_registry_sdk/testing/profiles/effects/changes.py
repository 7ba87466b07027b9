"""Effects that are no more than a change of the request, of the head of the answer, or of the whole answer."""

from collections.abc import Callable, Container

import attrs
from starlette.types import ASGIApp, Scope

from docker_registry_sdk.testing.faults.answers import Answer, changing_answers, changing_heads
from docker_registry_sdk.testing.faults.exchange import Exchange


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
