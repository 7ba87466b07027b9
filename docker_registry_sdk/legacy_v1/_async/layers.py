"""Layers of API v1: reading and writing them, with the payload checksum computed as they pass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from ..._core.blobs._async.verified_stream import AsyncByteStream
from ..._core.blobs.upload_source import AsyncBlobSource, open_source
from ..._core.wire import AsyncClient, AsyncRawBody, Timeout, async_blocks
from ...digest import Digest, Verifier
from ...errors import DigestMismatchError
from ...v1.api import get_img_json, get_img_layer_stream, put_img_layer
from ..checksum import ImgJsonAnswer, payload_checksum, payload_verifier


class AsyncLayerStream(AsyncByteStream):
    """A layer's bytes, each handed out once. API v1 knows no digests: see `verification` for what they are worth.

    Iterate over it, or call `read`. It holds no more than one chunk of the network.

    Args:
        size: How many bytes there should be, or None when the registry does not say.
        chunks: The bytes as they come.
        verifier: What has taken in the json of the image.
        checksum: The payload checksum that the registry gave with it, or None.
    """

    def __init__(self, size: int | None, chunks: AsyncIterator[bytes], verifier: Verifier, checksum: Digest | None) -> None:
        self.size = size
        self.checksum = checksum
        self._chunks = chunks
        self._verifier = verifier
        self._left = size
        self._ended = False

    @property
    def verification(self) -> Literal["unverified", "verified"]:
        """`verified` once the whole layer has passed and was found to fit the payload checksum; `unverified` until then, and
        for good where the registry gave none."""
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
    img_json: ImgJsonAnswer | None,
    byte_range: str | None,
    timeout: Timeout | None,
) -> AsyncIterator[AsyncLayerStream]:
    """Open a layer for reading; the connection is closed on exit.

    Args:
        client: What sends the requests.
        img_id: The image's id.
        img_json: The answer to `get_img_json`, which has the checksum; None to ask for it.
        byte_range: The part to get, as `bytes=first-last`; a part cannot be checked.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        NotFoundError: There is no such image.
    """
    verifier, checksum = Verifier("sha256"), None
    if byte_range is None:
        answer = img_json if img_json is not None else await get_img_json.asyncio(client, img_id, timeout=timeout)
        verifier, checksum = payload_verifier(answer.raw), payload_checksum(answer)
    async with get_img_layer_stream.asyncio_stream(client, img_id, range=byte_range, timeout=timeout) as layer:
        # docker-registry promises a byte too much for an open range, so that the end of a part is where it ends.
        size = layer.content_length if byte_range is None else None
        async with AsyncLayerStream(size, layer.body, verifier, checksum) as stream:
            yield stream


async def async_upload_layer(
    client: AsyncClient, img_id: str, source: AsyncBlobSource, img_json: bytes, timeout: Timeout | None
) -> Digest:
    """Upload a layer and return its payload checksum.

    Args:
        client: What sends the request.
        img_id: The image's id.
        source: The layer.
        img_json: The json of the image, byte for byte.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Raises:
        OSError: The source cannot be read.
    """
    verifier = payload_verifier(img_json)
    with open_source(source) as body:
        if isinstance(body, (bytes, bytearray, memoryview)):
            whole = bytes(body)
            verifier.update(whole)
            await put_img_layer.asyncio(client, img_id, whole, timeout=timeout)
        else:
            await put_img_layer.asyncio(client, img_id, _passing(body, verifier), timeout=timeout)
    return verifier.digest


async def _passing(body: AsyncRawBody, verifier: Verifier) -> AsyncIterator[bytes]:
    async for block in async_blocks(body):
        verifier.update(block)
        yield block
