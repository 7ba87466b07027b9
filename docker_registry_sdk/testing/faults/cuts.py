"""Effects that end the connection: in the middle of a body, or after the work is done."""

from typing import Literal, TypeAlias

import attrs
from attrs import validators
from starlette.types import ASGIApp, Message, Receive, Send

from docker_registry_sdk.testing.cut import ConnectionCut
from docker_registry_sdk.testing.faults.answers import catch_answer
from docker_registry_sdk.testing.faults.exchange import Exchange

Body: TypeAlias = Literal["request", "response"]
"""Which body of an exchange is meant."""


@attrs.frozen
class Reset:
    """The connection is reset after some bytes of a body; an exchange whose body has not more of them passes.

    The registry takes in the bytes of a request that come before. Of an answer, the client gets the head and the bytes.

    Args:
        after: How many bytes of the body pass.
        of: Whose body.

    Raises:
        ValueError: The number is negative, or there is no such body.
    """

    after: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)
    of: Body = attrs.field(default="response", validator=validators.in_(("request", "response")), kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and reset the connection on the way."""
        if self.of == "response":
            await app(exchange.scope, exchange.receive, _stopping(exchange.send, self.after, "reset"))
            return
        receiver = _Receiver(exchange.receive, exchange.send, self.after)
        await app(exchange.scope, receiver.receive, receiver.send)
        if receiver.cut:
            raise ConnectionCut("reset")


@attrs.frozen
class Truncate:
    """The answer promises its whole length, and the connection is closed in good order before that.

    Args:
        after: How many bytes of the answer's body pass.

    Raises:
        ValueError: The number is negative.
    """

    after: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and close the connection on the way."""
        await app(exchange.scope, exchange.receive, _stopping(exchange.send, self.after, "close"))


@attrs.frozen
class LoseResponse:
    """The registry does what it is asked to, and the connection is cut before any byte of the answer.

    Args:
        how: Whether the connection is reset, or closed in good order.
    """

    how: Literal["close", "reset"] = attrs.field(default="reset", validator=validators.in_(("close", "reset")))

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry work, and cut the connection."""
        await catch_answer(app, exchange.scope, exchange.receive)
        raise ConnectionCut(self.how)


def _stopping(send: Send, count: int, how: Literal["close", "reset"]) -> Send:
    """Pass an answer on until its body has more than some bytes."""
    left = count

    async def stop_or_send(message: Message) -> None:
        nonlocal left
        body = message.get("body", b"")
        if len(body) > left:
            await send({"type": "http.response.body", "body": body[:left], "more_body": True})
            raise ConnectionCut(how)
        left -= len(body)
        await send(message)

    return stop_or_send


class _Receiver:
    """Passes a body on until it has some bytes; after that the client seems to have gone, and gets no answer."""

    def __init__(self, receive: Receive, send: Send, count: int) -> None:
        self._receive = receive
        self._send = send
        self._left = count
        self.cut = False

    async def receive(self) -> Message:
        if self.cut:
            return {"type": "http.disconnect"}
        message = await self._receive()
        body: bytes = message.get("body", b"")
        if len(body) <= self._left:
            self._left -= len(body)
            return message
        self.cut = True
        return {"type": "http.request", "body": body[: self._left], "more_body": True}

    async def send(self, message: Message) -> None:
        if not self.cut:
            await self._send(message)
