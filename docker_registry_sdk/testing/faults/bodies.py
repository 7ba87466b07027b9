"""Effects on bodies: wrong bytes, and slow ones."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
from attrs import validators
from starlette.types import ASGIApp, Message

from docker_registry_sdk.testing.connection import connection_of
from docker_registry_sdk.testing.faults.cuts import Body
from docker_registry_sdk.testing.faults.exchange import Exchange

_PIECES_A_SECOND = 20


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
