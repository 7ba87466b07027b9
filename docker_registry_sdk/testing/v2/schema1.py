"""Docker's image manifest, schema 1: which of its bytes were signed.

A signed manifest is JSON with its signatures inside, so that it stays readable. Each signature carries a protected header that
says how the text was before they went in: its first `formatLength` bytes, and then `formatTail`. The digest is computed over that
text. The signatures themselves are not verified: the keys in them are made up by the client that pushes.

Source: Docker's "Image Manifest Version 2, Schema 1".
"""

import base64
import binascii
import json
from typing import Any, NoReturn

from docker_registry_sdk.testing.v2.documents import is_list
from docker_registry_sdk.testing.v2.errors import MANIFEST_INVALID, ApiError


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
