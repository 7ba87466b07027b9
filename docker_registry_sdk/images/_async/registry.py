"""An image in a repository of a registry, as source and as target of a copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from attrs import evolve

from ..._core.blobs._async.blob_repository import AsyncBlobRepository
from ..._core.blobs._async.download import async_download_blob
from ..._core.blobs._async.replayable_source import AsyncRemoteBlob
from ..._core.blobs.upload_requests import ABSENT_BEFORE_PUSH
from ..._core.blobs.upload_source import AsyncReplayableSource
from ..._core.concurrency.waiting import async_sleep
from ..._core.folders import FolderEntry
from ..._core.wire import CallLimits, async_send
from ...client._async.repository import AsyncRepository
from ...client.manifests import is_manifest_type
from ...client.probing import speaks_api, without_credentials
from ...digest import Digest, digest_of
from ...errors import (
    ImageError,
    NotFoundError,
    ParseError,
    RegistryError,
    ServerError,
    UnexpectedContentTypeError,
)
from ...reference import Repo
from ...v2.api import ping
from ...v2.models import Descriptor
from ..manifest_contents import (
    MAX_MANIFESTS,
    BlobDescriptor,
    StoredManifest,
    blob_descriptor,
    check_size,
    embedded_manifest,
    verify_manifest,
)
from ..planned import PlannedManifest
from ..progress import BlobProgress
from .interfaces import FILE_LOCK_INTERVAL_SECONDS, AsyncImageSource, AsyncProgressReader


class AsyncRegistryImage:
    """An image in a repository of a registry, as source or target of a copy.

    Args:
        repository: The repository.
        tag: The tag of the image; None if only the digest identifies the image.
        digest: The digest of the image, which takes precedence over the tag; None if only the tag identifies the image.
        limits: The timeout, deadline and retries for the requests of the copy.
    """

    # A registry accepts a manifest only when it has the blobs, and keeps them as long as the manifest.
    is_complete = True

    def __init__(self, repository: AsyncRepository, tag: str | None, digest: Digest | None, limits: CallLimits) -> None:
        self._client = repository
        self._limits = limits
        self._tag = tag
        self._digest = digest
        self._blobs = AsyncBlobRepository(repository, repository.repo.remote_name, limits)
        self._options = self._blobs.options

    @property
    def repo(self) -> Repo:
        """Return the repository of the image."""
        return self._client.repo

    def close(self) -> None:
        """Do nothing: the repository is closed by its owner."""

    async def read_root(self) -> StoredManifest:
        """Return the manifest or index that the image's tag, name or digest identifies."""
        try:
            return await self._get_manifest(self._digest or self._tag or "", None)
        except NotFoundError as error:
            if await self._supports_v2():
                raise
            raise ImageError(
                f"the registry {self._client.repo.index.name} does not support API v2, so images cannot be copied",
                hint="Download the layers one by one with a client of API v1.",
            ) from error

    async def read_manifest(self, descriptor: Descriptor) -> StoredManifest:
        """Return a manifest that an index lists, from its descriptor if that embeds the manifest.

        Args:
            descriptor: The manifest's descriptor, from the index.
        """
        return embedded_manifest(descriptor) or await self._request_manifest(descriptor)

    async def _request_manifest(self, descriptor: Descriptor) -> StoredManifest:
        return check_size(await self._get_manifest(descriptor.digest, descriptor.media_type), descriptor)

    async def find_manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return an entry of an index whose media type does not tell whether the entry is a manifest; None if it is a blob.

        Args:
            descriptor: The descriptor of the entry, from the index.
        """
        try:
            return await self._request_manifest(descriptor)
        except (NotFoundError, ServerError):  # docker-registry answers 500 when a blob is requested as a manifest
            if not await self.has_blob(blob_descriptor(descriptor), is_config=False):
                raise
            return None

    async def find_referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the descriptors of the manifests that have a given manifest as their subject.

        The result has at most `MAX_MANIFESTS + 1` descriptors, one more than a copy allows.

        Args:
            digest: The digest of the subject.
        """
        found = []
        async for one in self._client.iter_referrers(digest, **self._options):
            found.append(one)
            if len(found) > MAX_MANIFESTS:
                break  # the planner raises an error for so many manifests, and a hostile list may be endless
        return found

    async def find_tagged(self, tag: str) -> StoredManifest | None:
        """Return the manifest with a tag, beside the image; None if the tag does not exist.

        Args:
            tag: The tag.
        """
        with suppress(NotFoundError):
            return await self._get_manifest(tag, None)
        return None

    def open_blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a reader of a blob. The reader does not compare the bytes with the digest: the caller must do so.

        Args:
            blob: The blob.
            use_urls: Whether to download the blob from the blob's external URLs if the registry does not have the blob.
        """
        return AsyncRemoteBlob(self._blobs, _digest_or_descriptor(blob), use_urls=use_urls, verify=False)

    async def save_blob(self, target: FolderEntry, progress: BlobProgress, use_urls: bool) -> None:
        """Write a blob to a file atomically, after comparing the bytes with the digest.

        Args:
            target: The folder, which must stay open, and the name of the file to write.
            progress: The progress of the blob, which this method updates; `progress.blob` is the blob to write.
            use_urls: Whether to download the blob from the blob's external URLs if the registry does not have the blob.
        """
        blob = _digest_or_descriptor(progress.blob)
        while True:
            try:
                await async_download_blob(self._blobs, blob, target, use_urls=use_urls, on_progress=progress.on_download)
            except BlockingIOError:  # another process is downloading the same blob, which several images may have
                progress.check()
                await async_sleep(FILE_LOCK_INTERVAL_SECONDS)
            else:
                return

    async def prepare(self) -> None:
        """Do nothing: a registry creates the repository when the first blob is uploaded."""

    async def has_reference(self, digest: Digest) -> bool:
        """Return whether the tag of this target, or the digest if there is no tag, already resolves to a given manifest.

        Args:
            digest: The digest of the manifest.

        Raises:
            ImageError: This target has a digest, but not the digest of the manifest.
        """
        if self._digest is not None and self._digest != digest:
            raise ImageError(
                f"the image has the digest {digest}, but the target has the digest {self._digest}",
                hint="Use a tag as the target.",
            )
        if self._tag is None:
            return await self.has_manifest(digest)
        return await self.has_tag(self._tag, digest)

    async def has_tag(self, tag: str, digest: Digest) -> bool:
        """Return whether a tag already resolves to a given manifest. If the registry denies access, return False.

        Args:
            tag: The tag.
            digest: The digest of the manifest.
        """
        with suppress(*ABSENT_BEFORE_PUSH):
            found = await self._head_digest(tag)
            if found is not None and found.algorithm != digest.algorithm:
                return digest_of((await self._get_manifest(tag, None)).raw, digest.algorithm) == digest
            return found == digest
        return False

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether the repository has a manifest. Return False if the registry denies access: the push will fail.

        Args:
            digest: The digest of the manifest.
        """
        with suppress(*ABSENT_BEFORE_PUSH):
            return await self._head_digest(digest) in (None, digest)
        return False

    async def has_blob(self, blob: BlobDescriptor, is_config: bool) -> bool:
        """Return whether the repository has a blob with the expected size. If the registry denies access, return False.

        Args:
            blob: The digest and the expected size of the blob; if the size is None, any size is accepted.
            is_config: Ignored, since registries verify all blobs.
        """
        with suppress(*ABSENT_BEFORE_PUSH, ParseError):
            found = await self._client.head_blob(blob.digest, **self._options)
            return blob.size in (None, found.size)
        return False

    def can_mount_from(self, repo: Repo | None) -> bool:
        """Return whether blobs can be mounted from a repository: another repository of the same registry.

        Args:
            repo: The repository of the source. For None, a source in a layout or archive, the result is False.
        """
        return repo is not None and repo.index.name == self.repo.index.name and repo.remote_name != self.repo.remote_name

    async def write_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Upload a blob, or mount the blob from another repository of the registry.

        Args:
            source: Where the blob is read from.
            progress: The progress of the blob, which this method updates; `progress.blob` is the blob to write.
            from_repo: The name of the repository to mount the blob from, on the target's registry; None to upload the bytes. If
                the registry does not mount the blob, the bytes are uploaded.
            use_urls: Whether to download the blob from the blob's external URLs if the source does not have the blob.
        """
        blob = progress.blob
        reader = AsyncProgressReader(source.open_blob(blob, use_urls), progress)
        await self._client.blob_upload(reader, digest=blob.digest, size=blob.size, from_repo=from_repo, **self._options)

    async def write_manifest(self, manifest: PlannedManifest) -> None:
        """Push a manifest: the root of the copy under the tag, a manifest with tags of its own under these, others by digest.

        Args:
            manifest: The manifest to push, from the plan.
        """
        ref = self._tag if manifest.role == "root" and self._tag is not None else manifest.digest
        for one in manifest.tags or (ref,):
            await self._client.put_manifest(manifest.raw, one, media_type=manifest.media_type, **self._options)

    async def _head_digest(self, ref: str) -> Digest | None:
        with suppress(UnexpectedContentTypeError):  # the registry stated no digest, and the format of the manifest is unknown
            return (await self._client.head_manifest(ref, **self._options)).digest
        return None

    async def _supports_v2(self) -> bool:
        """Return whether the registry supports API v2, after another request has failed.

        If this request fails as well, return True, so that the error of the other request is reported."""
        try:
            request = without_credentials(ping.request())
            return await async_send(self._client, request, speaks_api, range(100, 600), None, self._limits)
        except RegistryError:
            return True

    async def _get_manifest(self, ref: str, media_type: str | None) -> StoredManifest:
        accept = None if media_type is None or is_manifest_type(media_type) else [media_type]
        try:
            response = await self._client.get_manifest(ref, accept=accept, **self._options)
        except UnexpectedContentTypeError as error:
            return evolve(stored := _unknown_manifest(error, ref), name=self._name(stored.digest))
        return StoredManifest(
            digest=response.digest, media_type=response.media_type, raw=response.raw, name=self._name(response.digest)
        )

    def _name(self, digest: Digest) -> str:
        return f"the manifest {digest} in {self.repo.canonical_name}"


def _digest_or_descriptor(blob: BlobDescriptor) -> str | Descriptor:
    """Return the descriptor of a blob for `download_blob`; if the size is unknown, return the digest alone."""
    if blob.size is None:
        return blob.digest
    return Descriptor(
        media_type=blob.media_type, digest=blob.digest, size=blob.size, urls=list(blob.urls) or None, data=blob.data
    )


def _unknown_manifest(error: UnexpectedContentTypeError, ref: str) -> StoredManifest:
    """Return the body of a response with an unknown media type as a manifest, which is copied unchanged.

    Raise the error if the body is not a JSON object, or has a text media type, since it may be a web page.
    """
    try:
        document = json.loads(error.raw)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or error.media_type is None or error.media_type.startswith("text/"):
        raise error
    if isinstance(ref, Digest):
        return verify_manifest(error.raw, ref, error.media_type)
    return StoredManifest(digest=digest_of(error.raw), media_type=error.media_type, raw=error.raw)
