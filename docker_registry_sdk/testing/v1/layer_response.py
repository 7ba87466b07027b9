"""An answer that streams a layer, or a part of it, in constant memory."""

import asyncio
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from docker_registry_sdk.testing.cut import ConnectionCut
from docker_registry_sdk.testing.storage.base import BlobReader
from docker_registry_sdk.testing.v1.layer_range import LayerRange

BLOCK = 256 * 1024
"""How many bytes are read and sent at a time."""


class LayerResponse(Response):
    """Sends a layer, and closes the reader. Where a range promises more than there is, the connection is closed behind it.

    Args:
        reader: The layer.
        part: The part to send; None sends the whole layer.
        headers: Headers to send along.

    Source: docker-registry 0.9, images._get_image_layer.
    """

    def __init__(self, reader: BlobReader, part: LayerRange | None, headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._first = 0 if part is None else part.first
        self._promised = reader.size if part is None else part.length
        extra = {"content-length": str(self._promised), "content-type": "application/octet-stream"}
        if part is not None:
            extra["content-range"] = part.content_range(reader.size)
        super().__init__(status_code=200 if part is None else 206, headers={**headers, **extra})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; stop reading when the client has gone."""
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            remaining = 0 if scope["method"] == "HEAD" else self._promised
            while remaining and not gone.done():
                block = await asyncio.to_thread(
                    self._reader.read, self._first + self._promised - remaining, min(BLOCK, remaining)
                )
                if not len(block):
                    raise ConnectionCut("close")
                remaining -= len(block)
                await send({"type": "http.response.body", "body": block, "more_body": True})
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._reader.close()


async def _disconnected(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
