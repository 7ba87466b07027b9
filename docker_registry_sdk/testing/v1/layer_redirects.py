"""The storage behind a registry: where its redirects lead to. It follows RFC 9110, as the storages of clouds do."""

import asyncio
import hashlib
import hmac
import secrets
import time

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.byte_ranges import RangeError, parse_range
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.streaming import BlobResponse
from docker_registry_sdk.testing.v1.images import open_layer
from docker_registry_sdk.testing.v1.responses import V1Error, WebPageError


@attrs.frozen
class LayerStore:
    """The handler of signed URLs.

    Args:
        storage: Where the layers are.
    """

    storage: Storage

    async def get(self, request: Request) -> Response:
        """Send a layer, or the parts of it that `Range` asks for.

        Like Amazon S3, it refuses a request that is authorized twice: by its URL, and by a header that a client should not have
        sent here.
        """
        image_id, query = request.path_params["img_id"], request.query_params
        if not is_good(image_id, query.get("Expires", ""), query.get("Signature", "")):
            raise V1Error("The URL is not signed or has expired", 403)
        if "authorization" in request.headers:
            raise V1Error("Only one auth mechanism allowed")
        image = self.storage.v1.load_image(image_id)
        if image is None:
            raise WebPageError(404)
        reader = await asyncio.to_thread(open_layer, self.storage, image)
        try:
            ranges = parse_range(request.headers.get("range"), reader.size)
        except RangeError as error:
            reader.close()
            return Response(status_code=416, headers=error.headers)
        return BlobResponse(reader, ranges, {"accept-ranges": "bytes"})


LIFETIME = 60
"""How many seconds a URL is good for."""

PATH = "/_layers/{img_id}"

_KEY = secrets.token_bytes(32)  # all registries of this process serve each other's URLs


def sign(image_id: str) -> str:
    """Make a URL for the layer of an image.

    Args:
        image_id: The image.

    Returns:
        The URL without scheme and host.
    """
    expires = str(int(time.time()) + LIFETIME)
    return f"{PATH.format(img_id=image_id)}?Expires={expires}&Signature={_signature(image_id, expires)}"


def is_good(image_id: str, expires: str, signature: str) -> bool:
    """Say whether a URL was made by `sign` and has not expired.

    Args:
        image_id: The image in its path.
        expires: What its query says.
        signature: What its query says.
    """
    genuine = hmac.compare_digest(_signature(image_id, expires).encode(), signature.encode())
    return genuine and int(expires) >= time.time()


def _signature(image_id: str, expires: str) -> str:
    return hmac.new(_KEY, f"{image_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
