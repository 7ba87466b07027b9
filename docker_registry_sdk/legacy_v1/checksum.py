"""The payload checksum of API v1: the one thing that a layer there can be checked by. Free of I/O."""

from __future__ import annotations

import re
from typing import TypeAlias

from ..digest import Digest, Verifier
from ..v1.api import get_img_json

ImgJsonAnswer: TypeAlias = get_img_json.Success

_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")


def payload_verifier(img_json: bytes) -> Verifier:
    """Return what computes the payload checksum of an image, once its layer has passed: over json, line feed and layer.

    Args:
        img_json: The json of the image, byte for byte.

    Source: docker-registry 0.9, lib/checksums.py.
    """
    verifier = Verifier("sha256")
    verifier.update(img_json + b"\n")
    return verifier


def payload_checksum(answer: ImgJsonAnswer) -> Digest | None:
    """Return the payload checksum that came with the json of an image; None when there is none.

    The header may come more than once, and an old server may give a checksum of another kind in it.

    Args:
        answer: The answer that the json came with.
    """
    given = f"{answer.x_docker_checksum_payload or ''},{answer.x_docker_payload_checksum or ''}"
    found = [text for text in (part.strip() for part in given.split(",")) if _CHECKSUM.fullmatch(text)]
    return Digest(found[0]) if found else None
