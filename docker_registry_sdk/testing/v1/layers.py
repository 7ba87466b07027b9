"""The handlers that push and pull layers. They interpret byte ranges like docker-registry 0.9, which deviates from RFC 9110."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

import attrs
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docker_registry_sdk.testing.storage.base import BlobReader, BlobWriter, RegistryStorage, new_layer_key
from docker_registry_sdk.testing.storage.records import V1ImageRecord
from docker_registry_sdk.testing.streaming import OCTET_STREAM, Part, StreamResponse, body_blocks
from docker_registry_sdk.testing.v1.authorization import RegistryAuthorizer
from docker_registry_sdk.testing.v1.images import load_complete_image, open_layer, require_image
from docker_registry_sdk.testing.v1.layer_redirects import signed_url
from docker_registry_sdk.testing.v1.requests import parse_image_id
from docker_registry_sdk.testing.v1.responses import V1Error, cache_headers, json_response, not_modified

_DOCKER_VERSION = re.compile(r"docker/([^\s-]+)")
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


@attrs.frozen
class LayerHandlers:
    """The handlers of `/v1/images/<id>/layer`.

    Args:
        storage: The storage of the layers.
        authorizer: The authorizer of the requests.

    Source: docker-registry 0.9, images.py.
    """

    storage: RegistryStorage
    authorizer: RegistryAuthorizer

    async def get(self, request: Request) -> Response:
        """Return a layer, or the part of the layer that the header `Range` requests.

        If `layer_redirect` in the settings is set, redirect the client to a signed URL of the layer instead.
        """
        token_repository, image_id, image = await load_complete_image(request, self.storage, self.authorizer)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        await asyncio.to_thread(self.authorizer.check_image, token_repository, image_id)
        redirect = self.authorizer.settings.layer_redirect
        if redirect:
            root = str(request.base_url) if redirect is True else redirect
            location = root.rstrip("/") + signed_url(image_id)
            return HTMLResponse("<title>Redirecting</title>\n", 302, {"location": location})
        reader = await asyncio.to_thread(open_layer, self.storage, require_image(image))
        headers = {**cache_headers(), "accept-ranges": "bytes"}
        part = parse_layer_range(request.headers.get("range"), reader.size)
        if (part is None and not reader.size) or (part is not None and not part.satisfiable):
            reader.close()
            return Response(status_code=416, headers=headers, media_type=OCTET_STREAM)
        return _layer_response(reader, part, headers)

    async def put(self, request: Request) -> Response:
        """Store the layer of an image, and compute the checksum over the JSON document and the layer."""
        await self.authorizer.authorize(request)
        image_id = parse_image_id(request.path_params["img_id"])
        if _is_rejected_docker_version(request.headers.get("user-agent", "")):
            raise V1Error("This registry accepts pushes only from Docker 0.10 or later", 412)
        image = require_image(await asyncio.to_thread(self.storage.v1.load_image, image_id))
        _check_incomplete(image)
        writer = await asyncio.to_thread(self.storage.create)
        try:
            hasher = hashlib.sha256(image.json.encode() + b"\n")
            async for chunks in body_blocks(request):
                await asyncio.to_thread(_append, writer, hasher.update, chunks)
            await asyncio.to_thread(self._store, image_id, image, writer, f"sha256:{hasher.hexdigest()}")
        finally:
            await asyncio.to_thread(writer.abort)
        return json_response()

    def _store(self, image_id: str, image: V1ImageRecord, writer: BlobWriter, checksum: str) -> None:
        """Store an uploaded layer, and add the key and the checksum of the layer to the record of the image.

        Args:
            image_id: The id of the image.
            image: The record of the image at the beginning of the upload.
            writer: The writer with the bytes of the layer.
            checksum: The checksum over the JSON document in `image` and the layer.

        Raises:
            V1Error: 404: the image does not exist. 409: the push of the image was completed during the upload. 400: the JSON
                document of the image was changed during the upload.
        """
        key = new_layer_key()
        writer.sync()
        with self.storage.lock:
            current = require_image(self.storage.v1.load_image(image_id))
            _check_incomplete(current)
            if current.json != image.json:
                raise V1Error("The JSON document of the image was changed while the layer was uploaded; upload the layer again")
            writer.commit(key)
            try:
                self.storage.v1.save_image(image_id, attrs.evolve(current, layer=key, checksum=checksum))
            except BaseException:
                self.storage.discard(key)
                raise
            if current.layer is not None:
                self.storage.discard(current.layer)


@attrs.frozen
class LayerRange:
    """A byte range of a layer, as docker-registry 0.9 interprets it.

    Args:
        first: The position of the first byte.
        last: The position of the last byte, which is part of the range and can be after the end of the layer.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """Return the number of bytes in the range, which is the Content-Length of the response.

        A range can end after the end of the layer. Then the Content-Length is larger than the number of bytes sent, and
        the connection is closed after the last byte of the layer.
        """
        return self.last - self.first + 1

    @property
    def satisfiable(self) -> bool:
        """Return whether the range has at least two bytes. For a smaller range, docker-registry 0.9 answers 416."""
        return self.first >= 0 and self.length >= 2

    def content_range(self, size: int) -> str:
        """Return the value of `Content-Range` without the unit `bytes`, which docker-registry 0.9 omits.

        Args:
            size: The length of the layer in bytes.
        """
        return f"{self.first}-{self.last}/{size}"


def parse_layer_range(header: str | None, size: int) -> LayerRange | None:
    """Parse a `Range` header as docker-registry 0.9 does.

    Args:
        header: The value of the header, or None if the request has no such header.
        size: The length of the layer in bytes.

    Returns:
        The range, or None if the response must contain the whole layer. The result is None if there is no header, the header is
        malformed or has several ranges, or the range is relative to the end of the layer (`bytes=-5`). If the range
        has no end (`bytes=5-`), `last` is `size`, as in docker-registry 0.9, although the last byte is at `size - 1`.

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


def _layer_response(reader: BlobReader, part: LayerRange | None, headers: Mapping[str, str]) -> StreamResponse:
    """Return a response with a layer or with a part of the layer.

    Args:
        reader: A reader of the layer. The response closes the reader.
        part: The part to send, or None to send the whole layer.
        headers: Further headers of the response.

    Source: docker-registry 0.9, images._get_image_layer.
    """
    headers = {**headers, "content-type": OCTET_STREAM}
    if part is None:
        return StreamResponse(reader, [Part(0, reader.size)], 200, headers)
    headers["content-range"] = part.content_range(reader.size)
    return StreamResponse(reader, [Part(part.first, part.length)], 206, headers)


def _append(writer: BlobWriter, hash_chunk: Callable[[bytes], None], chunks: Sequence[bytes]) -> None:
    writer.append(chunks)
    for chunk in chunks:
        hash_chunk(chunk)


def _check_incomplete(image: V1ImageRecord) -> None:
    if image.complete:
        raise V1Error("Image already exists", 409)


def _is_rejected_docker_version(user_agent: str) -> bool:
    """Return whether docker-registry 0.9 rejects a push because of the Docker version in the `User-Agent`.

    docker-registry 0.9 is supposed to reject all Docker versions before 0.10. But docker-registry splits the version into single
    characters instead of splitting it at the dots. So it accepts all versions with a dot, and rejects only 0 and 00 to 09.

    Source: docker-registry 0.9, toolkit.docker_client_version and images.put_image_layer.
    """
    found = _DOCKER_VERSION.search(user_agent)
    digits = found[1] if found is not None else ""
    return digits.isdecimal() and digits.isascii() and tuple(map(int, digits)) < (0, 10)
