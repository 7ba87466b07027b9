"""Read OCI image layouts: folders with images, as skopeo, umoci, buildah and others write them.

Source: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final

from attrs import field, frozen

from .._core.text.redaction import printable, quoted
from .._core.wire.response import MAX_BODY_BYTES
from ..client.error_places import FILE_HINT, INDEX_SIZE_HINT, named_by, named_document
from ..client.manifests import check_computable
from ..digest import Digest
from ..errors import ImageError
from ..v2.models import Descriptor, ImageIndex
from .cosign_tags import is_cosign_tag
from .file_image import FileImage, select_saved
from .files import find_file, hash_file, is_missing, open_file, parse_json, read_blocks, read_small_file
from .manifest_contents import StoredManifest, check_entry, check_size, parse_contents, verify_manifest

REF_NAME: Final = "org.opencontainers.image.ref.name"
LAYOUT_FILE: Final = "oci-layout"
INDEX_FILE: Final = "index.json"
LAYOUT_VERSION: Final = "1.0.0"
_MAX_TAGS_SHOWN: Final = 20


@frozen
class Layout:
    """The location of an image in an OCI image layout: the folder, and the tag of one image in the folder.

    Attributes:
        path: The folder.
        tag: The tag of the image, which may be any text. For None, the only image of the layout is read, or an image is written
            without a tag.
    """

    path: Path = field(converter=Path)
    tag: str | None = None

    def __str__(self) -> str:
        return f"oci:{self.path}" if self.tag is None else f"oci:{self.path}:{self.tag}"

    @property
    def printable_path(self) -> str:
        """Return the path of the folder as text, with control characters escaped."""
        return printable(str(self.path))

    def entries(self) -> list[Descriptor]:
        """Return the descriptors in `index.json`. The annotation `org.opencontainers.image.ref.name` of a descriptor is its tag.

        Raises:
            ImageError: The folder is not a layout, or is a layout of an unsupported version.
            ParseError: `index.json` is malformed.
            OSError: A file cannot be read.
        """
        try:
            check_layout_file(self)
            content = read_small_file(self.path, INDEX_FILE)
        except (FileNotFoundError, NotADirectoryError) as error:
            missing = INDEX_FILE if Path(error.filename).name == INDEX_FILE else LAYOUT_FILE
            raise ImageError(
                f"{self.printable_path} is not an OCI image layout: it has no {missing}",
                hint="Check the path: a layout is a folder with the files oci-layout and index.json.",
            ) from None
        return self._parse_index(content)

    def find(self) -> Descriptor:
        """Return the descriptor of the image with the layout's tag. If the tag is None, return that of the only image.

        Referrers without a tag, such as signatures, do not count as images, and neither does what has a tag of cosign.

        Raises:
            ImageError: Not exactly one image has the tag, or the tag is None although the layout has no image or several images.
            ParseError: `index.json` or a manifest is malformed, or no request can carry the size or media type of the entry.
            OSError: A file cannot be read.
        """
        entries = self.entries()
        found = [one for one in entries if self.tag is None or tag_of(one) == self.tag]
        by_digest = {one.digest: one for one in reversed(found)}
        if self.tag is None and len(by_digest) > 1:
            # Signatures and other referrers without a tag are entries of the index too: only images count.
            by_digest = {digest: one for digest, one in by_digest.items() if self._is_image(one)}
        if len(by_digest) == 1:
            return _checked(self, next(iter(by_digest.values())), entries)
        tags = self._show_tags(entries)
        if self.tag is not None:
            problem = (
                f"has no image with the tag {quoted(self.tag)}"
                if not found
                else f"has {len(by_digest)} images with the tag {quoted(self.tag)}"
            )
            raise ImageError(f"the layout {self.printable_path} {problem}", hint=tags)
        if not entries:
            raise ImageError(f"the layout {self.printable_path} has no images", hint="Copy an image to the layout first.")
        raise ImageError(f"the layout {self.printable_path} has {len(by_digest)} images, but no tag was given", hint=tags)

    def read_manifest_bytes(self, digest: Digest) -> bytes:
        """Return the bytes of a manifest, without comparing them with the digest.

        Args:
            digest: The digest of the manifest.

        Raises:
            ImageError: The manifest does not exist, or is too large.
            OSError: The file cannot be read.
        """
        try:
            return read_small_file(self.path, "blobs", digest.algorithm, digest.encoded, max_bytes=MAX_BODY_BYTES)
        except FileNotFoundError:
            raise ImageError(
                f"the layout {self.printable_path} has no blob {digest}",
                hint="Copy the image to the layout again: the layout is incomplete.",
            ) from None

    def manifest_name(self, digest: Digest) -> str:
        """Return the name of a manifest in error messages: the path of its file.

        Args:
            digest: The digest of the manifest.
        """
        return f"the manifest {self.printable_path}/blobs/{digest.algorithm}/{digest.encoded}"

    def open_blob(self, digest: Digest) -> BinaryIO:
        """Open the file of a blob; its content is not compared with the digest.

        Args:
            digest: The digest of the blob.

        Raises:
            ImageError: The blob does not exist.
            OSError: The file cannot be opened.
        """
        try:
            return open_file(self.path, "blobs", digest.algorithm, digest.encoded)
        except FileNotFoundError:
            raise ImageError(
                f"the layout {self.printable_path} has no blob {digest}",
                hint="Copy the image to the layout again: the layout is incomplete.",
            ) from None

    def has_blob(self, digest: Digest, size: int | None) -> bool:
        """Return whether a blob exists. Its bytes are compared with the digest, since another program may have changed the file.

        Args:
            digest: The digest of the blob.
            size: The expected size in bytes; None accepts a file of any size.

        Raises:
            OSError: The file cannot be read.
        """
        try:
            with open_file(self.path, "blobs", digest.algorithm, digest.encoded) as file:
                if size not in (None, os.fstat(file.fileno()).st_size):
                    return False
                return hash_file(file, digest.algorithm).digest == digest
        except (FileNotFoundError, NotADirectoryError):
            return False

    def has_entry(self, digest: Digest) -> bool:
        """Return whether `index.json` lists a manifest under the layout's tag. If the tag is None, any entry counts.

        Args:
            digest: The digest of the manifest.

        Raises:
            ImageError: `index.json` is not JSON.
            ParseError: `index.json` is malformed.
            OSError: `index.json` cannot be read.
        """
        if is_missing(find_file(self.path, INDEX_FILE)):
            return False
        entries = self._parse_index(read_small_file(self.path, INDEX_FILE))
        return any(one.digest == digest and self.tag in (None, tag_of(one)) for one in entries)

    def _parse_index(self, content: bytes) -> list[Descriptor]:
        with named_document(f"{self.printable_path}/{INDEX_FILE}", FILE_HINT) as name:
            return ImageIndex.from_dict(parse_json(content, name)).manifests

    def _is_image(self, descriptor: Descriptor) -> bool:
        tag = tag_of(descriptor)
        return not self._is_referrer(descriptor) if tag is None else not is_cosign_tag(tag)

    def _is_referrer(self, descriptor: Descriptor) -> bool:
        """Return whether a manifest has a subject. If the manifest is missing in the layout, return False."""
        try:
            return parse_contents(_read_manifest(self, descriptor)).subject is not None
        except ImageError:
            return False

    @staticmethod
    def _show_tags(entries: list[Descriptor]) -> str:
        tags = sorted({tag for one in entries if (tag := tag_of(one)) is not None})
        if not tags:
            return "Its images have no tags: copy them to new layouts with a tag."
        more = " and more" if len(tags) > _MAX_TAGS_SHOWN else ""
        return f"Choose one of its tags: {', '.join(map(quoted, tags[:_MAX_TAGS_SHOWN]))}{more}."


class LayoutImage(FileImage):
    """An image in an OCI image layout.

    Args:
        layout: The layout that contains the image.
        root: The manifest or index that the image's tag identifies.
    """

    def __init__(self, layout: Layout, root: StoredManifest) -> None:
        super().__init__(root)
        self._layout = layout

    def read_manifest_bytes(self, digest: Digest) -> bytes:
        return self._layout.read_manifest_bytes(digest)

    def manifest_name(self, digest: Digest) -> str:
        return self._layout.manifest_name(digest)

    def read_blob(self, digest: Digest, offset: int) -> Generator[bytes, None, None]:
        return read_blocks(lambda: self._layout.open_blob(digest), offset)

    def find_referrers(self, digest: Digest) -> list[Descriptor]:
        return [_checked(self._layout, one, self._entries) for one, subject in self._subjects if subject == digest]

    def find_tagged(self, tag: str) -> StoredManifest | None:
        found = next((_checked(self._layout, one, self._entries) for one in self._entries if tag_of(one) == tag), None)
        return None if found is None else self.read_manifest(found.digest, found.media_type)

    @cached_property
    def _entries(self) -> list[Descriptor]:
        return self._layout.entries()

    @cached_property
    def _subjects(self) -> list[tuple[Descriptor, Digest | None]]:
        """Return the entries of the layout with their subjects, which are read once for all manifests of the image.

        Of several entries for one manifest, the first is returned: each manifest is read once.
        """
        by_digest = {one.digest: one for one in reversed(self._entries)}
        return [(one, self._subject_of(one)) for one in reversed(by_digest.values())]

    def _subject_of(self, descriptor: Descriptor) -> Digest | None:
        try:
            return parse_contents(self.read_manifest(descriptor.digest, descriptor.media_type)).subject
        except ImageError:
            return None  # a layout may lack manifests that its index names


def open_layout(layout: Layout) -> LayoutImage:
    """Return the image with the layout's tag; if the tag is None, return the only image.

    Args:
        layout: The layout.

    Raises:
        ImageError: Not exactly one image has the tag, or the tag is None although the layout has no image or several images.
        DigestMismatchError: The manifest has another digest or size than `index.json` says.
        ParseError: `index.json` or a manifest is malformed.
        OSError: A file cannot be read.
    """
    found = layout.find()
    with named_by(f"{layout.printable_path}/{INDEX_FILE}", size_hint=INDEX_SIZE_HINT):
        listed = check_size(_read_manifest(layout, found), found)
    root, missing = select_saved(
        listed,
        f"the layout {layout.printable_path}",
        lambda one: find_file(layout.path, "blobs", one.digest.algorithm, one.digest.encoded) is not None,
        lambda one: check_size(_read_manifest(layout, one), one),
    )
    image = LayoutImage(layout, root)
    image.missing = missing
    return image


def check_layout_file(layout: Layout) -> None:
    """Check that the file `oci-layout` of a layout states a supported version.

    Args:
        layout: The layout.

    Raises:
        ImageError: The file is not JSON, or states another version.
        FileNotFoundError: The file does not exist.
        OSError: The file cannot be read.
    """
    marker = parse_json(read_small_file(layout.path, LAYOUT_FILE), f"{layout.printable_path}/{LAYOUT_FILE}")
    version = marker.get("imageLayoutVersion") if isinstance(marker, dict) else None
    if not isinstance(version, str) or not version.startswith("1."):
        raise ImageError(
            f"the layout {layout.printable_path} has the version {quoted(str(version))}, but only {LAYOUT_VERSION} is supported",
            hint="Copy the image to a new layout with the tool that wrote this layout.",
        )


def _read_manifest(layout: Layout, descriptor: Descriptor) -> StoredManifest:
    expected = Digest(descriptor.digest)
    check_computable(expected)
    return verify_manifest(
        layout.read_manifest_bytes(expected), expected, descriptor.media_type, layout.manifest_name(expected), FILE_HINT
    )


def _checked(layout: Layout, entry: Descriptor, entries: list[Descriptor]) -> Descriptor:
    check_entry(entries, entry, f"{layout.printable_path}/{INDEX_FILE}")
    return entry


def tag_of(descriptor: Descriptor) -> str | None:
    """Return the tag of a descriptor in `index.json`; None if the descriptor has no tag.

    Args:
        descriptor: The descriptor of an image.
    """
    return (descriptor.annotations or {}).get(REF_NAME)
