"""Layouts and archives as ends of a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from ..._core.blobs.upload_source import AsyncReplayableSource
from ..._core.concurrency.threads import async_run_in_thread, async_run_in_thread_uncancellable, async_shielded
from ..._core.wire import async_blocks
from ...digest import Digest, Verifier
from ...reference import Repo
from ...v2.models import Descriptor
from ..copy_plan import PlannedManifest
from ..file_image import FileImage
from ..files import NewFile
from ..layout import Layout
from ..manifest_contents import BlobDescriptor, StoredManifest, check_size
from ..progress import BlobProgress
from .interfaces import AsyncImageSource, AsyncProgressReader


class AsyncFileSource:
    """An image in a layout or an archive.

    Args:
        local: The image.
    """

    repo: Repo | None = None

    def __init__(self, image: FileImage) -> None:
        self._image = image

    async def root(self) -> StoredManifest:
        """Return the manifest that the reference names."""
        return self._image.root

    async def manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return a manifest that an index names.

        Args:
            descriptor: What names it.
        """
        found = await async_run_in_thread(lambda: self._image.read_manifest(descriptor.digest, descriptor.media_type))
        return check_size(found, descriptor)

    async def referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the manifests that are about another one.

        Args:
            digest: The digest of that.
        """
        return await async_run_in_thread(lambda: self._image.find_referrers(digest))

    def blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a blob to be read.

        Args:
            blob: The blob.
            use_urls: Not needed: what is not there is not looked for elsewhere.
        """
        return AsyncFileBlob(self._image, blob.digest)

    async def save(self, blob: BlobDescriptor, path: Path, use_urls: bool, progress: BlobProgress) -> None:
        """Write a blob to a file.

        Args:
            blob: The blob.
            path: Where.
            use_urls: Not needed.
            progress: What is told how far it has come.
        """
        verifier = Verifier(blob.digest.algorithm)
        file = await async_run_in_thread_uncancellable(lambda: NewFile(path))
        try:
            async for block in AsyncProgressReader(self.blob(blob, use_urls), progress).blocks(0):
                await async_run_in_thread_uncancellable(lambda: _take(file, verifier, block))  # noqa: B023 - it is done before the next one
                if blob.size is not None and verifier.size > blob.size:
                    break
            verifier.verify(blob.size, blob.digest)
            await async_run_in_thread_uncancellable(file.finish)
        finally:
            async with async_shielded():
                await async_run_in_thread_uncancellable(file.discard)


class AsyncFileBlob:
    """A blob in a layout or an archive.

    Args:
        local: What holds it.
        digest: Its digest.
    """

    def __init__(self, image: FileImage, digest: Digest) -> None:
        self._image = image
        self._digest = digest

    def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Give the bytes from there on.

        Args:
            offset: How many bytes to leave out.
        """
        return async_blocks(self._image.read_blob(self._digest, offset))


class AsyncLayoutTarget:
    """A layout that is written to.

    Args:
        layout: The layout, and the tag to write.
    """

    # Whoever made it may have left out what another one was to bring.
    whole = False

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    async def prepare(self) -> None:
        """Make the folder a layout."""
        await async_run_in_thread_uncancellable(self._layout.prepare)

    async def names(self, digest: Digest) -> bool:
        """Return whether the tag names this manifest already.

        Args:
            digest: Its digest.
        """
        return await async_run_in_thread(lambda: self._layout.names(digest))

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether a manifest is there.

        Args:
            digest: Its digest.
        """
        return await async_run_in_thread(lambda: self._layout.has_blob(digest, None))

    async def has_blob(self, blob: BlobDescriptor) -> bool:
        """Return whether a blob is there.

        Args:
            blob: The blob.
        """
        return await async_run_in_thread(lambda: self._layout.has_blob(blob.digest, blob.size))

    def mounts_from(self, repo: Repo | None) -> bool:
        """Return no.

        Args:
            repo: Not needed.
        """
        return False

    async def put_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Write a blob.

        Args:
            source: What holds it.
            progress: The blob, and what is told how far it has come.
            from_repo: Not needed.
            use_urls: Whether it may be had from elsewhere.
        """
        blob = progress.blob
        path = await async_run_in_thread_uncancellable(lambda: self._layout.blob_path(blob.digest, blob.size))
        await source.save(blob, path, use_urls, progress)

    async def put_manifest(self, manifest: PlannedManifest) -> None:
        """Write a manifest, and let the index name it where nothing else does.

        Args:
            manifest: The manifest.
        """
        stored = StoredManifest(digest=manifest.digest, media_type=manifest.media_type, raw=manifest.raw)
        await async_run_in_thread_uncancellable(lambda: self._layout.write_manifest(stored))
        if manifest.role != "child":
            tag = self._layout.tag if manifest.role == "root" else None
            await async_run_in_thread_uncancellable(lambda: self._layout.add(stored, tag))


def _take(file: NewFile, verifier: Verifier, block: bytes) -> None:
    verifier.update(block)
    file.write(block)
