"""The common interface of images that are stored in files: in an OCI image layout or in a Docker archive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Final

from .._core.text.redaction import printable
from ..client.error_places import FILE_HINT
from ..client.manifests import INDEX_TYPES, check_computable
from ..client.platforms import is_known, show
from ..digest import Digest
from ..errors import ImageError, RegistryError
from ..v2.models import Descriptor
from .entry_kind import entry_kind
from .manifest_contents import StoredManifest, embedded_manifest, parse_contents, verify_manifest

_MAX_SHOWN: Final = 10
_MAX_INDEXES: Final = 16  # real images have few indexes in an index; a hostile one may have thousands


class FileImage(ABC):
    """An image that is stored in an OCI image layout or in a Docker archive.

    Args:
        root: The manifest or index that the image's tag or name identifies.
    """

    def __init__(self, root: StoredManifest) -> None:
        self.root = root
        # The manifests of `root` that the files lack, each with an error message and a hint.
        self.missing: dict[Digest, tuple[str, str]] = {}

    def close(self) -> None:  # noqa: B027 - only archives have something to close
        """Release the files of the image. Most images hold no file open."""

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
    def manifest_name(self, digest: Digest) -> str:
        """Return the name of a manifest in error messages: the path of its file.

        Args:
            digest: The digest of the manifest.
        """

    @abstractmethod
    def read_blob(self, digest: Digest, offset: int) -> Generator[bytes, None, None]:
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
        if expected in self.missing:
            problem, hint = self.missing[expected]
            raise ImageError(problem, hint=hint)
        name = self.manifest_name(expected)
        return verify_manifest(self.read_manifest_bytes(expected), expected, media_type, name, FILE_HINT)


def select_saved(
    root: StoredManifest, place: str, has_manifest: Callable[[Descriptor], bool], read: Callable[[Descriptor], StoredManifest]
) -> tuple[StoredManifest, dict[Digest, tuple[str, str]]]:
    """Return the manifest to copy of an image whose files may lack parts, and the errors for the manifests that are missing.

    `docker save` and `ctr export` write the index of all platforms, but only the manifests and layers of the platforms that were
    pulled, and no attestations. If manifests of an index are missing, and one image is there, that image is returned. Otherwise
    `root` itself is returned.

    Args:
        root: The manifest or index that the image's tag or name identifies.
        place: The name of the layout or archive for error messages.
        has_manifest: A function that returns whether the files have the manifest with a descriptor.
        read: A function that returns the manifest with a descriptor.
    """
    count, missing, saved = _find_children(root, has_manifest, read)
    if not missing:
        return root, {}
    if len(saved) == 1:
        return embedded_manifest(saved[0]) or read(saved[0]), {}
    names = ", ".join(_show_child(one) for one in missing[:_MAX_SHOWN]) + (" and more" if len(missing) > _MAX_SHOWN else "")
    problem = f"{place} has the index {root.digest}, but lacks {len(missing)} of its {count} manifests: {names}"
    platforms = [printable(show(one.platform)) for one in saved if one.platform is not None]
    hint = (
        f"Copy one of the platforms that are there (platform=): {', '.join(platforms[:_MAX_SHOWN])}."
        if platforms
        else "Copy or export the image again with all its platforms."
    )
    return root, {one.digest: (problem, hint) for one in missing}


def _find_children(
    root: StoredManifest, has_manifest: Callable[[Descriptor], bool], read: Callable[[Descriptor], StoredManifest]
) -> tuple[int, list[Descriptor], list[Descriptor]]:
    """Return how many manifests an index and the indexes in it list, which of these are missing, and which are images.

    Blobs in an index are left out. An index that cannot be read, or is the 17th index or a later one, counts as an image.
    """
    missing: list[Descriptor] = []
    saved: list[Descriptor] = []
    known = {root.digest}
    lists = [parse_contents(root).children]
    for children in lists:  # which grows
        for one in children:
            if one.digest in known or entry_kind(one.media_type) == "blob":
                continue
            known.add(one.digest)
            if embedded_manifest(one) is None and not has_manifest(one):
                missing.append(one)
                continue
            if one.media_type in INDEX_TYPES and len(lists) <= _MAX_INDEXES:
                with suppress(RegistryError):
                    lists.append(parse_contents(embedded_manifest(one) or read(one)).children)
                    continue
            if one.platform is None or is_known(one.platform):
                saved.append(one)
    return len(known) - 1, missing, saved


def _show_child(descriptor: Descriptor) -> str:
    platform = descriptor.platform
    kind = (
        "attestation"
        if platform is not None and not is_known(platform)
        else printable(show(platform))
        if platform
        else "manifest"
    )
    return f"{kind} ({descriptor.digest})"
