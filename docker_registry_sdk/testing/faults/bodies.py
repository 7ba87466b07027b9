"""Effects on bodies: wrong bytes, and slow ones."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal, TypeAlias

import attrs
from attrs import validators
from starlette.types import ASGIApp, Message, Receive, Send

from docker_registry_sdk.testing.connection import ConnectionCut, connection_of
from docker_registry_sdk.testing.faults.exchange import Exchange
from docker_registry_sdk.testing.faults.responses import catch_answer

_PIECES_A_SECOND = 20


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


@attrs.frozen
class WrongBytes:
    """One byte of the answer's body is another one; the length is right.

    A letter becomes another letter and a digit another digit, so that JSON stays JSON.

    Args:
        at: Which byte, counted from 0, in what the answer sends: in the whole or in a part of it.

    Raises:
        ValueError: The number is negative.
    """

    at: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and change the byte on the way."""
        position = 0

        async def change_and_send(message: Message) -> None:
            nonlocal position
            body = message.get("body", b"")
            index = self.at - position
            position += len(body)
            if 0 <= index < len(body):
                wrong = bytearray(body)
                wrong[index] ^= 1
                message = {**message, "body": bytes(wrong)}
            await exchange.send(message)

        await app(exchange.scope, exchange.receive, change_and_send)


@attrs.frozen
class Slow:
    """A body trickles.

    Args:
        bytes_per_second: How fast.
        of: Whose body: that of the answer, or that of the request, which the registry then takes in slowly.

    Raises:
        ValueError: The number is smaller than 1, or there is no such body.
    """

    bytes_per_second: int = attrs.field(validator=validators.ge(1))
    of: Body = attrs.field(default="response", validator=validators.in_(("request", "response")), kw_only=True)

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the registry answer, and hold a body up on the way."""

        async def receive_slowly() -> Message:
            message = await exchange.receive()
            async for _ in self._pieces(exchange, message.get("body", b"")):
                pass
            return message

        async def send_slowly(message: Message) -> None:
            if message["type"] == "http.response.body":
                async for piece in self._pieces(exchange, message.get("body", b"")):
                    await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
                message = {**message, "body": b""}
            await exchange.send(message)

        if self.of == "request":
            await app(exchange.scope, receive_slowly, exchange.send)
        else:
            await app(exchange.scope, exchange.receive, send_slowly)

    async def _pieces(self, exchange: Exchange, body: Any) -> AsyncIterator[Any]:
        """Cut a body into pieces that come one after the other; when the client has gone, all of the rest comes at once."""
        size = max(1, self.bytes_per_second // _PIECES_A_SECOND)
        for offset in range(0, len(body), size):
            if connection_of(exchange.scope).closing:
                yield body[offset:]
                return
            piece = body[offset : offset + size]
            yield piece
            await asyncio.sleep(len(piece) / self.bytes_per_second)
