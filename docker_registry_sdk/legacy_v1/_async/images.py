"""The calls of API v1 for images: their json, their ancestry and their layers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from ..._core.blobs.upload_source import AsyncBlobSource
from ..._core.wire import HTTPResponse, Timeout, async_send
from ...digest import Digest
from ...v1.api import get_img_ancestry, get_img_diff, get_img_files, get_img_json, put_img_checksum, put_img_json
from ...v1.models import ErrorResponse, ImgDiff
from ..checksum import ImgJsonAnswer
from .base import AsyncV1Base
from .layers import AsyncLayerStream, async_open_layer_stream, async_upload_layer


class AsyncV1Images(AsyncV1Base):
    """Images. An image id is a random name and no digest: nothing can be verified from it."""

    async def get_img_ancestry(self, img_id: str, *, timeout: Timeout | None = None) -> list[str]:
        """Get the ids of an image and all its ancestors: the image itself first, its root last.

        Args:
            img_id: The image's id.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: There is no such image.
            BadRequestError: Its upload has not ended.

        Source: Registry API, Get image ancestry.
        """
        return (await get_img_ancestry.asyncio(self._sender, img_id, timeout=timeout)).body

    async def get_img_json(self, img_id: str, *, timeout: Timeout | None = None) -> ImgJsonAnswer:
        """Get what an image is: `.body` typed, `.raw` its bytes, and in the headers the layer's size and checksum.

        Args:
            img_id: The image's id.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: There is no such image.
            BadRequestError: Its upload has not ended.

        Source: Registry API, Get image layer (json).
        """
        return await get_img_json.asyncio(self._sender, img_id, timeout=timeout)

    def get_img_layer_stream(
        self,
        img_id: str,
        *,
        img_json: ImgJsonAnswer | None = None,
        range: str | None = None,
        timeout: Timeout | None = None,
    ) -> AbstractAsyncContextManager[AsyncLayerStream]:
        """Open the layer of an image for reading: a context manager of a stream that says whether it could be verified.

        Args:
            img_id: The image's id.
            img_json: What `get_img_json` returned for it, which has the checksum; None to ask for it.
            range: The part to get, as `bytes=first-last` or `bytes=first-`; a part is never verified.
            timeout: Seconds or an `httpx.Timeout` for each request.

        Raises:
            NotFoundError: There is no such image.
            RangeNotSatisfiableError: There is no such part, or the layer is empty.
            DigestMismatchError: While reading: the layer does not fit the checksum that the registry gave.

        Source: Registry API, Get image layer.
        """
        return async_open_layer_stream(self._sender, img_id, img_json, range, timeout)

    async def put_img_json(self, img_id: str, content: bytes, *, timeout: Timeout | None = None) -> None:
        """Start the upload of an image, whose parent must be there.

        Args:
            img_id: The image's id.
            content: Its json, byte for byte: the checksum takes it in.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            ConflictError: The whole image is there already, and need not be pushed.
            BadRequestError: Its parent is not there, it was not named to `put_repo`, or the json has another id.
            AuthError: The registry wants a token for writing: call `put_repo` first.

        Source: Registry API, Put image layer (json).
        """
        await put_img_json.asyncio(self._sender, img_id, content, timeout=timeout)

    async def put_img_layer(
        self, img_id: str, source: AsyncBlobSource, *, img_json: bytes, timeout: Timeout | None = None
    ) -> Digest:
        """Upload the layer of an image after its json, and return the checksum for `put_img_checksum`, computed on the way.

        Args:
            img_id: The image's id.
            source: The layer, a tar: bytes, a path, a file, or an iterable of bytes.
            img_json: The json of the image as it was put, which the checksum takes in.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: The json of the image was not put.
            ConflictError: The whole image is there already.
            OSError: The source cannot be read.

        Source: Registry API, Put image layer.
        """
        return await async_upload_layer(self._sender, img_id, source, img_json, timeout)

    async def put_img_checksum(
        self, img_id: str, checksum: str, *, tarsum: str | None = None, timeout: Timeout | None = None
    ) -> None:
        """End the upload of an image with its payload checksum.

        Args:
            img_id: The image's id.
            checksum: What `put_img_layer` returned.
            tarsum: The checksum that servers up to 0.9.0 take; with it, Quay checks nothing.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            BadRequestError: The checksum is not that of the json and layer that arrived.
            ConflictError: The image is complete already.

        Source: docker-registry, images.py, put_image_checksum.
        """
        await put_img_checksum.asyncio(
            self._sender, img_id, x_docker_checksum=tarsum, x_docker_checksum_payload=checksum, timeout=timeout
        )

    async def get_img_files(self, img_id: str, *, timeout: Timeout | None = None) -> list[list[Any]]:
        """List the files in the layer of an image: for each its path, kind, whether it is deleted, size, time, mode, user, group.

        Args:
            img_id: The image's id.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            BadRequestError: The layer is no tar that the registry can read.
            NotFoundError: There is no such image, or the registry does not offer this.

        Source: docker-registry, layers.py, serialize_tar_info.
        """
        return (await get_img_files.asyncio(self._sender, img_id, timeout=timeout)).body

    async def get_img_diff(self, img_id: str, *, timeout: Timeout | None = None) -> ImgDiff | None:
        """Compare the layer of an image with its ancestors; None while the registry has not done that: ask again later.

        Args:
            img_id: The image's id.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            BadRequestError: The registry does not do this.

        Source: docker-registry, layers.py, get_image_diff_json.
        """

        def read(response: HTTPResponse) -> ImgDiff | None:
            return get_img_diff.parse(response).body if response.content else None

        request = get_img_diff.request(img_id)
        return await async_send(self._sender, request, read, (200,), ErrorResponse.from_dict, timeout)
