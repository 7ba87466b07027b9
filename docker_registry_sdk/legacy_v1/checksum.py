"""The payload checksum of API v1, the only value against which API v1 can verify a layer. Free of I/O."""

from __future__ import annotations

import re

from ..digest import Digest, Verifier
from ..v1.api import get_img_json

_PAYLOAD_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")


def payload_verifier(img_json: bytes) -> Verifier:
    """Return a verifier that computes the payload checksum of an image when it is updated with the bytes of the layer.

    The checksum covers the image's JSON, a line feed and the layer.

    Args:
        img_json: The image's JSON, byte for byte.

    Source: docker-registry 0.9, lib/checksums.py.
    """
    verifier = Verifier("sha256")
    verifier.update(img_json + b"\n")
    return verifier


def payload_checksum(response: get_img_json.GetImgJsonOk) -> Digest | None:
    """Return the payload checksum in the headers of a response to `get_img_json`, or None if the headers state no checksum.

    The header may be repeated, and its values on old servers may be checksums of other kinds, which are ignored.

    Args:
        response: The response.
    """
    values = f"{response.x_docker_checksum_payload or ''},{response.x_docker_payload_checksum or ''}"
    checksums = [text for text in (part.strip() for part in values.split(",")) if _PAYLOAD_CHECKSUM.fullmatch(text)]
    return Digest(checksums[0]) if checksums else None
