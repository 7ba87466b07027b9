"""Functions and classes that stream the bodies of requests and responses. Their memory use does not grow with a body."""

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
"""The minimum size in bytes of a block of a request body, except for the last block.

A block is passed to another thread, which is slow for small blocks.
"""

RESPONSE_BLOCK_BYTES = 256 * 1024
"""The number of bytes that are read from the storage and sent at a time."""

OCTET_STREAM = "application/octet-stream"


async def body_blocks(request: Request) -> AsyncIterator[list[bytes]]:
    """Yield the body of a request in blocks of at least REQUEST_BLOCK_BYTES bytes. Only the last block can be smaller.

    Args:
        request: The request.

    Yields:
        A block, as a list of the chunks in which the server received the block. If the client disconnects, the bytes received
        before are yielded, and then the exception is raised.

    Raises:
        ClientDisconnect: The client disconnected before the end of the body.
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


@attrs.frozen
class Part:
    """A part of stored content that is sent in the body of a response.

    Args:
        first: The position of the first byte of the part; 0 is the first byte of the content.
        length: The number of bytes in the part.
    """

    first: int
    length: int


class StreamResponse(Response):
    """A response whose body consists of parts of stored content and of other bytes.

    If a part exceeds the end of the content, the response closes the connection after the last byte of the content. The client
    then receives fewer bytes than Content-Length announces.

    Args:
        reader: A reader of the content. The response closes the reader after the body has been sent.
        pieces: The parts of the content, and the other bytes, in the order in which to send them.
        status: The status code.
        headers: The headers, except Content-Length, which the response computes.
    """

    def __init__(self, reader: BlobReader, pieces: Sequence[Part | bytes], status: int, headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._pieces = pieces
        length = sum(piece.length if isinstance(piece, Part) else len(piece) for piece in pieces)
        super().__init__(status_code=status, headers={**headers, "content-length": str(length)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, and close the reader. If the client disconnects, stop. In response to HEAD, send only the headers.

        Raises:
            ConnectionCut: The content ends before a byte range that the response must send.
        """
        disconnected = asyncio.create_task(_wait_for_disconnect(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for piece in self._pieces if scope["method"] != "HEAD" else ():
                if isinstance(piece, bytes):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                elif not await self._send_part(piece, send, disconnected):
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            disconnected.cancel()
            self._reader.close()

    async def _send_part(self, part: Part, send: Send, disconnected: asyncio.Task[None]) -> bool:
        """Send a part of the content in blocks. Stop if the client disconnects.

        Args:
            part: The part.
            send: The ASGI function that sends the messages of the response.
            disconnected: A task that ends when the client disconnects.

        Returns:
            True if the whole part was sent, or False if the client disconnected.

        Raises:
            ConnectionCut: The part exceeds the end of the content.
        """
        offset, end = part.first, part.first + part.length
        while offset < end:
            if disconnected.done():
                return False
            block = await asyncio.to_thread(self._reader.read, offset, min(RESPONSE_BLOCK_BYTES, end - offset))
            if not len(block):
                raise ConnectionCut("close")
            offset += len(block)
            await send({"type": "http.response.body", "body": block, "more_body": True})
        return True


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class BlobResponse(StreamResponse):
    """A response with a whole blob (200), one range of a blob (206), or several ranges as multipart/byteranges (206).

    Args:
        reader: A reader of the blob. The response closes the reader after the body has been sent.
        ranges: The ranges to send. If `ranges` is empty, the whole blob is sent.
        headers: The headers, except Content-Type, Content-Length and Content-Range, which the response sets.

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
                pieces += [_part_head(boundary, part, reader.size), Part(part.first, part.length)]
            pieces.append(f"\r\n--{boundary}--\r\n".encode())
        super().__init__(reader, pieces, 206 if ranges else 200, {**headers, **extra})


def _part_head(boundary: str, part: ByteRange, size: int) -> bytes:
    """Return the boundary and the headers that precede a range of a blob in a multipart/byteranges body.

    Args:
        boundary: The boundary between the parts of the body, without the leading hyphens.
        part: The range of the blob.
        size: The length of the whole blob in bytes.
    """
    head = f"\r\n--{boundary}\r\nContent-Type: {OCTET_STREAM}\r\nContent-Range: {part.content_range(size)}"
    return f"{head}\r\n\r\n".encode()
