"""The content that a descriptor embeds in its field `data`. Free of I/O."""

from __future__ import annotations

import base64

from ...digest import Digest, digest_of


def embedded_content(data: str | None, digest: Digest, size: int | None) -> bytes | None:
    """Return the content that a descriptor embeds; None if it embeds none, or embeds other bytes than it describes.

    Wrong data is ignored, since the digest says what the content is: the blob must be read instead.

    Args:
        data: The field `data` of the descriptor: the content in base64; None if the field is absent.
        digest: The digest in the descriptor.
        size: The size in the descriptor, in bytes; None to accept any size.

    Raises:
        InvalidDigestError: The digest has an algorithm other than sha256 and sha512.

    Source: OCI Image Spec, Descriptors, Embedded Content; RFC 4648, section 4.
    """
    if data is None:
        return None
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError:
        return None
    return content if size in (None, len(content)) and digest_of(content, digest.algorithm) == digest else None
