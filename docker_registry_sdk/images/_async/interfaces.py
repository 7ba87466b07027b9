"""The interfaces of a copy: a source reads images from a registry, layout or archive; a target writes images."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from ..._core.blobs.upload_source import AsyncReplayableSource
from ...digest import Digest
from ...reference import Repo
from ...v2.models import Descriptor
from ..copy_plan import PlannedManifest
from ..manifest_contents import BlobDescriptor, StoredManifest
from ..progress import BlobProgress


class AsyncImageSource(Protocol):
    """The source of a copy."""

    @property
    def repo(self) -> Repo | None:
        """Return the repository of the image; None for an image in files."""
        ...

    async def read_root(self) -> StoredManifest:
        """Return the manifest or index of the image."""
        ...

    async def read_manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return a manifest of an index; None if the registry stores it as a blob.

        Args:
            descriptor: The descriptor of the manifest in the index.
        """
        ...

    async def find_referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the manifests whose subject is another manifest.

        Args:
            digest: The digest of the subject.
        """
        ...

    def open_blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a reader of a blob. The bytes are not compared with the digest.

        Args:
            blob: The blob.
            use_urls: Whether to download the blob from its external URLs if the registry does not have the blob.
        """
        ...

    async def save_blob(self, path: Path, progress: BlobProgress, use_urls: bool) -> None:
        """Write a blob to a file atomically, after comparing the bytes with the digest.

        Args:
            path: The file.
            progress: The blob, and the progress to update.
            use_urls: Whether to download the blob from its external URLs if the registry does not have the blob.
        """
        ...


class AsyncImageTarget(Protocol):
    """The target of a copy."""

    @property
    def is_complete(self) -> bool:
        """Return whether the target guarantees that it has all blobs of each manifest that it has."""
        ...

    async def prepare(self) -> None:
        """Create the target, if necessary."""
        ...

    async def has_reference(self, digest: Digest) -> bool:
        """Return whether the tag or digest of the target already resolves to a manifest.

        Args:
            digest: The digest of the manifest.
        """
        ...

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether a manifest exists.

        Args:
            digest: The digest of the manifest.
        """
        ...

    async def has_blob(self, blob: BlobDescriptor) -> bool:
        """Return whether a blob exists.

        Args:
            blob: The blob.
        """
        ...

    def can_mount_from(self, repo: Repo | None) -> bool:
        """Return whether the target can mount blobs of a repository.

        Args:
            repo: The repository.
        """
        ...

    async def write_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Write a blob, or mount it.

        Args:
            source: The source of the copy.
            progress: The blob, and the progress to update.
            from_repo: The name of the repository to mount the blob from; None to write the bytes.
            use_urls: Whether to download the blob from its external URLs if the source does not have the blob.
        """
        ...

    async def write_manifest(self, manifest: PlannedManifest) -> None:
        """Write a manifest, after all its blobs and manifests were written.

        Args:
            manifest: The manifest.
        """
        ...


class AsyncProgressReader:
    """A reader of a blob that updates the progress of the copy.

    Args:
        blob: The reader of the blob.
        progress: The progress to update.
    """

    def __init__(self, blob: AsyncReplayableSource, progress: BlobProgress) -> None:
        self._blob = blob
        self._progress = progress

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Yield the bytes of the blob.

        Args:
            offset: The number of bytes to skip.
        """
        self._progress.start(offset)
        async for block in self._blob.blocks(offset):
            offset += len(block)
            self._progress.advance(offset)
            yield block
