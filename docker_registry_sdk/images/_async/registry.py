"""An image in a repository of a registry, as source and as target of a copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..._core.blobs._async.blob_repository import AsyncBlobRepository
from ..._core.blobs._async.replayable_source import AsyncRemoteBlob
from ..._core.blobs.upload_source import AsyncReplayableSource
from ..._core.concurrency.waiting import async_sleep
from ..._core.wire import CallLimits
from ...client._async.client import AsyncRegistryClientV2
from ...client.manifests import is_manifest_type
from ...digest import Digest, digest_of
from ...errors import (
    ForbiddenError,
    ImageError,
    MethodNotAllowedError,
    NotFoundError,
    ParseError,
    RegistryError,
    UnauthorizedError,
    UnexpectedContentType,
)
from ...reference import Repo
from ...v2.models import Descriptor
from ..copy_plan import PlannedManifest
from ..manifest_contents import MAX_MANIFESTS, BlobDescriptor, StoredManifest, check_size, verify_manifest
from ..progress import BlobProgress
from .interfaces import AsyncImageSource, AsyncProgressReader
from .referrers import async_push_manifest

# Errors treated as "absent" before a push. Docker Hub answers 401 or 403 for repositories that do not exist yet. If access is
# really denied, the push fails with the same error.
_ABSENT: Final = (NotFoundError, UnauthorizedError, ForbiddenError, MethodNotAllowedError)
FILE_LOCK_INTERVAL_SECONDS: Final = 0.2


class AsyncRegistryImage:
    """An image in a repository of a registry.

    Args:
        client: A client of the repository.
        tag: The tag; None to use only the digest.
        digest: The digest; None for the manifest that has the tag.
        limits: The limits of the copy.
    """

    # A registry accepts a manifest only when it has the blobs, and keeps them as long as the manifest.
    is_complete = True

    def __init__(self, client: AsyncRegistryClientV2, tag: str | None, digest: Digest | None, limits: CallLimits) -> None:
        self._client = client
        self._tag = tag
        self._digest = digest
        self._blobs = AsyncBlobRepository(client, client.repo.remote_name, limits)
        self._options = self._blobs.options

    @property
    def repo(self) -> Repo:
        """Return the repository."""
        return self._client.repo

    async def read_root(self) -> StoredManifest:
        """Return the manifest or index of the image."""
        try:
            return await self._get_manifest(self._digest or self._tag or "", None)
        except NotFoundError as error:
            if await self._supports_v2():
                raise
            problem = (
                "does not support API v2, so images cannot be copied; download the layers one by one with a client of API v1"
            )
            raise ImageError(f"the registry {self._client.index.name} {problem}") from error

    async def read_manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return a manifest of an index; None if the registry stores it as a blob.

        Args:
            descriptor: The descriptor of the manifest in the index.
        """
        try:
            found = await self._get_manifest(Digest(descriptor.digest), descriptor.media_type)
        except NotFoundError:
            if is_manifest_type(descriptor.media_type):
                raise
            return None
        return check_size(found, descriptor)

    async def find_referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the manifests whose subject is another manifest, at most `MAX_MANIFESTS + 1` of them.

        Args:
            digest: The digest of the subject.
        """
        found = []
        async for one in self._client.iter_referrers(digest, **self._options):
            found.append(one)
            if len(found) > MAX_MANIFESTS:
                break  # the planner raises an error for so many manifests, and a hostile list may be endless
        return found

    def open_blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a reader of a blob. The bytes are not compared with the digest.

        Args:
            blob: The blob.
            use_urls: Whether to download the blob from its external URLs if the registry does not have the blob.
        """
        return AsyncRemoteBlob(self._blobs, _digest_or_descriptor(blob), use_urls=use_urls, verify=False)

    async def save_blob(self, path: Path, progress: BlobProgress, use_urls: bool) -> None:
        """Write a blob to a file atomically, after comparing the bytes with the digest.

        Args:
            path: The file.
            progress: The blob, and the progress to update.
            use_urls: Whether to download the blob from its external URLs if the registry does not have the blob.
        """
        blob = _digest_or_descriptor(progress.blob)
        while True:
            try:
                await self._client.download_blob(blob, path, use_urls=use_urls, on_progress=progress.on_download, **self._options)
            except BlockingIOError:  # another process is downloading the same blob, which several images may have
                progress.check()
                await async_sleep(FILE_LOCK_INTERVAL_SECONDS)
            else:
                return

    async def prepare(self) -> None:
        """Do nothing: registries create a repository with its first blob."""

    async def has_reference(self, digest: Digest) -> bool:
        """Return whether the tag or digest of the target already resolves to a manifest.

        Args:
            digest: The digest of the manifest.

        Raises:
            ImageError: The target is a reference with another digest.
        """
        if self._digest is not None and self._digest != digest:
            raise ImageError(
                f"the image has the digest {digest}, but the target has the digest {self._digest}: use a tag as the target"
            )
        if self._tag is None:
            return await self.has_manifest(digest)
        with suppress(*_ABSENT):
            return await self._head_digest(self._tag) == digest
        return False

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether a manifest exists.

        Args:
            digest: The digest of the manifest.
        """
        with suppress(*_ABSENT):
            return await self._head_digest(digest) in (None, digest)
        return False

    async def has_blob(self, blob: BlobDescriptor) -> bool:
        """Return whether a blob exists and has the expected size.

        Args:
            blob: The blob.
        """
        with suppress(*_ABSENT, ParseError):
            found = await self._client.head_blob(blob.digest, **self._options)
            return blob.size in (None, found.size)
        return False

    def can_mount_from(self, repo: Repo | None) -> bool:
        """Return whether a repository is another repository of the same registry.

        Args:
            repo: The repository.
        """
        return repo is not None and repo.index.name == self.repo.index.name and repo.remote_name != self.repo.remote_name

    async def write_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Upload a blob, or mount it.

        Args:
            source: The source of the copy.
            progress: The blob, and the progress to update.
            from_repo: The name of the repository to mount the blob from; None to upload the bytes.
            use_urls: Whether to download the blob from its external URLs if the source does not have the blob.
        """
        blob = progress.blob
        reader = AsyncProgressReader(source.open_blob(blob, use_urls), progress)
        await self._client.blob_upload(reader, digest=blob.digest, size=blob.size, from_repo=from_repo, **self._options)

    async def write_manifest(self, manifest: PlannedManifest) -> None:
        """Push a manifest. The root manifest of the copy is pushed under the tag if there is one, other manifests by digest.

        Args:
            manifest: The manifest.
        """
        ref = self._tag if manifest.role == "root" and self._tag is not None else manifest.digest
        if manifest.has_subject:
            await async_push_manifest(self._client, manifest.raw, ref, media_type=manifest.media_type, **self._options)
        else:
            await self._client.put_manifest(manifest.raw, ref, media_type=manifest.media_type, **self._options)

    async def _head_digest(self, ref: str) -> str | None:
        response = await self._client.head_manifest(ref, **self._options)
        return response.docker_content_digest

    async def _supports_v2(self) -> bool:
        """Return whether the registry supports API v2; True if the request fails."""
        try:
            return await self._client.supports_v2(**self._options)
        except RegistryError:
            return True

    async def _get_manifest(self, ref: str, media_type: str | None) -> StoredManifest:
        accept = None if media_type is None or is_manifest_type(media_type) else [media_type]
        try:
            response = await self._client.get_manifest(ref, accept=accept, **self._options)
        except UnexpectedContentType as error:
            return _unknown_manifest(error, ref)
        return StoredManifest(digest=response.digest, media_type=response.media_type, raw=response.raw)


def _digest_or_descriptor(blob: BlobDescriptor) -> str | Descriptor:
    """Return a blob in the form that client methods accept: the digest alone if the size is unknown."""
    if blob.size is None:
        return blob.digest
    return Descriptor(media_type=blob.media_type, digest=blob.digest, size=blob.size, urls=list(blob.urls) or None)


def _unknown_manifest(error: UnexpectedContentType, ref: str) -> StoredManifest:
    """Return a manifest of an unknown media type, which is copied unchanged. Raise the error if the response is a web page."""
    try:
        document = json.loads(error.raw)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or error.media_type is None or error.media_type.startswith("text/"):
        raise error
    if isinstance(ref, Digest):
        return verify_manifest(error.raw, ref, error.media_type)
    return StoredManifest(digest=digest_of(error.raw), media_type=error.media_type, raw=error.raw)
