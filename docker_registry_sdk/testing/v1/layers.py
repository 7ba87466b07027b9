"""The layers of a registry's images: pushing, pulling and redirecting them."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

import attrs
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docker_registry_sdk.testing.storage.base import BlobReader, BlobWriter, Storage, new_layer_key
from docker_registry_sdk.testing.storage.records import V1Image
from docker_registry_sdk.testing.streaming import OCTET_STREAM, Part, StreamResponse, body_blocks
from docker_registry_sdk.testing.v1.authorization import Gate
from docker_registry_sdk.testing.v1.images import existing, open_image
from docker_registry_sdk.testing.v1.layer_redirects import sign
from docker_registry_sdk.testing.v1.requests import parse_image_id
from docker_registry_sdk.testing.v1.responses import V1Error, cache_headers, not_modified, reply

from .images import open_layer

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
        name = new_layer_key()
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


_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


@attrs.frozen
class LayerRange:
    """A part of a layer.

    Args:
        first: The position of its first byte.
        last: The position of its last byte; it may lie behind the end of the layer.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes are promised, which may be more than there are."""
        return self.last - self.first + 1

    @property
    def valid(self) -> bool:
        """Whether it is answered at all: a range of fewer than two bytes is not."""
        return self.first >= 0 and self.length >= 2

    def content_range(self, size: int) -> str:
        """Return the `Content-Range` that announces it: without the unit.

        Args:
            size: The length of the layer.
        """
        return f"{self.first}-{self.last}/{size}"


def parse_layer_range(header: str | None, size: int) -> LayerRange | None:
    """Read a `Range` header.

    Args:
        header: Its value, or None when there is none.
        size: The length of the layer.

    Returns:
        The range; an open one ends at the size of the layer, one byte too far. None when the whole layer is to be sent, since
        there is no header, or it makes no sense: several ranges, or one that counts from the end.

    Source: docker-registry 0.9, images._parse_bytes_range and images._get_image_layer.
    """
    unit, _, specification = (header or "").partition("=")
    parts = specification.split("-")
    if unit != "bytes" or (len(parts) != 2 and not specification.endswith("-")):
        return None
    first, last = parts[0], parts[1]
    if not _INTEGER.fullmatch(first):
        return None
    if last == "":
        return LayerRange(int(first), size or -1)
    return LayerRange(int(first), int(last)) if _INTEGER.fullmatch(last) else None


class LayerResponse(StreamResponse):
    """Sends a layer, and closes the reader. A range may promise more than there is.

    Args:
        reader: The layer.
        part: The part to send; None sends the whole layer.
        headers: Headers to send along.

    Source: docker-registry 0.9, images._get_image_layer.
    """

    def __init__(self, reader: BlobReader, part: LayerRange | None, headers: Mapping[str, str]) -> None:
        extra = {"content-type": OCTET_STREAM}
        if part is not None:
            extra["content-range"] = part.content_range(reader.size)
        piece = Part(0, reader.size) if part is None else Part(part.first, part.length)
        super().__init__(reader, [piece], 200 if part is None else 206, {**headers, **extra})
