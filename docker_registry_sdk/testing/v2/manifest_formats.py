"""The formats of manifests: the media types, the JSON syntax, and the signatures in manifests of Docker's schema 1."""

import base64
import binascii
import json
import re
from typing import Any, NoReturn, TypeGuard

from docker_registry_sdk.testing.v2.errors import MANIFEST_INVALID, ApiError

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
_EXTERNAL_LAYER = re.compile(
    r"application/vnd\.oci\.image\.layer\.nondistributable\.|application/vnd\.docker\.image\.rootfs\.foreign\."
)


def parse_content_type(header: str) -> str:
    """Return the media type in a `Content-Type` header, without parameters such as `charset`.

    Args:
        header: The value of the header, or of the field `mediaType` in a manifest that was pushed without the header.

    Returns:
        The media type.

    Raises:
        ApiError: The media type is malformed (MANIFEST_INVALID).
    """
    media_type = header.partition(";")[0].strip()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise ApiError(MANIFEST_INVALID, "the Content-Type (or, without Content-Type, the field mediaType) is not a media type")
    return media_type


def is_external_layer(media_type: str) -> bool:
    """Return whether layers of a media type are stored at external URLs and not in the registry."""
    return _EXTERNAL_LAYER.match(media_type) is not None


def load_json_object(content: bytes) -> dict[str, Any] | None:
    """Parse bytes as a JSON object.

    Args:
        content: The bytes.

    Returns:
        The object, or None if the bytes are not valid UTF-8, not valid JSON, or another JSON value than an object.
    """
    try:
        document = json.loads(content.decode(), parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return None
    return document if is_object(document) else None


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Return whether a value is a JSON array."""
    return isinstance(value, list)


def _reject_constant(text: str) -> NoReturn:
    raise ValueError(f"the constant {text} is not allowed in JSON")


def signed_payload(content: bytes, document: dict[str, Any]) -> bytes:
    """Return the text that the signatures of a signed manifest of schema 1 sign: the manifest without the signatures.

    A signed manifest contains its signatures in the field `signatures` of the JSON object. The protected header of each signature
    describes the manifest without this field: the first `formatLength` bytes of the manifest, followed by `formatTail`. The
    digest of the manifest is computed over this text. The signatures are not verified: the client that pushes the manifest
    generates the keys, so a valid signature proves nothing.

    Args:
        content: The manifest with its signatures.
        document: The manifest, parsed as JSON.

    Returns:
        The bytes of the manifest without its signatures.

    Raises:
        ApiError: There is no signature, a protected header is invalid, or two protected headers describe different texts
            (MANIFEST_INVALID).

    Source: Docker's "Image Manifest Version 2, Schema 1".
    """
    signatures: Any = document.get("signatures")
    if not is_list(signatures) or not signatures:
        _raise_invalid("the array signatures is missing or empty")
    payloads = {_payload(content, signature) for signature in signatures}
    if len(payloads) != 1:
        _raise_invalid("the signatures sign different texts")
    return payloads.pop()


def _payload(content: bytes, signature: Any) -> bytes:
    """Return the text that one signature signs.

    Args:
        content: The manifest with its signatures.
        signature: The entry of the array `signatures`.

    Raises:
        ApiError: The protected header of the signature is invalid (MANIFEST_INVALID).
    """
    try:
        header = json.loads(_decode(signature["protected"]))
        length, tail = header["formatLength"], _decode(header["formatTail"])
    except (ValueError, KeyError, TypeError, RecursionError):
        _raise_invalid("the protected header of a signature is invalid")
    if not isinstance(length, int) or not 0 <= length <= len(content):
        _raise_invalid("the formatLength of a signature is not an integer from 0 to the length of the manifest")
    return content[:length] + tail


def _decode(text: str) -> bytes:
    """Decode base64url text without padding. Raise a ValueError if the text is not base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _raise_invalid(reason: str) -> NoReturn:
    raise ApiError(MANIFEST_INVALID, f"the signed manifest is invalid: {reason}")
