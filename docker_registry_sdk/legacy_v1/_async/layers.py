"""Download and upload the layers of API v1, and compute their payload checksums meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from ..._core.blobs._async.verified_stream import AsyncByteStream
from ..._core.blobs.upload_source import AsyncBlobSource, open_source
from ..._core.concurrency.forks import reset_after_fork
from ..._core.wire import AsyncClient, AsyncRawBody, CallLimits, async_blocks
from ...digest import Digest, Verifier
from ...errors import DigestMismatchError
from ...v1.api import get_img_json, get_img_layer_stream, put_img_layer
from ..checksum import payload_checksum, payload_verifier


class AsyncLayerStream(AsyncByteStream):
    """A stream of a layer's bytes. Not every registry states a checksum; `verification` tells whether the layer was verified.

    Iterate over the stream, or call `read`. The stream buffers at most one chunk as received from the network.

    Args:
        size: The expected number of bytes; None to read until the response ends.
        chunks: The chunks of the layer, as received from the network.
        verifier: A verifier from `payload_verifier`, which has hashed the image's JSON already.
        checksum: The payload checksum that the registry stated; None to verify nothing.
    """

    def __init__(self, size: int | None, chunks: AsyncIterator[bytes], verifier: Verifier, checksum: Digest | None) -> None:
        self.size = size
        self.checksum = checksum
        self._chunks = chunks
        self._verifier = verifier
        self._left = size
        self._ended = False
        reset_after_fork(self)

    @property
    def verification(self) -> Literal["unverified", "verified"]:
        """Return `verified` if the whole layer was read and matched the payload checksum, otherwise `unverified`.

        If no checksum is known, the result is always `unverified`.
        """
        return "verified" if self._ended and self.checksum is not None else "unverified"

    async def _next(self) -> bytes:
        while not self._ended:
            chunk = await anext(self._chunks, b"")
            self._verifier.update(chunk)
            if self._left is not None:
                self._left -= len(chunk)
            if not chunk or self._left == 0:
                self._verify()
                self._ended = True
            if chunk:
                return chunk
        return b""

    def _verify(self) -> None:
        actual = self._verifier.digest
        if self.checksum is not None and actual != self.checksum:
            raise DigestMismatchError(expected=self.checksum, actual=actual, expected_size=None, actual_size=self._verifier.size)


@asynccontextmanager
async def async_open_layer_stream(
    client: AsyncClient,
    img_id: str,
    img_json: get_img_json.GetImgJsonOk | None,
    byte_range: str | None,
    limits: CallLimits,
) -> AsyncIterator[AsyncLayerStream]:
    """Open a layer as a stream. When the context ends, the stream and its connection are closed.

    Args:
        client: The client that sends the requests.
        img_id: The image's id.
        img_json: The response to `get_img_json` for this image, whose headers state the checksum; None to send that request.
        byte_range: The range to read, as `bytes=first-last` or `bytes=first-`; None for the whole layer. A range is not verified.
        limits: The timeout and deadline of the call.

    Raises:
        NotFoundError: The image does not exist.
    """
    verifier, checksum = Verifier("sha256"), None
    if byte_range is None:
        response = (
            img_json
            if img_json is not None
            else await get_img_json.asyncio(client, img_id, timeout=limits.timeout, deadline=limits.deadline)
        )
        verifier, checksum = payload_verifier(response.raw), payload_checksum(response)
    async with get_img_layer_stream.asyncio_stream(
        client, img_id, range=byte_range, timeout=limits.timeout, deadline=limits.deadline
    ) as layer:
        # For `bytes=first-`, docker-registry states a Content-Length that is one byte too large: read to the end instead.
        size = layer.content_length if byte_range is None else None
        async with AsyncLayerStream(size, layer.body, verifier, checksum) as stream:
            yield stream


async def async_upload_layer(
    client: AsyncClient, img_id: str, source: AsyncBlobSource, img_json: bytes, limits: CallLimits
) -> Digest:
    """Upload a layer and return its payload checksum.

    Args:
        client: The client that sends the request.
        img_id: The image's id.
        source: The layer, a tar archive: bytes, a path, a file, or an iterable of bytes.
        img_json: The bytes that were passed to `put_img_json`, since the payload checksum covers the JSON and the layer.
        limits: The timeout and deadline of the call.

    Raises:
        OSError: The source cannot be read.
    """
    verifier = payload_verifier(img_json)
    with open_source(source) as body:
        if isinstance(body, (bytes, bytearray, memoryview)):
            whole = bytes(body)
            verifier.update(whole)
            await put_img_layer.asyncio(client, img_id, whole, timeout=limits.timeout, deadline=limits.deadline)
        else:
            await put_img_layer.asyncio(client, img_id, _hashed(body, verifier), timeout=limits.timeout, deadline=limits.deadline)
    return verifier.digest


async def _hashed(body: AsyncRawBody, verifier: Verifier) -> AsyncIterator[bytes]:
    async for block in async_blocks(body):
        verifier.update(block)
        yield block
