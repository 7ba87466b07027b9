"""The handlers of the JSON document, the ancestry and the checksum of images."""

import asyncio

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import BlobReader, RegistryStorage
from docker_registry_sdk.testing.storage.records import V1ImageRecord
from docker_registry_sdk.testing.v1.authorization import RegistryAuthorizer
from docker_registry_sdk.testing.v1.requests import is_object, parse_image_id, read_json
from docker_registry_sdk.testing.v1.responses import (
    V1Error,
    cache_headers,
    crash_error,
    json_response,
    json_text_response,
    not_modified,
)


@attrs.frozen
class ImageHandlers:
    """The handlers of `/v1/images/<id>/json`, `/v1/images/<id>/ancestry` and `/v1/images/<id>/checksum`.

    Args:
        storage: The storage of the registry.
        authorizer: The authorizer of the requests.

    Source: docker-registry 0.9, images.py.
    """

    storage: RegistryStorage
    authorizer: RegistryAuthorizer

    async def get_json(self, request: Request) -> Response:
        """Return the JSON document of an image. Response headers contain the size of the layer and the checksum of the image."""
        token_repository, image_id, image = await load_complete_image(request, self.storage, self.authorizer)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        await asyncio.to_thread(self.authorizer.check_image, token_repository, image_id)
        image = require_image(image)
        headers = cache_headers()
        if image.checksum is not None:
            headers["x-docker-checksum-payload"] = image.checksum
        size = await asyncio.to_thread(self._layer_size, image)
        if size is not None:
            headers["x-docker-size"] = str(size)
        return json_text_response(image.json.encode(), headers=headers)

    async def get_ancestry(self, request: Request) -> Response:
        """Return the ancestry of an image: the ids of the image, of the parent, and of all further ancestors, in this order."""
        _, _, image = await load_complete_image(request, self.storage, self.authorizer)
        return not_modified(request) or json_response(require_image(image).ancestry, headers=cache_headers())

    async def put_json(self, request: Request) -> Response:
        """Store the JSON document of an image, which begins the push of the image.

        If an earlier push of the image was not completed, discard the layer and the checksum from that push.
        """
        token_repository = await self.authorizer.authorize(request)
        image_id = parse_image_id(request.path_params["img_id"])
        text, document = await read_json(request, "Invalid JSON")
        if not document or not is_object(document):
            raise V1Error("Invalid JSON")
        if "id" not in document:
            raise V1Error("Missing key `id' in JSON")
        if document["id"] != image_id:
            raise V1Error("JSON data contains invalid id")
        await asyncio.to_thread(self._begin_push, token_repository, image_id, text, document.get("parent"))
        return json_response()

    async def put_checksum(self, request: Request) -> Response:
        """Complete the push of an image, if the checksum in the request equals the checksum that the registry has computed."""
        await self.authorizer.authorize(request)
        image_id = parse_image_id(request.path_params["img_id"])
        checksum = request.headers.get("x-docker-checksum-payload")
        if checksum is None:
            raise V1Error("The header X-Docker-Checksum-Payload is missing; Docker 0.10 and later send it", 412)
        if not checksum:
            raise V1Error("Missing Image's checksum")
        await asyncio.to_thread(self._complete_push, image_id, checksum)
        return json_response()

    def _layer_size(self, image: V1ImageRecord) -> int | None:
        reader = _open_layer_or_none(self.storage, image)
        if reader is None:
            return None
        reader.close()
        return reader.size

    def _begin_push(self, token_repository: str | None, image_id: str, text: str, parent_id: object) -> None:
        if not self.authorizer.has_image(token_repository, image_id):
            raise V1Error("This image does not belong to the repository")
        with self.storage.lock:
            ancestry = (image_id, *self._parent_ancestry(token_repository, image_id, parent_id))
            image = self.storage.v1.load_image(image_id)
            if image is not None and image.complete:
                raise V1Error("Image already exists", 409)
            self.storage.v1.save_image(image_id, V1ImageRecord(json=text, ancestry=ancestry))
            if image is not None and image.layer is not None:
                self.storage.discard(image.layer)

    def _parent_ancestry(self, token_repository: str | None, image_id: str, parent_id: object) -> tuple[str, ...]:
        if not parent_id:
            return ()
        parent = self.storage.v1.load_image(parent_id) if isinstance(parent_id, str) and parent_id != image_id else None
        if parent is None or image_id in parent.ancestry:
            raise V1Error("Image depends on a non existing parent")
        if not self.authorizer.has_image(token_repository, parent.ancestry[0]):
            raise V1Error("Image depends on an unauthorized parent")
        return parent.ancestry

    def _complete_push(self, image_id: str, checksum: str) -> None:
        with self.storage.lock:
            image = require_image(self.storage.v1.load_image(image_id))
            if image.complete:
                raise V1Error("The checksum cannot be set: the image is already complete", 409)
            if image.checksum is None:
                raise crash_error(self.authorizer.settings, "The image has no layer; push the layer before the checksum")
            if checksum != image.checksum:
                raise V1Error("Checksum mismatch")
            self.storage.v1.save_image(image_id, attrs.evolve(image, complete=True))


async def load_complete_image(
    request: Request, storage: RegistryStorage, authorizer: RegistryAuthorizer
) -> tuple[str | None, str, V1ImageRecord | None]:
    """Check the token or the session of a request to read an image, and load the record of the image.

    Args:
        request: The request.
        storage: The storage of the registry.
        authorizer: The authorizer of the request.

    Returns:
        Three values. The first is the result of `RegistryAuthorizer.authorize`: the repository of the token, or None for a
        standalone registry. The second is the image id in the path. The third is the record of the image, or None if the image
        does not exist.

    Raises:
        V1Error: 401: the request has neither a session nor a valid token. 404: the image id is malformed. 400: the push of the
            image is not complete.
    """
    token_repository = await authorizer.authorize(request)
    image_id = parse_image_id(request.path_params["img_id"])
    image = await asyncio.to_thread(storage.v1.load_image, image_id)
    if image is not None and not image.complete:
        raise V1Error("Image is being uploaded, retry later")
    return token_repository, image_id, image


def require_image(image: V1ImageRecord | None) -> V1ImageRecord:
    """Return the record of an image, after checking that the image exists.

    Args:
        image: The record of the image, or None if the image does not exist.

    Raises:
        V1Error: 404: `image` is None.
    """
    if image is None:
        raise V1Error("Image not found", 404)
    return image


def open_layer(storage: RegistryStorage, image: V1ImageRecord) -> BlobReader:
    """Return a reader of the layer of an image. If the image has no layer, raise a V1Error with the status 404.

    The call may block.
    """
    reader = _open_layer_or_none(storage, image)
    if reader is None:
        raise V1Error("Image not found", 404)
    return reader


def _open_layer_or_none(storage: RegistryStorage, image: V1ImageRecord) -> BlobReader | None:
    return storage.open(image.layer) if image.layer is not None else None
