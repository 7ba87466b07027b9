"""The interfaces of a copy: a source reads images from a registry, layout or archive; a target writes images."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

from ..._core.blobs.upload_source import AsyncReplayableSource
from ..._core.folders import FolderEntry
from ...digest import Digest
from ...reference import Repo
from ...v2.models import Descriptor
from ..manifest_contents import BlobDescriptor, StoredManifest
from ..planned import PlannedManifest
from ..progress import BlobProgress

FILE_LOCK_INTERVAL_SECONDS: Final = 0.2


class AsyncImageSource(Protocol):
    """The source of a copy: an image that is stored in a registry, in an OCI image layout or in an archive."""

    def close(self) -> None:
        """Release the files of an image in a layout or archive."""
        ...

    @property
    def repo(self) -> Repo | None:
        """Return the repository of the image; None for an image in a layout or archive."""
        ...

    async def read_root(self) -> StoredManifest:
        """Return the manifest or index that the image's tag, name or digest identifies."""
        ...

    async def read_manifest(self, descriptor: Descriptor) -> StoredManifest:
        """Return a manifest that an index lists.

        Args:
            descriptor: The manifest's descriptor, from the index.
        """
        ...

    async def find_manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return an entry of an index whose media type does not tell whether the entry is a manifest; None if it is a blob.

        Args:
            descriptor: The descriptor of the entry, from the index.
        """
        ...

    async def find_referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the descriptors of the manifests that have a given manifest as their subject.

        Args:
            digest: The digest of the subject.
        """
        ...

    async def find_tagged(self, tag: str) -> StoredManifest | None:
        """Return the manifest with a tag, beside the image; None if the tag does not exist.

        Args:
            tag: The tag.
        """
        ...

    def open_blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a reader of a blob. The reader does not compare the bytes with the digest: the caller must do so.

        Args:
            blob: The blob.
            use_urls: Whether to download the blob from the blob's external URLs if the registry does not have the blob.
        """
        ...

    async def save_blob(self, target: FolderEntry, progress: BlobProgress, use_urls: bool) -> None:
        """Write a blob to a file atomically, after comparing the bytes with the digest.

        Args:
            target: The folder, which must stay open, and the name of the file to write.
            progress: The progress of the blob, which this method updates; `progress.blob` is the blob to write.
            use_urls: Whether to download the blob from the blob's external URLs if the registry does not have the blob.
        """
        ...


class AsyncImageTarget(Protocol):
    """The target of a copy: a repository of a registry, or a layout, with the tag or digest to write."""

    @property
    def is_complete(self) -> bool:
        """Return whether the presence of a manifest guarantees that the target has all blobs of the manifest, too."""
        ...

    async def prepare(self) -> None:
        """Create the target if it does not exist."""
        ...

    async def has_reference(self, digest: Digest) -> bool:
        """Return whether the tag of the target, or the digest if there is no tag, already resolves to a given manifest.

        Args:
            digest: The digest of the manifest.
        """
        ...

    async def has_tag(self, tag: str, digest: Digest) -> bool:
        """Return whether a tag of the target, beside the image, already resolves to a given manifest.

        Args:
            tag: The tag.
            digest: The digest of the manifest.
        """
        ...

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether the target has a manifest.

        Args:
            digest: The digest of the manifest.
        """
        ...

    async def has_blob(self, blob: BlobDescriptor, is_config: bool) -> bool:
        """Return whether the target has a blob.

        Args:
            blob: The digest and, if known, the size of the blob.
            is_config: Whether the blob is the config of a manifest.
        """
        ...

    def can_mount_from(self, repo: Repo | None) -> bool:
        """Return whether the target can mount blobs from the repository of the source.

        Args:
            repo: The repository of the source. For None, a source in a layout or archive, the result is False.
        """
        ...

    async def write_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Write a blob to the target, or mount the blob from another repository.

        Args:
            source: Where the blob is read from.
            progress: The progress of the blob, which this method updates; `progress.blob` is the blob to write.
            from_repo: The name of the repository to mount the blob from, on the target's registry; None to write the bytes. If
                the registry does not mount the blob, the bytes are written.
            use_urls: Whether to download the blob from the blob's external URLs if the source does not have the blob.
        """
        ...

    async def write_manifest(self, manifest: PlannedManifest) -> None:
        """Write a manifest. The caller must have written the blobs of the manifest, and the manifests of an index, before.

        Args:
            manifest: The manifest to write, from the plan.
        """
        ...


class AsyncProgressReader:
    """A reader of a blob that updates the progress of the blob while the bytes are read.

    Args:
        blob: The reader that supplies the bytes.
        progress: The progress to update.
    """

    def __init__(self, blob: AsyncReplayableSource, progress: BlobProgress) -> None:
        self._blob = blob
        self._progress = progress

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Yield the bytes of the blob from an offset.

        Args:
            offset: The number of bytes to skip at the start of the blob.
        """
        self._progress.start(offset)
        async for block in self._blob.blocks(offset):
            offset += len(block)
            self._progress.advance(offset)
            yield block
