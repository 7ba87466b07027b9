"""Effects on bodies: interrupted connections, lost responses, wrong bytes, slow transfer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal, TypeAlias

import attrs
from attrs import validators
from starlette.types import ASGIApp, Message, Receive, Send

from docker_registry_sdk.testing.connection import ConnectionCut, connection_of
from docker_registry_sdk.testing.faults.exchange import FaultExchange
from docker_registry_sdk.testing.faults.responses import capture_response

Body: TypeAlias = Literal["request", "response"]
"""The body that an effect applies to."""

_PIECES_PER_SECOND = 20


@attrs.frozen
class Reset:
    """An effect that resets the connection after some bytes of a body.

    If the request body is interrupted, the registry processes the bytes before the reset. If the response body is interrupted,
    the client receives the status, the headers and the bytes before the reset. If the body has at most `after` bytes, the
    connection is not reset.

    Args:
        after: The number of bytes before the reset.
        of: Whether the body of the `request` or of the `response` is interrupted.

    Raises:
        ValueError: `after` is negative, or `of` is neither `request` nor `response`.
    """

    after: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)
    of: Body = attrs.field(default="response", validator=validators.in_(("request", "response")), kw_only=True)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and reset the connection after the first `after` bytes of the body."""
        if self.of == "response":
            await app(exchange.scope, exchange.receive, _cut_response(exchange.send, self.after, "reset"))
            return
        receiver = _CutRequestBody(exchange.receive, exchange.send, self.after)
        await app(exchange.scope, receiver.receive, receiver.send)
        if receiver.cut:
            raise ConnectionCut("reset")


@attrs.frozen
class Truncate:
    """An effect that closes the connection normally (without a reset) before the response body is complete.

    The headers are not changed, so `Content-Length` is the length of the complete body. If the body has at most `after` bytes,
    the response is complete.

    Args:
        after: The number of bytes of the response body that are sent before the connection is closed.

    Raises:
        ValueError: `after` is negative.
    """

    after: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and close the connection after the first `after` bytes of the response body."""
        await app(exchange.scope, exchange.receive, _cut_response(exchange.send, self.after, "close"))


@attrs.frozen
class LoseResponse:
    """An effect that lets the registry process the request, and ends the connection before the first byte of the response.

    Args:
        how: How the connection ends: `reset` resets the connection, `close` closes the connection normally.
    """

    how: Literal["close", "reset"] = attrs.field(default="reset", validator=validators.in_(("close", "reset")))

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, drop its response, and end the connection."""
        await capture_response(app, exchange.scope, exchange.receive)
        raise ConnectionCut(self.how)


def _cut_response(send: Send, count: int, how: Literal["close", "reset"]) -> Send:
    """Wrap an ASGI send function so that the connection ends after the first `count` bytes of the body, if the body is longer.

    `how` is `close` for a normal close, or `reset` for a reset.
    """
    left = count

    async def send_or_cut(message: Message) -> None:
        nonlocal left
        body = message.get("body", b"")
        if len(body) > left:
            await send({"type": "http.response.body", "body": body[:left], "more_body": True})
            raise ConnectionCut(how)
        left -= len(body)
        await send(message)

    return send_or_cut


class _CutRequestBody:
    """The ASGI functions of a request whose body is interrupted after `count` bytes.

    If the body has more than `count` bytes, the registry receives the first `count` bytes and then a message that the client has
    disconnected. From then on, nothing that the registry sends reaches the client.
    """

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
    """An effect that changes one byte of the response body; the length stays correct.

    The effect inverts the lowest bit of the byte, so a digit becomes another digit. If the body has no byte with this index, the
    response is not changed.

    Args:
        at: The index of the byte in the response body; the first byte has the index 0. In a 206 response, too, the index counts
            from the first byte that is sent, not from the start of the blob.

    Raises:
        ValueError: `at` is negative.
    """

    at: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and change the byte in its response."""
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
    """An effect that limits the transfer rate of a body.

    Args:
        bytes_per_second: The maximum rate.
        of: `request`: the registry reads the request body at this rate. `response`: the registry sends the response body at
            this rate.

    Raises:
        ValueError: The rate is smaller than 1, or `of` is neither `request` nor `response`.
    """

    bytes_per_second: int = attrs.field(validator=validators.ge(1))
    of: Body = attrs.field(default="response", validator=validators.in_(("request", "response")), kw_only=True)

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and pause after each piece of the body."""

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

    async def _pieces(self, exchange: FaultExchange, body: Any) -> AsyncIterator[Any]:
        """Yield pieces of a body, and pause after each piece. If the client has disconnected, yield the rest as one piece."""
        size = max(1, self.bytes_per_second // _PIECES_PER_SECOND)
        for offset in range(0, len(body), size):
            if connection_of(exchange.scope).closing:
                yield body[offset:]
                return
            piece = body[offset : offset + size]
            yield piece
            await asyncio.sleep(len(piece) / self.bytes_per_second)
