"""Images in layouts and archives as sources of a copy, and layouts as targets."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import closing

from ..._core.blobs._async.replayable_source import AsyncBytesSource
from ..._core.blobs.embedded_content import embedded_content
from ..._core.blobs.part_file import PartFile
from ..._core.blobs.upload_source import AsyncReplayableSource
from ..._core.concurrency.threads import async_run_in_thread, async_run_in_thread_uncancellable, async_shielded
from ..._core.concurrency.waiting import async_sleep
from ..._core.folders import FolderEntry
from ..._core.wire import async_blocks
from ..._core.wire.response import MAX_BODY_BYTES
from ...digest import Digest, Verifier
from ...errors import DigestMismatchError
from ...reference import Repo
from ...v2.models import Descriptor
from ..entry_kind import looks_like_manifest
from ..file_image import FileImage
from ..files import find_file, hash_file, open_entry
from ..layout import Layout
from ..layout_writer import LayoutWriter
from ..manifest_contents import BlobDescriptor, StoredManifest, check_size, embedded_manifest
from ..planned import PlannedManifest
from ..progress import BlobProgress
from .interfaces import FILE_LOCK_INTERVAL_SECONDS, AsyncImageSource, AsyncProgressReader


class AsyncFileSource:
    """An image in a layout or an archive, as source of a copy.

    Args:
        image: The image to copy.
    """

    repo: Repo | None = None

    def __init__(self, image: FileImage) -> None:
        self._image = image

    def close(self) -> None:
        """Release the files of the image."""
        self._image.close()

    async def read_root(self) -> StoredManifest:
        """Return the manifest or index that the image's tag, name or digest identifies."""
        return self._image.root

    async def read_manifest(self, descriptor: Descriptor) -> StoredManifest:
        """Return a manifest that an index lists, from its descriptor if that embeds the manifest.

        Args:
            descriptor: The manifest's descriptor, from the index.
        """
        if (embedded := embedded_manifest(descriptor)) is not None:
            return embedded
        return await self._read_manifest_file(descriptor)

    async def _read_manifest_file(self, descriptor: Descriptor) -> StoredManifest:
        found = await async_run_in_thread(lambda: self._image.read_manifest(descriptor.digest, descriptor.media_type))
        return check_size(found, descriptor)

    async def find_manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return an entry of an index whose media type does not tell whether the entry is a manifest; None if it is a blob.

        Args:
            descriptor: The descriptor of the entry, from the index.
        """
        if descriptor.size > MAX_BODY_BYTES:
            return None
        found = await self._read_manifest_file(descriptor)
        return found if looks_like_manifest(found.raw) else None

    async def find_referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the descriptors of the manifests that have a given manifest as their subject.

        Args:
            digest: The digest of the subject.
        """
        return await async_run_in_thread(lambda: self._image.find_referrers(digest))

    async def find_tagged(self, tag: str) -> StoredManifest | None:
        """Return the manifest with a tag, beside the image; None if the tag does not exist.

        Args:
            tag: The tag.
        """
        return await async_run_in_thread(lambda: self._image.find_tagged(tag))

    def open_blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a reader of a blob. The reader does not compare the bytes with the digest: the caller must do so.

        Args:
            blob: The blob.
            use_urls: Ignored, since blobs that the layout or archive lacks are not downloaded.
        """
        content = embedded_content(blob.data, blob.digest, blob.size)
        return AsyncFileBlob(self._image, blob.digest) if content is None else AsyncBytesSource(memoryview(content))

    async def save_blob(self, target: FolderEntry, progress: BlobProgress, use_urls: bool) -> None:
        """Write a blob to a file atomically, after comparing the bytes with the digest.

        Args:
            target: The folder, which must stay open, and the name of the file to write.
            progress: The progress of the blob, which this method updates; `progress.blob` is the blob to write.
            use_urls: Ignored, since blobs that the layout or archive lacks are not downloaded.
        """
        while True:
            try:
                part = await async_run_in_thread_uncancellable(lambda: PartFile(target))
                break
            except BlockingIOError:  # another process is writing the same blob, which several images may have
                progress.check()
                await async_sleep(FILE_LOCK_INTERVAL_SECONDS)
        keep = True
        try:
            # Another process may have finished the blob before the lock was taken.
            if not await async_run_in_thread_uncancellable(lambda: _has_content(target, progress.blob)):
                await self._fill(part, progress, use_urls)
        except DigestMismatchError:
            keep = False
            raise
        finally:
            async with async_shielded():
                await async_run_in_thread_uncancellable(lambda: part.close(keep=keep))

    async def _fill(self, part: PartFile, progress: BlobProgress, use_urls: bool) -> None:
        """Write the rest of a blob, and rename its file. If the `.part` file holds other bytes, write the whole blob."""
        was_begun = part.length > 0
        try:
            await self._append(part, progress, use_urls)
        except DigestMismatchError:
            if not was_begun:
                raise
            await async_run_in_thread_uncancellable(part.start_over)
            await self._append(part, progress, use_urls)
        await async_run_in_thread_uncancellable(part.finish)

    async def _append(self, part: PartFile, progress: BlobProgress, use_urls: bool) -> None:
        blob = progress.blob
        verifier = Verifier(blob.digest.algorithm)
        while part.length and await async_run_in_thread_uncancellable(lambda: part.hash_some(verifier)):
            progress.check()
        async for block in AsyncProgressReader(self.open_blob(blob, use_urls), progress).blocks(verifier.size):
            await async_run_in_thread_uncancellable(lambda: _write(part, verifier, block))  # noqa: B023 - runs before the next block
            if blob.size is not None and verifier.size > blob.size:
                break
        verifier.verify(blob.size, blob.digest)


class AsyncFileBlob:
    """A reader of a blob in a layout or an archive.

    Args:
        image: The image that contains the blob.
        digest: The digest of the blob.
    """

    def __init__(self, image: FileImage, digest: Digest) -> None:
        self._image = image
        self._digest = digest

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Yield the bytes of the blob from an offset.

        Args:
            offset: The number of bytes to skip at the start of the blob.
        """
        with closing(self._image.read_blob(self._digest, offset)) as pieces:  # closes the file if the copy fails
            async for block in async_blocks(pieces):
                yield block


class AsyncLayoutTarget:
    """A layout as target of a copy.

    Args:
        layout: The layout to write to. The image gets the tag `layout.tag`, or no tag if `layout.tag` is None.
        trust_existing: Whether the layers that the layout has are compared by their sizes only.
    """

    # Other programs write layouts that lack blobs or manifests, for example layers that a later copy should add.
    is_complete = False

    def __init__(self, layout: Layout, trust_existing: bool) -> None:
        self._layout = layout
        self._trust_existing = trust_existing
        self._writer = LayoutWriter(layout)

    async def prepare(self) -> None:
        """Create the layout if the folder is missing or empty; otherwise check that the folder is a layout."""
        await async_run_in_thread_uncancellable(self._writer.prepare)

    async def has_reference(self, digest: Digest) -> bool:
        """Return whether `index.json` already lists a manifest under the layout's tag, and the layout has the manifest.

        If the tag is None, any entry counts.

        Args:
            digest: The digest of the manifest.
        """
        return await async_run_in_thread(lambda: self._layout.has_entry(digest) and self._layout.has_blob(digest, None))

    async def has_tag(self, tag: str, digest: Digest) -> bool:
        """Return whether `index.json` already lists a given manifest under a tag, and the layout has the manifest.

        Args:
            tag: The tag.
            digest: The digest of the manifest.
        """
        layout = Layout(self._layout.path, tag)
        return await async_run_in_thread(lambda: layout.has_entry(digest) and layout.has_blob(digest, None))

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether the layout has the file of a manifest, with the right content.

        Args:
            digest: The digest of the manifest.
        """
        return await async_run_in_thread(lambda: self._layout.has_blob(digest, None))

    async def has_blob(self, blob: BlobDescriptor, is_config: bool) -> bool:
        """Return whether the layout has the file of a blob, with the right size and content.

        If this target trusts existing files, the content of a layer with a known size is not compared.

        Args:
            blob: The digest and the size of the blob; if the size is None, any size is right.
            is_config: Whether the blob is the config of a manifest.
        """
        if self._trust_existing and not is_config and blob.size is not None:
            return await async_run_in_thread(lambda: _has_size(self._layout, blob))
        return await async_run_in_thread(lambda: self._layout.has_blob(blob.digest, blob.size))

    def can_mount_from(self, repo: Repo | None) -> bool:
        """Return False: a layout cannot mount blobs.

        Args:
            repo: Ignored.
        """
        return False

    async def write_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Write a blob to the layout.

        Args:
            source: Where the blob is read from.
            progress: The progress of the blob, which this method updates; `progress.blob` is the blob to write.
            from_repo: Ignored, since a layout cannot mount blobs.
            use_urls: Whether to download the blob from the blob's external URLs if the source does not have the blob.
        """
        blob = progress.blob
        target = await async_run_in_thread_uncancellable(lambda: self._writer.open_blob(blob.digest, blob.size))
        with target.folder:
            await source.save_blob(target, progress, use_urls)

    async def write_manifest(self, manifest: PlannedManifest) -> None:
        """Write a manifest. Add the manifest to `index.json` as well, unless the manifest is listed by a copied index.

        Args:
            manifest: The manifest to write, from the plan.
        """
        stored = StoredManifest(digest=manifest.digest, media_type=manifest.media_type, raw=manifest.raw)
        await async_run_in_thread_uncancellable(lambda: self._writer.write_manifest(stored))
        if manifest.role != "child" or manifest.tags:
            for tag in manifest.tags or (self._layout.tag if manifest.role == "root" else None,):
                await async_run_in_thread_uncancellable(lambda: self._writer.add_entry(stored, tag))  # noqa: B023 - awaited


def _has_content(target: FolderEntry, blob: BlobDescriptor) -> bool:
    """Return whether a blob exists under a name. If the name is that of a file with another content, the rename will fail."""
    if target.folder.find(target.name) is None:
        return False
    with open_entry(target) as file:
        return hash_file(file, blob.digest.algorithm).digest == blob.digest


def _has_size(layout: Layout, blob: BlobDescriptor) -> bool:
    found = find_file(layout.path, "blobs", blob.digest.algorithm, blob.digest.encoded)
    return found is not None and stat.S_ISREG(found.st_mode) and found.st_size == blob.size


def _write(part: PartFile, verifier: Verifier, block: bytes) -> None:
    verifier.update(block)
    part.write(block)
