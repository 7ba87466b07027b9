"""The content coding of a blob's body that was not requested: how to read the body. Free of I/O.

Requests for blobs accept the coding `identity` only. Some registries, caches and storage services compress the body all the same.
Others state a coding that the body does not have, because the blob itself is a compressed file.

Source: RFC 9110, sections 8.4 and 12.5.3.
"""

from __future__ import annotations

from typing import Final

from ...digest import Verifier
from ...errors import DigestMismatchError, ParseError
from ..wire import CodingDecoder
from .blob_spec import BlobSpec

MAX_DECODED_BYTES: Final = 1024**3
"""The limit on the bytes that a body of at most any length decodes to, if neither the size of the blob nor a limit is known."""


def coding_error(coding: str, problem: str) -> ParseError:
    """Return the exception for a body with a content coding that cannot be the blob.

    Args:
        coding: The content coding.
        problem: What is wrong, as a clause after "is gzip, although no coding was accepted, and ".
    """
    return ParseError(
        model="CreateBlobReadStreamOk",
        field="Content-Encoding",
        problem=f"is {coding}, although no coding was accepted, and {problem}",
        hint="Ask the operator of the registry, or of the proxy or storage behind it, to send blobs without Content-Encoding.",
    )


def check_decoded(verifier: Verifier, blob: BlobSpec, coding: str) -> None:
    """Check that bytes are the blob, and name the content coding of the body if not.

    Args:
        verifier: The verifier to which all bytes were passed.
        blob: The blob.
        coding: The content coding of the body.

    Raises:
        DigestMismatchError: The bytes have another digest or size.
    """
    if not is_blob(verifier, blob):
        raise mismatch_error(verifier, blob.size, blob.digest, coding)


def is_blob(verifier: Verifier, blob: BlobSpec) -> bool:
    """Return whether the bytes that were passed to a verifier are the blob."""
    return verifier.digest == blob.digest and blob.size in (None, verifier.size)


def mismatch_error(verifier: Verifier, size: int | None, digest: str, coding: str) -> DigestMismatchError:
    """Return the exception for bytes with another digest or size, from a body with a content coding.

    Args:
        verifier: The verifier to which all bytes were passed.
        size: The expected size; None if it is not known.
        digest: The expected digest.
        coding: The content coding of the body.
    """
    return DigestMismatchError(
        expected=digest,
        actual=verifier.digest,
        expected_size=size,
        actual_size=verifier.size,
        hint=f"The body was sent with Content-Encoding: {coding}, although no coding was accepted, and is not the blob: "
        "ask the operator of the registry to send blobs without Content-Encoding.",
    )


class Decoder(CodingDecoder):
    """A decoder of the body of a blob with one or several content codings.

    Args:
        coding: The content codings in the order in which they were applied, separated by commas: `gzip`, `x-gzip`, `deflate`.

    Raises:
        ParseError: This package cannot decode the coding. `decode` and `finish` raise it for bytes that are not of this coding.
    """

    def __init__(self, coding: str) -> None:
        super().__init__(coding, coding_error)
