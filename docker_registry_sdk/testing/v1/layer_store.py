"""The storage behind a registry: where its redirects lead to. It follows RFC 9110, as the storages of clouds do."""

import asyncio

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.byte_ranges import RangeError, parse_range
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.streaming import BlobResponse
from docker_registry_sdk.testing.v1.answers import V1Error, WebPageError
from docker_registry_sdk.testing.v1.layers import open_layer
from docker_registry_sdk.testing.v1.signed_urls import is_good


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
