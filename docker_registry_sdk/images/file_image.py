"""Images in files, whatever the form: one face for layouts and archives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..digest import Digest
from ..errors import ImageError
from ..v2.models import Descriptor
from .docker_archive import DockerArchive
from .files import read_blocks
from .layout import Layout
from .manifest_contents import StoredManifest, check_size, parse_contents


class FileImage(Protocol):
    """An image in files."""

    @property
    def root(self) -> StoredManifest:
        """Its manifest or index."""
        ...

    def read_manifest(self, digest: str, media_type: str) -> StoredManifest:
        """Return a manifest, with its digest compared."""
        ...

    def read_blob(self, digest: Digest, offset: int) -> Iterator[bytes]:
        """Give the bytes of a blob, which are not compared with its digest."""
        ...

    def find_referrers(self, digest: Digest) -> list[Descriptor]:
        """Return the manifests that are about another one."""
        ...


class LayoutImage:
    """An image of a layout.

    Args:
        layout: The layout.

    Raises:
        ImageError: It has no such image.
        DigestMismatchError: Its manifest has another digest or size than the index says.
        ParseError: A document in it cannot be understood.
        OSError: It cannot be read.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        found = layout.find()
        self.root = check_size(layout.read_manifest(found.digest, found.media_type), found)

    def read_manifest(self, digest: str, media_type: str) -> StoredManifest:
        """Return a manifest, with its digest compared.

        Args:
            digest: Its digest.
            media_type: Its media type, by what names it.

        Raises:
            ImageError: It is not there.
            DigestMismatchError: The bytes are others.
        """
        return self._layout.read_manifest(digest, media_type)

    def read_blob(self, digest: Digest, offset: int) -> Iterator[bytes]:
        """Give the bytes of a blob; they are not compared with the digest.

        Args:
            digest: Its digest.
            offset: How many bytes to leave out.

        Raises:
            ImageError: It is not there.
            OSError: It cannot be read.
        """
        return read_blocks(lambda: self._layout.open_blob(digest), offset)

    def find_referrers(self, digest: Digest) -> list[Descriptor]:
        """Return the manifests in the index that are about another one.

        Args:
            digest: The digest of that.
        """
        return [one for one in self._layout.entries() if self._subject(one) == digest]

    def _subject(self, descriptor: Descriptor) -> Digest | None:
        try:
            return parse_contents(self.read_manifest(descriptor.digest, descriptor.media_type)).subject
        except ImageError:
            return None  # a layout need not hold all that its index names


def open_local(place: Layout | DockerArchive) -> FileImage:
    """Return the image that a place means.

    Args:
        place: The place.

    Raises:
        ImageError: It is not there.
        OSError: It cannot be read.
    """
    return LayoutImage(place) if isinstance(place, Layout) else place.open()
