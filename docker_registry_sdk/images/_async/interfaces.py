"""The two ends of a copy: what it needs of whatever holds images."""

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
    """What holds the image."""

    @property
    def repo(self) -> Repo | None:
        """The repository that it is in, when it is on a registry."""
        ...

    async def root(self) -> StoredManifest:
        """Return the manifest that the reference names."""
        ...

    async def manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return a manifest that an index names; None when it is there as a blob.

        Args:
            descriptor: What names it.
        """
        ...

    async def referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the manifests that are about another one.

        Args:
            digest: The digest of that.
        """
        ...

    def blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a blob to be read; nobody compares it with its digest.

        Args:
            blob: The blob.
            use_urls: Whether it may be had from elsewhere.
        """
        ...

    async def save(self, blob: BlobDescriptor, path: Path, use_urls: bool, progress: BlobProgress) -> None:
        """Write a blob to a file, which is there whole and compared with its digest or not at all.

        Args:
            blob: The blob.
            path: Where.
            use_urls: Whether it may be had from elsewhere.
            progress: What is told how far it has come.
        """
        ...


class AsyncImageTarget(Protocol):
    """What the image goes to."""

    @property
    def whole(self) -> bool:
        """Whether a manifest that is there vouches for the blobs that it names."""
        ...

    async def prepare(self) -> None:
        """Get ready to be written to."""
        ...

    async def names(self, digest: Digest) -> bool:
        """Return whether the reference names this manifest already.

        Args:
            digest: Its digest.
        """
        ...

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether a manifest is there.

        Args:
            digest: Its digest.
        """
        ...

    async def has_blob(self, blob: BlobDescriptor) -> bool:
        """Return whether a blob is there.

        Args:
            blob: The blob.
        """
        ...

    def mounts_from(self, repo: Repo | None) -> bool:
        """Return whether it can take blobs over from a repository.

        Args:
            repo: The repository.
        """
        ...

    async def put_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Take a blob in.

        Args:
            source: What holds it.
            progress: The blob, and what is told how far it has come.
            from_repo: The repository to take it over from, if any.
            use_urls: Whether it may be had from elsewhere.
        """
        ...

    async def put_manifest(self, manifest: PlannedManifest) -> None:
        """Take a manifest in; what it names is there.

        Args:
            manifest: The manifest.
        """
        ...


class AsyncProgressReader:
    """A blob to be read, noted as it passes.

    Args:
        blob: The blob.
        progress: What is told.
    """

    def __init__(self, blob: AsyncReplayableSource, progress: BlobProgress) -> None:
        self._blob = blob
        self._progress = progress

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Give the bytes from there on.

        Args:
            offset: How many bytes to leave out.
        """
        self._progress.begin(offset)
        async for block in self._blob.blocks(offset):
            offset += len(block)
            self._progress.reach(offset)
            yield block
