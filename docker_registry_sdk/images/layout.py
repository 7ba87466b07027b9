"""OCI image layouts: folders that hold images, as skopeo, umoci, buildah and others read and write them.

Source: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from attrs import field, frozen

from .._core.text.redaction import printable, quoted
from .._core.wire.limits import BODY_LIMIT
from ..digest import Digest, Verifier, digest_of
from ..errors import DigestMismatchError, ImageError
from ..media_types import OCI_INDEX
from ..v2.models import Descriptor, ImageIndex
from .files import inside, locked, open_file, read_blocks, read_small, write_whole
from .manifest_contents import StoredManifest, parse_contents, parse_json

REF_NAME: Final = "org.opencontainers.image.ref.name"

_MARKER: Final = "oci-layout"
_INDEX: Final = "index.json"
_LOCK: Final = "index.json.lock"
_VERSION: Final = "1.0.0"


@frozen
class Layout:
    """An OCI image layout, and which of its images is meant.

    Attributes:
        path: Its folder.
        tag: The image's name in it, any text; None for the one image that it has, or to write one without a name.
    """

    path: Path = field(converter=Path)
    tag: str | None = None

    def __str__(self) -> str:
        return f"oci:{self.path}" if self.tag is None else f"oci:{self.path}:{self.tag}"

    def entries(self) -> list[Descriptor]:
        """Return what its index names; an image's tag is its annotation `org.opencontainers.image.ref.name`.

        Raises:
            ImageError: The folder is no layout.
            ParseError: The index cannot be understood.
            OSError: It cannot be read.
        """
        try:
            marker = parse_json(read_small(self.path, _MARKER), f"{self._shown}/{_MARKER}")
            content = read_small(self.path, _INDEX)
        except (FileNotFoundError, NotADirectoryError) as error:
            missing = Path(error.filename or _INDEX).name
            raise ImageError(f"{self._shown} is no OCI image layout: there is no {missing} in it") from None
        version = marker.get("imageLayoutVersion") if isinstance(marker, dict) else None
        if not isinstance(version, str) or not version.startswith("1."):
            raise ImageError(f"{self._shown} is a layout of version {quoted(str(version))}; only {_VERSION} is known")
        return ImageIndex.from_dict(parse_json(content, f"{self._shown}/{_INDEX}")).manifests

    def find(self) -> Descriptor:
        """Return the descriptor of the image that is meant.

        Raises:
            ImageError: There is none, or there are several.
            ParseError: The index or a manifest cannot be understood.
            OSError: The layout cannot be read.
        """
        entries = self.entries()
        found = [one for one in entries if self.tag is None or _tag_of(one) == self.tag]
        by_digest = {one.digest: one for one in reversed(found)}
        if self.tag is None and len(by_digest) > 1:
            # Signatures and the like stand beside what they are about.
            by_digest = {digest: one for digest, one in by_digest.items() if _tag_of(one) is not None or not self._is_about(one)}
        if len(by_digest) == 1:
            return next(iter(by_digest.values()))
        tags = sorted({tag for one in entries if (tag := _tag_of(one)) is not None})
        there = (
            f"its tags are {', '.join(map(quoted, tags[:20]))}{' and more' if len(tags) > 20 else ''}"
            if tags
            else "none has a tag"
        )
        if self.tag is not None:
            problem = f"has no image {quoted(self.tag)}" if not found else f"has {len(by_digest)} images {quoted(self.tag)}"
            raise ImageError(f"{self._shown} {problem}; {there}")
        if not entries:
            raise ImageError(f"{self._shown} has no images")
        raise ImageError(f"{self._shown} has {len(by_digest)} images; name one by its tag: {there}")

    def read_manifest(self, digest: str, media_type: str) -> StoredManifest:
        """Return a manifest, with its digest compared.

        Args:
            digest: Its digest.
            media_type: Its media type, by what names it.

        Raises:
            ImageError: It is not there.
            DigestMismatchError: The bytes are others.
            OSError: It cannot be read.
        """
        wanted = Digest(digest)
        try:
            raw = read_small(self.path, "blobs", wanted.algorithm, wanted.encoded, most=BODY_LIMIT)
        except FileNotFoundError:
            raise ImageError(f"{self._shown} has no blob {wanted}") from None
        actual = digest_of(raw, wanted.algorithm)
        if actual != wanted:
            raise DigestMismatchError(expected=wanted, actual=actual, expected_size=None, actual_size=len(raw))
        return StoredManifest(digest=wanted, media_type=media_type, raw=raw)

    def open_blob(self, digest: Digest) -> BinaryIO:
        """Open a blob; what is read is not compared with the digest.

        Args:
            digest: Its digest.

        Raises:
            ImageError: It is not there.
            OSError: It cannot be read.
        """
        try:
            return open_file(self.path, "blobs", digest.algorithm, digest.encoded)
        except FileNotFoundError:
            raise ImageError(f"{self._shown} has no blob {digest}") from None

    def has_blob(self, digest: Digest, size: int | None) -> bool:
        """Return whether a blob is there, as far as its name and size tell.

        Args:
            digest: Its digest.
            size: Its size in bytes, or None when it is not known.

        Raises:
            OSError: It cannot be looked at.
        """
        try:
            with open_file(self.path, "blobs", digest.algorithm, digest.encoded) as file:
                return size is None or os.fstat(file.fileno()).st_size == size
        except (FileNotFoundError, NotADirectoryError):
            return False

    def names(self, digest: Digest) -> bool:
        """Return whether the tag names this manifest, or without a tag, anything does.

        Args:
            digest: The manifest's digest.

        Raises:
            OSError: The index cannot be read.
        """
        if not inside(self.path, _INDEX).exists():
            return False
        return any(one.digest == digest and self.tag in (None, _tag_of(one)) for one in self.entries())

    def blob_path(self, digest: Digest, size: int | None = None) -> Path:
        """Return where a blob is to be written, its folder made, and what is there by mistake removed: never what is the blob.

        Args:
            digest: Its digest.
            size: Its size in bytes, or None when it is not known.

        Raises:
            ImageError: A link leads there.
            DigestMismatchError: The blob is there, and has another size.
            OSError: The folder cannot be made.
        """
        inside(self.path, "blobs", digest.algorithm).mkdir(parents=True, exist_ok=True)
        inside(self.path, "blobs", digest.algorithm, f"{digest.encoded}.part")
        path = inside(self.path, "blobs", digest.algorithm, digest.encoded)
        if size is not None and not self.has_blob(digest, size):
            self._remove(digest, size)
        return path

    def prepare(self) -> None:
        """Make the folder a layout, if it is none.

        Raises:
            ImageError: It holds other files.
            OSError: It cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise ImageError(f"{self._shown} is a file, and no folder for a layout") from None
        if not inside(self.path, _MARKER).exists():
            self._begin()
        inside(self.path, "blobs").mkdir(exist_ok=True)
        if inside(self.path, _INDEX).exists():
            self.entries()  # whatever is wrong with it is better told now

    def write_manifest(self, stored: StoredManifest) -> None:
        """Write a manifest; the index does not name it yet.

        Args:
            stored: The manifest.

        Raises:
            ImageError: Its digest is not that of its bytes, as with signed schema 1.
            OSError: It cannot be written.
        """
        if digest_of(stored.raw, stored.digest.algorithm) != stored.digest:
            raise ImageError(
                f"a layout cannot hold {stored.digest} of type {printable(stored.media_type)}: its bytes have another digest"
            )
        write_whole(self.blob_path(stored.digest), stored.raw)

    def add(self, stored: StoredManifest, tag: str | None) -> None:
        """Let the index name a manifest that is there. A tag moves, all else in the index stays as it is.

        Args:
            stored: The manifest.
            tag: The tag; None for a manifest that needs none.

        Raises:
            ImageError: The index is none.
            OSError: It cannot be written.
        """
        with locked(self.path / _LOCK):
            try:
                document = parse_json(read_small(self.path, _INDEX), f"{self._shown}/{_INDEX}")
            except FileNotFoundError:
                document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
            ImageIndex.from_dict(document)
            entries: list[dict[str, Any]] = document["manifests"] or []
            named = [one for one in entries if (one.get("annotations") or {}).get(REF_NAME) == tag]
            if any(one["digest"] == stored.digest for one in (entries if tag is None else named)):
                return
            entry: dict[str, Any] = {"mediaType": stored.media_type, "digest": str(stored.digest), "size": len(stored.raw)}
            if tag is not None:
                entry["annotations"] = {REF_NAME: tag}
            kept = [one for one in entries if tag is None or one not in named]
            document["manifests"] = [*kept, entry]
            write_whole(inside(self.path, _INDEX), json.dumps(document, separators=(",", ":")).encode())

    def _remove(self, digest: Digest, size: int) -> None:
        """Remove a file that has the name of a blob and is another one; others may need it if it is the blob."""
        verifier = Verifier(digest.algorithm)
        with suppress(FileNotFoundError):
            for block in read_blocks(lambda: open_file(self.path, "blobs", digest.algorithm, digest.encoded), 0):
                verifier.update(block)
            if verifier.digest == digest:
                verifier.verify(size, digest)
            inside(self.path, "blobs", digest.algorithm, digest.encoded).unlink()

    def _begin(self) -> None:
        with locked(self.path / _LOCK):
            if inside(self.path, _MARKER).exists():
                return  # another one was faster
            if any(not path.name.startswith((_LOCK, f".{_MARKER}")) for path in self.path.iterdir()):
                raise ImageError(f"{self._shown} is no OCI image layout and not empty; name a layout, or a new folder")
            write_whole(self.path / _MARKER, json.dumps({"imageLayoutVersion": _VERSION}).encode())

    @property
    def _shown(self) -> str:
        return printable(str(self.path))

    def _is_about(self, descriptor: Descriptor) -> bool:
        """Return whether a manifest is about another one; what is not there is about none."""
        try:
            return parse_contents(self.read_manifest(descriptor.digest, descriptor.media_type)).subject is not None
        except ImageError:
            return False


def _tag_of(descriptor: Descriptor) -> str | None:
    return (descriptor.annotations or {}).get(REF_NAME)
