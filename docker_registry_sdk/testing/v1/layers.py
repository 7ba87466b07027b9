"""The layers of a registry's images: pushing, pulling and redirecting them."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence

import attrs
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docker_registry_sdk.testing.storage.base import BlobReader, BlobWriter, Storage
from docker_registry_sdk.testing.storage.v1_base import layer_name
from docker_registry_sdk.testing.storage.v1_records import V1Image
from docker_registry_sdk.testing.streaming import body_blocks
from docker_registry_sdk.testing.v1.answers import V1Error, reply
from docker_registry_sdk.testing.v1.caching import cache_headers, not_modified
from docker_registry_sdk.testing.v1.gate import Gate
from docker_registry_sdk.testing.v1.images import existing, open_image
from docker_registry_sdk.testing.v1.layer_range import parse_layer_range
from docker_registry_sdk.testing.v1.layer_response import LayerResponse
from docker_registry_sdk.testing.v1.names import parse_image_id
from docker_registry_sdk.testing.v1.signed_urls import sign

_DOCKER = re.compile(r"docker/([^\s-]+)")


@attrs.frozen
class Layers:
    """The handlers of `/v1/images/<id>/layer`.

    Args:
        storage: Where the layers are.
        gate: Who may call.

    Source: docker-registry 0.9, images.py.
    """

    storage: Storage
    gate: Gate

    async def get(self, request: Request) -> Response:
        """Send a layer or a part of it, or tell where it is."""
        granted, image_id, image = await open_image(request, self.storage, self.gate)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        await asyncio.to_thread(self.gate.check_image, granted, image_id)
        redirect = self.gate.settings.layer_redirect
        if redirect:
            root = str(request.base_url) if redirect is True else redirect
            location = root.rstrip("/") + sign(image_id)
            return HTMLResponse("<title>Redirecting</title>\n", 302, {"location": location})
        reader = await asyncio.to_thread(open_layer, self.storage, existing(image))
        headers = {**cache_headers(), "accept-ranges": "bytes"}
        part = parse_layer_range(request.headers.get("range"), reader.size)
        if (part is None and not reader.size) or (part is not None and not part.valid):
            reader.close()
            return Response(status_code=416, headers=headers, media_type="application/octet-stream")
        return LayerResponse(reader, part, headers)

    async def put(self, request: Request) -> Response:
        """Take a layer in, and compute the checksum over json and layer on the way."""
        await self.gate.check(request)
        image_id = parse_image_id(request.path_params["img_id"])
        if _is_too_old(request.headers.get("user-agent", "")):
            raise V1Error("Docker daemons before 0.10 cannot push here", 412)
        image = existing(self.storage.v1.load_image(image_id))
        _check_open(image)
        writer = await asyncio.to_thread(self.storage.create)
        try:
            hasher = hashlib.sha256(image.json.encode() + b"\n")
            async for chunks in body_blocks(request):
                await asyncio.to_thread(_append, writer, hasher.update, chunks)
            await asyncio.to_thread(self._keep, image_id, image, writer, f"sha256:{hasher.hexdigest()}")
        finally:
            writer.abort()
        return reply()

    def _keep(self, image_id: str, image: V1Image, writer: BlobWriter, checksum: str) -> None:
        """Make what arrived the layer of the image, unless the image has changed meanwhile."""
        name = layer_name()
        writer.sync()
        with self.storage.lock:
            current = existing(self.storage.v1.load_image(image_id))
            _check_open(current)
            if current.json != image.json:
                raise V1Error("The json of the image was put again meanwhile")
            writer.commit(name)
            try:
                self.storage.v1.save_image(image_id, attrs.evolve(current, layer=name, checksum=checksum))
            except BaseException:
                self.storage.discard(name)
                raise
            if current.layer is not None:
                self.storage.discard(current.layer)


def open_layer(storage: Storage, image: V1Image) -> BlobReader:
    """Open the layer of an image, or raise 404 when there is none; it may block."""
    reader = storage.open(image.layer) if image.layer is not None else None
    if reader is None:
        raise V1Error("Image not found", 404)
    return reader


def _append(writer: BlobWriter, hash_chunk: Callable[[bytes], None], chunks: Sequence[bytes]) -> None:
    writer.append(chunks)
    for chunk in chunks:
        hash_chunk(chunk)


def _check_open(image: V1Image) -> None:
    if image.complete:
        raise V1Error("Image already exists", 409)


def _is_too_old(user_agent: str) -> bool:
    """Say whether a client is refused for its version.

    docker-registry 0.9 means to refuse Docker before 0.10, but it takes the version apart into characters and not at the dots:
    whatever has a dot passes, and what is refused are a lone 0 and 00 to 09.

    Source: docker-registry 0.9, toolkit.docker_client_version and images.put_image_layer.
    """
    found = _DOCKER.search(user_agent)
    digits = found[1] if found is not None else ""
    return digits.isdecimal() and digits.isascii() and tuple(map(int, digits)) < (0, 10)
