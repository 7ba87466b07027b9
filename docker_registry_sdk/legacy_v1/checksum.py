"""The payload checksum of API v1, the only value against which API v1 can verify a layer. Free of I/O."""

from __future__ import annotations

import re

from ..digest import Digest, Verifier
from ..v1.api import get_img_json

_PAYLOAD_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")


def payload_verifier(img_json: bytes) -> Verifier:
    """Return a verifier for the payload checksum of an image. Update the verifier with the bytes of the layer.

    The checksum covers the image's JSON, a line feed and the layer. The verifier has hashed the JSON and the line feed already.

    Args:
        img_json: The bytes of the image's JSON, unchanged.

    Source: docker-registry 0.9, lib/checksums.py.
    """
    verifier = Verifier("sha256")
    verifier.update(img_json + b"\n")
    return verifier


def payload_checksum(response: get_img_json.GetImgJsonOk) -> Digest | None:
    """Return the payload checksum in the headers of a response to `get_img_json`, or None if the headers state no checksum.

    A response may have several checksums. The result is the first one that is a sha256 digest; checksums of other kinds, which
    old servers send, are ignored.

    Args:
        response: The response to `get_img_json`.
    """
    values = f"{response.x_docker_checksum_payload or ''},{response.x_docker_payload_checksum or ''}"
    checksums = [text for text in (part.strip() for part in values.split(",")) if _PAYLOAD_CHECKSUM.fullmatch(text)]
    return Digest(checksums[0]) if checksums else None
