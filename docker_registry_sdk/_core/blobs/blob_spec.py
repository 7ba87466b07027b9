"""The blob that a caller requests: its digest, its size if known, and its external URLs. Free of I/O."""

from __future__ import annotations

from attrs import frozen

from ...digest import Digest, DigestLike, Verifier, to_digest
from ...errors import ParseError, SizeLimitError
from ...media_types import OCTET_STREAM
from ...v2.models import Descriptor
from .embedded_content import embedded_content

TEMPORARY_BLOB = "the temporary file of a blob"
"""The words for a temporary file with the bytes of a blob, in errors."""


@frozen
class BlobSpec:
    """A blob as a caller specifies it.

    Attributes:
        digest: The digest, whose algorithm this package can compute: sha256 or sha512.
        size: The size in bytes, or None when only the digest is known.
        descriptor: The caller's descriptor, or None when the caller passed a digest.
        max_size: The largest size in bytes that the caller allows; None for no limit.
    """

    digest: Digest
    size: int | None = None
    descriptor: Descriptor | None = None
    max_size: int | None = None

    def check_size(self, size: int | None) -> None:
        """Raise an exception if a size is above the limit.

        Args:
            size: The size of the blob, or the number of bytes that have arrived; None while it is not known.

        Raises:
            SizeLimitError: The size is above `max_size`.
        """
        if size is not None and self.max_size is not None and size > self.max_size:
            raise SizeLimitError(digest=self.digest, max_size=self.max_size)

    @property
    def urls(self) -> list[str]:
        """Return the external URLs in the caller's descriptor; an empty list if it has no URLs."""
        return list((self.descriptor and self.descriptor.urls) or ())

    @property
    def content(self) -> bytes | None:
        """Return the content of the blob, if the caller's descriptor embeds it; otherwise None."""
        return None if self.descriptor is None else embedded_content(self.descriptor.data, self.digest, self.size)

    def to_descriptor(self, size: int) -> Descriptor:
        """Return the caller's descriptor, or a new descriptor if the caller passed a digest.

        Args:
            size: The size of the blob in bytes, for a new descriptor.
        """
        return self.descriptor or Descriptor(media_type=OCTET_STREAM, digest=self.digest, size=size)


def parse_blob_spec(blob: DigestLike, max_size: int | None = None) -> BlobSpec:
    """Return the `BlobSpec` for a digest or a descriptor.

    Args:
        blob: The digest: text, a `Digest`, or an object with a digest. The size and the external URLs are known only from a
            descriptor.
        max_size: The largest size in bytes that the caller allows; None for no limit.

    Raises:
        ValueError: `max_size` is negative.
        SizeLimitError: The size in the descriptor is above `max_size`.
        InvalidDigestError: The digest is invalid, or this package cannot compute its algorithm.
        ParseError: The size in the descriptor is negative.
    """
    digest = to_digest(blob)
    Verifier(digest.algorithm)  # raises before any request is sent if the algorithm cannot be computed
    if max_size is not None and max_size < 0:
        raise ValueError(f"max_size is {max_size}: pass a number of bytes, or None for no limit")
    if not isinstance(blob, Descriptor):
        return BlobSpec(digest, max_size=max_size)
    if blob.size < 0:
        raise ParseError(model="Descriptor", field="size", problem=f"is {blob.size}, but a size cannot be negative")
    spec = BlobSpec(digest, blob.size, blob, max_size)
    spec.check_size(blob.size)
    return spec
