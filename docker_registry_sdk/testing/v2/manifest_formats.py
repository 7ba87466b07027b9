"""JSON that a client sent: reading it without trusting it."""

import base64
import binascii
import json
import re
from typing import Any, NoReturn, TypeGuard

from docker_registry_sdk.testing.v2.errors import MANIFEST_INVALID, ApiError


def load_json_object(content: bytes) -> dict[str, Any] | None:
    """Read a JSON object.

    Args:
        content: The text.

    Returns:
        The object, or None when the bytes are something else.
    """
    try:
        document = json.loads(content.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return document if is_object(document) else None


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

IMAGES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})

_TOKEN = "[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(f"{_TOKEN}/{_TOKEN}")
_NOT_DISTRIBUTED = re.compile(
    r"application/vnd\.oci\.image\.layer\.nondistributable\.|application/vnd\.docker\.image\.rootfs\.foreign\."
)


def parse_content_type(header: str) -> str:
    """Read a `Content-Type` without its parameters.

    Args:
        header: Its value.

    Returns:
        The media type.

    Raises:
        ApiError: MANIFEST_INVALID.
    """
    media_type = header.partition(";")[0].strip()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise ApiError(MANIFEST_INVALID, "the Content-Type is no media type")
    return media_type


def is_distributed(media_type: str) -> bool:
    """Say whether a layer of a media type is expected in the registry; foreign layers are somewhere else."""
    return not _NOT_DISTRIBUTED.match(media_type)


def signed_payload(content: bytes, document: dict[str, Any]) -> bytes:
    """Return the text that a signed manifest's signatures are about.

    Args:
        content: The manifest with its signatures.
        document: The same, read as JSON.

    Returns:
        The manifest without its signatures, byte by byte as it was.

    Raises:
        ApiError: MANIFEST_INVALID, when there is no signature, one cannot be read, or two are about different texts.
    """
    signatures: Any = document.get("signatures")
    if not is_list(signatures) or not signatures:
        _refuse("it has no signatures")
    payloads = {_payload(content, signature) for signature in signatures}
    if len(payloads) != 1:
        _refuse("its signatures are about different texts")
    return payloads.pop()


def _payload(content: bytes, signature: Any) -> bytes:
    try:
        header = json.loads(_decode(signature["protected"]))
        length, tail = header["formatLength"], _decode(header["formatTail"])
    except (ValueError, KeyError, TypeError, RecursionError):
        _refuse("the protected header of a signature cannot be read")
    if not isinstance(length, int) or not 0 <= length <= len(content):
        _refuse("formatLength does not fit")
    return content[:length] + tail


def _decode(text: str) -> bytes:
    """Decode base64url without padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _refuse(reason: str) -> NoReturn:
    raise ApiError(MANIFEST_INVALID, f"the signed manifest is invalid: {reason}")
