"""An answer that streams content in constant memory."""

import asyncio
from collections.abc import Mapping, Sequence

import attrs
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.cut import ConnectionCut
from docker_registry_sdk.testing.storage.base import BlobReader

BLOCK = 256 * 1024
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
            block = await asyncio.to_thread(self._reader.read, offset, min(BLOCK, end - offset))
            if not len(block):
                raise ConnectionCut("close")
            offset += len(block)
            await send({"type": "http.response.body", "body": block, "more_body": True})
        return True


async def _disconnected(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
