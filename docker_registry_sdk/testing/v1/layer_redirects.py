"""Signed URLs of layers, and the handler of requests for signed URLs.

A registry can redirect a client that requests a layer to a signed URL of an object store such as Amazon S3. The handler in this
module imitates the object store: it interprets byte ranges according to RFC 9110, from which docker-registry deviates.
"""

import asyncio
import hashlib
import hmac
import secrets
import time

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.byte_ranges import RangeError, parse_range
from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.streaming import BlobResponse
from docker_registry_sdk.testing.v1.images import open_layer
from docker_registry_sdk.testing.v1.responses import V1Error, WebPageError

SIGNED_URL_SECONDS = 60
"""The time in seconds for which a signed URL is valid."""

SIGNED_URL_PATH = "/_layers/{img_id}"

_KEY = secrets.token_bytes(32)  # the same for all registries in this process, so that a registry can redirect to another


def signed_url(image_id: str) -> str:
    """Return the path and the query of a URL with which a client may download a layer for SIGNED_URL_SECONDS.

    Args:
        image_id: The id of the image that the layer belongs to.
    """
    expires = str(int(time.time()) + SIGNED_URL_SECONDS)
    return f"{SIGNED_URL_PATH.format(img_id=image_id)}?Expires={expires}&Signature={_signature(image_id, expires)}"


@attrs.frozen
class SignedUrlHandlers:
    """The handler of requests for signed URLs.

    Args:
        storage: The storage of the layers.
    """

    storage: RegistryStorage

    async def get(self, request: Request) -> Response:
        """Return a layer, or the parts of the layer that the header `Range` requests.

        If the request has not only a signature but also an `Authorization` header, answer 400, as Amazon S3 does.
        """
        image_id, query = request.path_params["img_id"], request.query_params
        if not _is_valid(image_id, query.get("Expires", ""), query.get("Signature", "")):
            raise V1Error("The URL has expired, or its signature is missing or wrong; get a new URL from the registry", 403)
        if "authorization" in request.headers:
            raise V1Error("Only one auth mechanism allowed")
        image = await asyncio.to_thread(self.storage.v1.load_image, image_id)
        if image is None:
            raise WebPageError(404)
        reader = await asyncio.to_thread(open_layer, self.storage, image)
        try:
            ranges = parse_range(request.headers.get("range"), reader.size)
        except RangeError as error:
            reader.close()
            return Response(status_code=416, headers=error.headers)
        return BlobResponse(reader, ranges, {"accept-ranges": "bytes"})


def _is_valid(image_id: str, expires: str, signature: str) -> bool:
    """Return whether the signature of a URL is correct and the URL has not expired."""
    signed = hmac.compare_digest(_signature(image_id, expires).encode(), signature.encode())
    return signed and int(expires) >= time.time()


def _signature(image_id: str, expires: str) -> str:
    return hmac.new(_KEY, f"{image_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
