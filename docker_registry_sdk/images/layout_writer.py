"""Write OCI image layouts: blobs first, then manifests, and `index.json` last and atomically.

Source: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final

from .._core.folders import FolderEntry, OpenFolder
from .._core.text.redaction import printable
from ..client.error_places import FILE_HINT, named_document
from ..digest import Digest, digest_of
from ..errors import ImageError
from ..media_types import OCI_INDEX
from ..v2.models import ImageIndex
from .files import file_lock, find_entry, find_file, hash_file, is_missing, open_entry, open_folder, parse_json, read_small_file
from .layout import INDEX_FILE, LAYOUT_FILE, LAYOUT_VERSION, REF_NAME, Layout, check_layout_file
from .manifest_contents import StoredManifest
from .temporary_files import remove_remnants, write_atomically

_LOCK_FILE: Final = f"{INDEX_FILE}.lock"
_ALGORITHMS: Final = ("sha256", "sha512")  # those of the blobs that this package writes


class LayoutWriter:
    """A writer of images to a layout. Several processes may write to the same layout at the same time.

    Args:
        layout: The layout to write to. The tag in it is ignored: `add_entry` has its own argument `tag`.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._folder = layout.path

    def prepare(self) -> None:
        """Create the layout if the folder is missing or empty; otherwise check that the folder is a layout.

        A file `oci-layout` that is empty, or missing beside `index.json` and `blobs`, is written again. Temporary files of
        processes that were killed are removed.

        Raises:
            ImageError: The folder has files but is not a layout, or the path is that of a file.
            ParseError: `index.json` is malformed.
            OSError: A file or folder cannot be created or read.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise ImageError(
                f"{self._layout.printable_path} is a file, but a layout is a folder", hint="Pass the path of a folder."
            ) from None
        if is_missing(find_file(self._folder, LAYOUT_FILE)):
            self._create()
        check_layout_file(self._layout)
        open_folder(self._folder, "blobs", create=True).close()
        if not is_missing(find_file(self._folder, INDEX_FILE)):
            self._layout.entries()  # fail before any blob is copied
        self._remove_remnants()

    def open_blob(self, digest: Digest, size: int | None = None) -> FolderEntry:
        """Return the entry for writing a blob, after creating its folder and removing a damaged file of this blob.

        Args:
            digest: The digest of the blob.
            size: The size in bytes; None if the size is unknown.

        Returns:
            The entry. The caller must close its folder.

        Raises:
            ImageError: A part of the path is a link.
            DigestMismatchError: The blob exists, has the right digest, and has another size than `size`.
            OSError: The folder cannot be created.
        """
        folder = open_folder(self._folder, "blobs", digest.algorithm, create=True)
        entry = FolderEntry(folder, digest.encoded)
        try:
            find_entry(entry.part)  # a link raises an error
            self._remove_damaged(entry, digest, size)
        except BaseException:
            folder.close()
            raise
        return entry

    def write_manifest(self, stored: StoredManifest) -> None:
        """Write a manifest as a blob, without an entry in `index.json`.

        Args:
            stored: The manifest to write.

        Raises:
            ImageError: The digest of the manifest is not the digest of all its bytes. This is so for signed Docker schema 1
                manifests, whose digest does not cover the signatures.
            OSError: The file cannot be written.
        """
        if digest_of(stored.raw, stored.digest.algorithm) != stored.digest:
            media_type = printable(stored.media_type)
            raise ImageError(
                f"the manifest {stored.digest} ({media_type}) cannot be written to a layout: its bytes have another digest",
                hint="Copy the image to a registry instead.",
            )
        entry = self.open_blob(stored.digest, len(stored.raw))
        with entry.folder:
            # If the file exists, it has the right content; another process may be writing it at the same time.
            if entry.folder.find(entry.name) is None:
                with suppress(FileExistsError):
                    write_atomically(entry, stored.raw, replace=False)

    def add_entry(self, stored: StoredManifest, tag: str | None) -> None:
        """Add a manifest to `index.json`, and remove the entry of another manifest that has the same tag.

        If `index.json` already lists the manifest with the tag, nothing is changed.

        Args:
            stored: The manifest to add.
            tag: The tag of the new entry. None adds an entry without a tag, unless the manifest has any entry already.

        Raises:
            ImageError: `index.json` is not JSON.
            ParseError: `index.json` is malformed.
            OSError: The file cannot be written.
        """
        with OpenFolder(self._folder) as folder, file_lock(FolderEntry(folder, _LOCK_FILE)):
            if is_missing(folder.find(INDEX_FILE)):
                document: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
            else:
                content = read_small_file(self._folder, INDEX_FILE)
                document = parse_json(content, f"{self._layout.printable_path}/{INDEX_FILE}")
            with named_document(f"{self._layout.printable_path}/{INDEX_FILE}", FILE_HINT):
                ImageIndex.from_dict(document)
            entries: list[dict[str, Any]] = document["manifests"] or []
            tagged = [one for one in entries if (one.get("annotations") or {}).get(REF_NAME) == tag]
            if any(one["digest"] == stored.digest for one in (entries if tag is None else tagged)):
                return
            entry: dict[str, Any] = {"mediaType": stored.media_type, "digest": str(stored.digest), "size": len(stored.raw)}
            if tag is not None:
                entry["annotations"] = {REF_NAME: tag}
            kept = [one for one in entries if tag is None or (one.get("annotations") or {}).get(REF_NAME) != tag]
            document["manifests"] = [*kept, entry]
            content = json.dumps(document, separators=(",", ":")).encode()
            write_atomically(FolderEntry(folder, INDEX_FILE), content, replace=True)

    def _create(self) -> None:
        with OpenFolder(self._folder) as folder, file_lock(FolderEntry(folder, _LOCK_FILE)):
            if not is_missing(folder.find(LAYOUT_FILE)):
                return  # another process has created it in the meantime
            names = folder.names()
            is_layout = "blobs" in names and (INDEX_FILE in names or LAYOUT_FILE in names)
            if not is_layout and any(not name.startswith((_LOCK_FILE, f".{LAYOUT_FILE}", LAYOUT_FILE)) for name in names):
                raise ImageError(
                    f"{self._layout.printable_path} is neither empty nor an OCI image layout", hint="Choose another folder."
                )
            content = json.dumps({"imageLayoutVersion": LAYOUT_VERSION}).encode()
            write_atomically(FolderEntry(folder, LAYOUT_FILE), content, replace=True)

    def _remove_remnants(self) -> None:
        with OpenFolder(self._folder) as folder:
            remove_remnants(folder, [_LOCK_FILE])
        for algorithm in _ALGORITHMS:
            with suppress(FileNotFoundError), open_folder(self._folder, "blobs", algorithm) as folder:
                remove_remnants(folder)

    @staticmethod
    def _remove_damaged(entry: FolderEntry, digest: Digest, size: int | None) -> None:
        """Remove the file of a blob if the content has another digest.

        If the content has the right digest, but not the size `size`, raise a `DigestMismatchError` and keep the file, since other
        images may need the blob.
        """
        with suppress(FileNotFoundError), open_entry(entry) as file:
            verifier = hash_file(file, digest.algorithm)
            if verifier.digest == digest:
                verifier.verify(size, digest)
            elif entry.folder.is_file(entry.name, file.fileno()):  # otherwise another process has replaced the damaged file
                entry.folder.remove(entry.name)
