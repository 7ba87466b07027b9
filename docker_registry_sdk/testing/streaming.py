"""An answer with a blob, or with parts of it, as RFC 9110 has it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.byte_ranges import ByteRange
from docker_registry_sdk.testing.connection import ConnectionCut
from docker_registry_sdk.testing.storage.base import BlobReader

REQUEST_BLOCK_BYTES = 1024 * 1024
"""About how many bytes are handed out at a time."""


async def body_blocks(request: Request) -> AsyncIterator[list[bytes]]:
    """Gather a body into blocks.

    Args:
        request: The request.

    Yields:
        A list of pieces as they came; what came before the client broke off is among them.

    Raises:
        ClientDisconnect: The client broke off.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            if piece:
                pieces.append(piece)
                size += len(piece)
            if size >= REQUEST_BLOCK_BYTES:
                yield pieces
                pieces, size = [], 0
    except ClientDisconnect:
        if pieces:
            yield pieces
        raise
    if pieces:
        yield pieces


RESPONSE_BLOCK_BYTES = 256 * 1024
"""How many bytes are read and sent at a time."""

OCTET_STREAM = "application/octet-stream"


@attrs.frozen
class Part:
    """A part of some content.

    Args:
        first: The position of its first byte.
        length: How many bytes it has.
    """

    first: int
    length: int


class StreamResponse(Response):
    """Sends parts of some content, and bytes between them. It closes the reader.

    Where a part promises more than there is, the connection is closed behind the last byte that there is.

    Args:
        reader: The content.
        pieces: The body: parts of the content, and bytes to send as they are.
        status: The status.
        headers: Headers to send along; the length comes with them.
    """

    def __init__(self, reader: BlobReader, pieces: Sequence[Part | bytes], status: int, headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._pieces = pieces
        length = sum(piece.length if isinstance(piece, Part) else len(piece) for piece in pieces)
        super().__init__(status_code=status, headers={**headers, "content-length": str(length)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; stop reading when the client has gone."""
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for piece in self._pieces if scope["method"] != "HEAD" else ():
                if isinstance(piece, bytes):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                elif not await self._send_part(piece, send, gone):
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._reader.close()

    async def _send_part(self, part: Part, send: Send, gone: asyncio.Task[None]) -> bool:
        """Send a part in blocks, and say whether there is anything to send behind it."""
        offset, end = part.first, part.first + part.length
        while offset < end:
            if gone.done():
                return False
            block = await asyncio.to_thread(self._reader.read, offset, min(RESPONSE_BLOCK_BYTES, end - offset))
            if not len(block):
                raise ConnectionCut("close")
            offset += len(block)
            await send({"type": "http.response.body", "body": block, "more_body": True})
        return True


async def _disconnected(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class BlobResponse(StreamResponse):
    """Sends a blob: whole, one part of it, or several parts as multipart/byteranges. It closes the reader.

    Args:
        reader: The blob.
        ranges: The parts; none means the whole blob.
        headers: Headers to send along.

    Source: RFC 9110, sections 14.6 and 15.3.7.
    """

    def __init__(self, reader: BlobReader, ranges: Sequence[ByteRange], headers: Mapping[str, str]) -> None:
        extra = {"content-type": OCTET_STREAM}
        pieces: list[Part | bytes] = []
        if not ranges:
            pieces.append(Part(0, reader.size))
        elif len(ranges) == 1:
            extra["content-range"] = ranges[0].content_range(reader.size)
            pieces.append(Part(ranges[0].first, ranges[0].length))
        else:
            boundary = secrets.token_hex(16)
            extra["content-type"] = f"multipart/byteranges; boundary={boundary}"
            for part in ranges:
                pieces += [_head(boundary, part, reader.size), Part(part.first, part.length)]
            pieces.append(f"\r\n--{boundary}--\r\n".encode())
        super().__init__(reader, pieces, 206 if ranges else 200, {**headers, **extra})


def _head(boundary: str, part: ByteRange, size: int) -> bytes:
    """Return what stands before a part of a multipart body."""
    head = f"\r\n--{boundary}\r\nContent-Type: {OCTET_STREAM}\r\nContent-Range: {part.content_range(size)}"
    return f"{head}\r\n\r\n".encode()
