"""The images of a registry: their json, their ancestry, and the end of their push."""

import asyncio

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import BlobReader, Storage
from docker_registry_sdk.testing.storage.records import V1Image
from docker_registry_sdk.testing.v1.authorization import Gate
from docker_registry_sdk.testing.v1.requests import is_object, parse_image_id, read_document
from docker_registry_sdk.testing.v1.responses import V1Error, cache_headers, crash, not_modified, raw_reply, reply


@attrs.frozen
class Images:
    """The handlers of `/v1/images/<id>/json`, `ancestry` and `checksum`.

    Args:
        storage: Where the registry's records are.
        gate: Who may call.

    Source: docker-registry 0.9, images.py.
    """

    storage: Storage
    gate: Gate

    async def get_json(self, request: Request) -> Response:
        """Send an image's json as it was put, with the size of the layer and the checksum over both."""
        granted, image_id, image = await open_image(request, self.storage, self.gate)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        await asyncio.to_thread(self.gate.check_image, granted, image_id)
        image = existing(image)
        headers = cache_headers()
        if image.checksum is not None:
            headers["x-docker-checksum-payload"] = image.checksum
        size = await asyncio.to_thread(self._layer_size, image)
        if size is not None:
            headers["x-docker-size"] = str(size)
        return raw_reply(image.json.encode(), headers=headers)

    async def get_ancestry(self, request: Request) -> Response:
        """Send the ids of an image and of its ancestors."""
        _, _, image = await open_image(request, self.storage, self.gate)
        return not_modified(request) or reply(existing(image).ancestry, headers=cache_headers())

    async def put_json(self, request: Request) -> Response:
        """Begin the push of an image, or begin it anew."""
        granted = await self.gate.check(request)
        image_id = parse_image_id(request.path_params["img_id"])
        text, document = await read_document(request, "Invalid JSON")
        if not document or not is_object(document):
            raise V1Error("Invalid JSON")
        if "id" not in document:
            raise V1Error("Missing key `id' in JSON")
        if document["id"] != image_id:
            raise V1Error("JSON data contains invalid id")
        await asyncio.to_thread(self._begin, granted, image_id, text, document.get("parent"))
        return reply()

    async def put_checksum(self, request: Request) -> Response:
        """End the push of an image with the right checksum over json and layer."""
        await self.gate.check(request)
        image_id = parse_image_id(request.path_params["img_id"])
        checksum = request.headers.get("x-docker-checksum-payload")
        if checksum is None:
            raise V1Error("X-Docker-Checksum-Payload is missing; Docker sends it since 0.10", 412)
        if not checksum:
            raise V1Error("Missing Image's checksum")
        await asyncio.to_thread(self._complete, image_id, checksum)
        return reply()

    def _layer_size(self, image: V1Image) -> int | None:
        reader = self.storage.open(image.layer) if image.layer is not None else None
        if reader is None:
            return None
        reader.close()
        return reader.size

    def _begin(self, granted: str | None, image_id: str, text: str, parent_id: object) -> None:
        if not self.gate.belongs(granted, image_id):
            raise V1Error("This image does not belong to the repository")
        with self.storage.lock:
            ancestry = (image_id, *self._parent_ancestry(granted, image_id, parent_id))
            image = self.storage.v1.load_image(image_id)
            if image is not None and image.complete:
                raise V1Error("Image already exists", 409)
            self.storage.v1.save_image(image_id, V1Image(text, ancestry))
            if image is not None and image.layer is not None:
                self.storage.discard(image.layer)

    def _parent_ancestry(self, granted: str | None, image_id: str, parent_id: object) -> tuple[str, ...]:
        if not parent_id:
            return ()
        parent = self.storage.v1.load_image(parent_id) if isinstance(parent_id, str) and parent_id != image_id else None
        if parent is None or image_id in parent.ancestry:
            raise V1Error("Image depends on a non existing parent")
        if not self.gate.belongs(granted, parent.ancestry[0]):
            raise V1Error("Image depends on an unauthorized parent")
        return parent.ancestry

    def _complete(self, image_id: str, checksum: str) -> None:
        with self.storage.lock:
            image = existing(self.storage.v1.load_image(image_id))
            if image.complete:
                raise V1Error("Cannot set this image checksum", 409)
            if image.checksum is None:
                raise crash(self.gate.settings, "The layer of the image is missing")
            if checksum != image.checksum:
                raise V1Error("Checksum mismatch")
            self.storage.v1.save_image(image_id, attrs.evolve(image, complete=True))


async def open_image(request: Request, storage: Storage, gate: Gate) -> tuple[str | None, str, V1Image | None]:
    """Begin to read something of an image.

    Args:
        request: The call.
        storage: Where the registry's records are.
        gate: Who may call.

    Returns:
        The repository that the client has a token for, the image's id, and the image if it is there.

    Raises:
        V1Error: 401, 404 for a malformed id, or 400 when the image is being pushed.
    """
    granted = await gate.check(request)
    image_id = parse_image_id(request.path_params["img_id"])
    image = storage.v1.load_image(image_id)
    if image is not None and not image.complete:
        raise V1Error("Image is being uploaded, retry later")
    return granted, image_id, image


def existing(image: V1Image | None) -> V1Image:
    """Return an image that is there, or raise 404."""
    if image is None:
        raise V1Error("Image not found", 404)
    return image


def open_layer(storage: Storage, image: V1Image) -> BlobReader:
    """Open the layer of an image, or raise 404 when there is none; it may block."""
    reader = storage.open(image.layer) if image.layer is not None else None
    if reader is None:
        raise V1Error("Image not found", 404)
    return reader
