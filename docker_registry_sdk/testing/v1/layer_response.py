"""An answer with a layer, or with a part of it, as docker-registry 0.9 gives it."""

from collections.abc import Mapping

from docker_registry_sdk.testing.storage.base import BlobReader
from docker_registry_sdk.testing.streaming import OCTET_STREAM, Part, StreamResponse
from docker_registry_sdk.testing.v1.layer_range import LayerRange


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
