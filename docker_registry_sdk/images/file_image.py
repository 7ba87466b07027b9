"""The common interface of images that are stored in files: in an OCI image layout or in a Docker archive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from ..client.manifests import check_computable
from ..digest import Digest
from ..v2.models import Descriptor
from .manifest_contents import StoredManifest, verify_manifest


class FileImage(ABC):
    """An image that is stored in an OCI image layout or in a Docker archive.

    Args:
        root: The manifest or index that the image's tag or name identifies.
    """

    def __init__(self, root: StoredManifest) -> None:
        self.root = root

    @abstractmethod
    def read_manifest_bytes(self, digest: Digest) -> bytes:
        """Return the bytes of a manifest, without comparing them with the digest.

        Args:
            digest: The digest of the manifest.

        Raises:
            ImageError: The manifest does not exist, or is too large.
            OSError: The file cannot be read.
        """

    @abstractmethod
    def read_blob(self, digest: Digest, offset: int) -> Iterator[bytes]:
        """Yield the bytes of a blob from an offset, without comparing the bytes with the digest.

        Args:
            digest: The digest of the blob.
            offset: The number of bytes to skip at the start of the blob.

        Raises:
            ImageError: The blob does not exist.
            OSError: The file cannot be read.
        """

    @abstractmethod
    def find_referrers(self, digest: Digest) -> list[Descriptor]:
        """Return the descriptors of the manifests that have a given manifest as their subject.

        Args:
            digest: The digest of the subject.

        Raises:
            OSError: A file cannot be read.
        """

    def find_tagged(self, tag: str) -> StoredManifest | None:
        """Return the manifest with a tag, beside the image; None if there is no such manifest, as in each archive.

        Args:
            tag: The tag.

        Raises:
            ImageError: The manifest does not exist.
            OSError: A file cannot be read.
        """
        return None

    def read_manifest(self, digest: str, media_type: str) -> StoredManifest:
        """Return a manifest, after checking that the bytes have the expected digest.

        Args:
            digest: The expected digest of the manifest.
            media_type: The media type, from the descriptor of the manifest.

        Raises:
            InvalidDigestError: The digest is invalid, or has an algorithm other than sha256 and sha512.
            ImageError: The manifest does not exist, or is too large.
            DigestMismatchError: The bytes have another digest.
            OSError: The file cannot be read.
        """
        expected = Digest(digest)
        check_computable(expected)
        return verify_manifest(self.read_manifest_bytes(expected), expected, media_type)
