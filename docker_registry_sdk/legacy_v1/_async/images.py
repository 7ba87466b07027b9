"""The client methods for images in API v1: JSON, ancestry and layers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from ..._core.blobs.upload_source import AsyncBlobSource
from ..._core.wire import DOCUMENT_SUCCESS, Deadline, HTTPResponse, Timeout, async_send
from ...digest import Digest
from ...v1.api import get_img_ancestry, get_img_diff, get_img_files, get_img_json, put_img_checksum, put_img_json
from ...v1.api.registry.get_img_json import GetImgJsonOk
from ...v1.models import ErrorResponse, ImgDiff
from .base import AsyncV1Base
from .layers import AsyncLayerStream, async_open_layer_stream, async_upload_layer


class AsyncV1Images(AsyncV1Base):
    """The client methods for images. An image id is a random name, not a digest, so no bytes can be verified against an id."""

    async def get_img_ancestry(
        self, img_id: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> list[str]:
        """Return the id of an image and the ids of all its ancestors: the image first, its parent next, the base image last.

        Args:
            img_id: The image's id.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The image does not exist.
            BadRequestError: The upload of the image is not complete.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Get image ancestry.
        """
        return (await get_img_ancestry.asyncio(self._repo_sender, img_id, timeout=timeout, deadline=deadline)).body

    async def get_img_json(
        self, img_id: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> GetImgJsonOk:
        """Return the JSON of an image (parsed as `.body`, unchanged as `.raw`), with headers on the layer's size and checksum.

        Args:
            img_id: The image's id.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The image does not exist.
            BadRequestError: The upload of the image is not complete.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Get image layer (json).
        """
        return await get_img_json.asyncio(self._repo_sender, img_id, timeout=timeout, deadline=deadline)

    def get_img_layer_stream(
        self,
        img_id: str,
        *,
        img_json: GetImgJsonOk | None = None,
        range: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> AbstractAsyncContextManager[AsyncLayerStream]:
        """Return a context manager that opens the layer of an image as a stream, verified if the registry stated a checksum.

        Args:
            img_id: The image's id.
            img_json: The response to `get_img_json` for this image, whose headers state the checksum; None to send that request
                first.
            range: The range to read, as `bytes=first-last` or `bytes=first-`; None for the whole layer. A range is never
                verified, since the checksum covers the whole layer.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds within which the whole layer must have been read, or a `Deadline`; None uses the client's
                deadline.

        Raises:
            NotFoundError: The image does not exist.
            RangeNotSatisfiableError: The range is outside the layer, or the layer is empty.
            DigestMismatchError: While reading: the layer does not match the checksum that the registry stated.
            DeadlineExceededError: The deadline passed before the whole layer was read.

        Source: Registry API, Get image layer.
        """
        return async_open_layer_stream(self._repo_sender, img_id, img_json, range, self._limits(timeout, deadline))

    async def put_img_json(
        self, img_id: str, content: bytes, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Start the upload of an image by sending its JSON; the parent image must have been uploaded before.

        Args:
            img_id: The image's id.
            content: The image's JSON. Pass the same bytes to `put_img_layer`, since the payload checksum covers these bytes.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            ConflictError: The registry has the complete image already.
            BadRequestError: The parent does not exist, the image was not passed to `put_repo`, or the id in the JSON is not
                `img_id`.
            AuthError: The registry requires a token for writing: call `put_repo` first.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Put image layer (json).
        """
        await put_img_json.asyncio(self._repo_sender, img_id, content, timeout=timeout, deadline=deadline)

    async def put_img_layer(
        self,
        img_id: str,
        source: AsyncBlobSource,
        *,
        img_json: bytes,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> Digest:
        """Upload the layer of an image, and return the payload checksum to pass to `put_img_checksum`.

        Upload the image's JSON with `put_img_json` before.

        Args:
            img_id: The image's id.
            source: The layer, a tar archive: bytes, a path, a file, or an iterable of bytes.
            img_json: The bytes that were passed to `put_img_json`, since the payload checksum covers the JSON and the layer.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The image's JSON was not uploaded.
            ConflictError: The registry has the complete image already.
            OSError: The source cannot be read.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: Registry API, Put image layer.
        """
        return await async_upload_layer(self._repo_sender, img_id, source, img_json, self._limits(timeout, deadline))

    async def put_img_checksum(
        self,
        img_id: str,
        checksum: str,
        *,
        tarsum: str | None = None,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> None:
        """Complete the upload of an image by sending its payload checksum.

        Args:
            img_id: The image's id.
            checksum: The checksum that `put_img_layer` returned.
            tarsum: The tarsum, an older kind of checksum, which docker-registry up to 0.9.0 requires; None to send only the
                payload checksum. If a tarsum is sent, Quay checks neither the tarsum nor the payload checksum.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            BadRequestError: The checksum does not match the uploaded JSON and layer.
            ConflictError: The image is complete already.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, images.py, put_image_checksum.
        """
        await put_img_checksum.asyncio(
            self._repo_sender,
            img_id,
            x_docker_checksum=tarsum,
            x_docker_checksum_payload=checksum,
            timeout=timeout,
            deadline=deadline,
        )

    async def get_img_files(
        self, img_id: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> list[list[Any]]:
        """Return the files in the layer of an image, as one list of eight values for each file.

        The values are the path, the type as one letter (such as `f` for a file), whether the layer deletes the file, the size in
        bytes, the modification time in seconds since 1970, the mode, the user id and the group id.

        Args:
            img_id: The image's id.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            BadRequestError: The layer is not a tar archive that the registry can read.
            NotFoundError: The image does not exist, or the registry does not offer this call.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, layers.py, serialize_tar_info.
        """
        return (await get_img_files.asyncio(self._repo_sender, img_id, timeout=timeout, deadline=deadline)).body

    async def get_img_diff(
        self, img_id: str, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> ImgDiff | None:
        """Return which files the layer of an image creates, changes and deletes, compared with the image's ancestors.

        Args:
            img_id: The image's id.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Returns:
            The differences. None means that the registry has not computed the differences yet, so call again later, or that the
            image does not exist.

        Raises:
            BadRequestError: The registry does not compute differences.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: docker-registry, layers.py, get_image_diff_json.
        """

        def read(response: HTTPResponse) -> ImgDiff | None:
            return get_img_diff.parse(response).body if response.content else None

        request = get_img_diff.request(img_id)
        return await async_send(
            self._repo_sender, request, read, DOCUMENT_SUCCESS, ErrorResponse.from_dict, self._limits(timeout, deadline)
        )
