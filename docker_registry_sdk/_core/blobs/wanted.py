"""The blob that a call asks for, by its digest or by its descriptor. Free of I/O."""

from __future__ import annotations

from attrs import frozen

from ...digest import Digest, Verifier
from ...errors import ParseError
from ...media_types import OCTET_STREAM
from ...v2.models import Descriptor


@frozen
class Wanted:
    """What is known of a blob before it is asked for.

    Attributes:
        digest: Its digest, of an algorithm that can be computed here.
        size: Its size in bytes, or None when only the digest is known.
        descriptor: The descriptor that says so, if any.
    """

    digest: Digest
    size: int | None = None
    descriptor: Descriptor | None = None

    @property
    def urls(self) -> list[str]:
        """Where it can be had besides the registry, as its descriptor says."""
        return list((self.descriptor and self.descriptor.urls) or ())

    def found(self, size: int) -> Descriptor:
        """Return its descriptor.

        Args:
            size: Its size in bytes.
        """
        return self.descriptor or Descriptor(media_type=OCTET_STREAM, digest=self.digest, size=size)


def parse_wanted(blob: str | Descriptor) -> Wanted:
    """Return what a digest or a descriptor asks for.

    Args:
        blob: The digest or the descriptor.

    Raises:
        InvalidDigestError: The digest is none, or of an algorithm that cannot be computed here.
        ParseError: The size in the descriptor is negative.
    """
    text = blob.digest if isinstance(blob, Descriptor) else blob
    digest = Digest(text)
    Verifier(digest.algorithm)  # before any request, when it cannot be computed
    if not isinstance(blob, Descriptor):
        return Wanted(digest)
    if blob.size < 0:
        raise ParseError(model="Descriptor", field="size", problem=f"is {blob.size}, and no blob has less than no bytes")
    return Wanted(digest, blob.size, blob)
