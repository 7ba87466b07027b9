"""An answer that streams a blob, or parts of it, in constant memory."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.storage.base import BlobReader
from docker_registry_sdk.testing.v2.ranges import ByteRange

BLOCK = 256 * 1024
"""How many bytes are read and sent at a time."""

OCTET_STREAM = "application/octet-stream"


class BlobResponse(Response):
    """Sends a blob: whole, one part of it, or several parts as multipart/byteranges. It closes the reader.

    Args:
        reader: The blob.
        ranges: The parts; none means the whole blob.
        headers: Headers to send along.

    Source: RFC 9110, sections 14.6 and 15.3.7.
    """

    def __init__(self, reader: BlobReader, ranges: Sequence[ByteRange], headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._boundary = ""
        self._ranges = ranges or [ByteRange(0, reader.size - 1)]
        self._tail = b""
        extra = {"content-type": OCTET_STREAM}
        if len(ranges) == 1:
            extra["content-range"] = ranges[0].content_range(reader.size)
        elif ranges:
            self._boundary = secrets.token_hex(16)
            self._tail = f"\r\n--{self._boundary}--\r\n".encode()
            extra["content-type"] = f"multipart/byteranges; boundary={self._boundary}"
        length = sum(len(self._head(part)) + part.length for part in self._ranges) + len(self._tail)
        extra["content-length"] = str(length)
        super().__init__(status_code=206 if ranges else 200, headers={**headers, **extra})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; stop reading when the client has gone."""
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for part in self._ranges:
                if head := self._head(part):
                    await send({"type": "http.response.body", "body": head, "more_body": True})
                for offset, length in _blocks(part):
                    if gone.done():
                        return
                    block = await asyncio.to_thread(self._reader.read, offset, length)
                    await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": self._tail, "more_body": False})
        finally:
            gone.cancel()
            self._reader.close()

    def _head(self, part: ByteRange) -> bytes:
        """Return what stands before a part of a multipart body; nothing does otherwise."""
        if not self._boundary:
            return b""
        head = f"\r\n--{self._boundary}\r\nContent-Type: {OCTET_STREAM}\r\nContent-Range: {part.content_range(self._reader.size)}"
        return f"{head}\r\n\r\n".encode()


def _blocks(part: ByteRange) -> Iterator[tuple[int, int]]:
    """Cut a part into blocks, each an offset and a length."""
    for offset in range(part.first, part.last + 1, BLOCK):
        yield offset, min(BLOCK, part.last + 1 - offset)


async def _disconnected(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
