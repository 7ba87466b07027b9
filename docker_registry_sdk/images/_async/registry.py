"""A repository of a registry as an end of a copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..._core.blobs._async.blob_repository import AsyncBlobRepository
from ..._core.blobs._async.replayable_source import AsyncRemoteBlob
from ..._core.blobs.upload_source import AsyncReplayableSource
from ..._core.concurrency.waiting import async_sleep
from ...client._async.client import AsyncRegistryClientV2
from ...client.manifests import is_manifest_type
from ...digest import Digest, digest_of
from ...errors import (
    DigestMismatchError,
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
from ..manifest_contents import MAX_MANIFESTS, BlobDescriptor, StoredManifest, check_size
from ..progress import BlobProgress
from .interfaces import AsyncImageSource, AsyncProgressReader
from .referrers import async_push_manifest

# What says that something is not there, or that it cannot be told, as Docker Hub does of repositories that are yet to be made:
# whoever writes it learns more.
_ABSENT = (NotFoundError, UnauthorizedError, ForbiddenError, MethodNotAllowedError)
# How long to wait before looking again, in seconds.
_TURN = 0.2


class AsyncRegistryImage:
    """An image on a registry.

    Args:
        client: A client that is bound to its repository.
        tag: Its tag, or None when only its digest counts.
        digest: Its digest; None for what the tag names.
    """

    # Registries take a manifest in when they have its blobs, and keep those as long as they keep it.
    whole = True

    def __init__(self, client: AsyncRegistryClientV2, tag: str | None, digest: Digest | None) -> None:
        self._client = client
        self._tag = tag
        self._digest = digest

    @property
    def repo(self) -> Repo:
        """The repository."""
        return self._client.repo

    async def root(self) -> StoredManifest:
        """Return the manifest that the reference names."""
        try:
            return await self._get(self._digest or self._tag or "", None)
        except NotFoundError as error:
            if await self._speaks_v2():
                raise
            problem = "does not speak API v2, by which images are copied; a client of API v1 reads its layers one by one"
            raise ImageError(f"{self._client.index.name} {problem}") from error

    async def manifest(self, descriptor: Descriptor) -> StoredManifest | None:
        """Return a manifest that an index names; None when it is there as a blob.

        Args:
            descriptor: What names it.
        """
        try:
            found = await self._get(Digest(descriptor.digest), descriptor.media_type)
        except NotFoundError:
            if is_manifest_type(descriptor.media_type):
                raise
            return None
        return check_size(found, descriptor)

    async def referrers(self, digest: Digest) -> Sequence[Descriptor]:
        """Return the manifests that are about another one.

        Args:
            digest: The digest of that.
        """
        found = []
        async for one in self._client.iter_referrers(digest):
            found.append(one)
            if len(found) > MAX_MANIFESTS:
                break  # which is too much already, and may have no end
        return found

    def blob(self, blob: BlobDescriptor, use_urls: bool) -> AsyncReplayableSource:
        """Return a blob to be read.

        Args:
            blob: The blob.
            use_urls: Whether it may be had from elsewhere.
        """
        pipeline, name = self._client._pipeline, self._client.repo.remote_name
        return AsyncRemoteBlob(AsyncBlobRepository(pipeline, name), _named(blob), use_urls=use_urls, verify=False)

    async def save(self, blob: BlobDescriptor, path: Path, use_urls: bool, progress: BlobProgress) -> None:
        """Write a blob to a file.

        Args:
            blob: The blob.
            path: Where.
            use_urls: Whether it may be had from elsewhere.
            progress: What is told how far it has come.
        """
        while True:
            try:
                await self._client.download_blob(_named(blob), path, use_urls=use_urls, on_progress=progress.watch)
            except BlockingIOError:  # another process writes the same blob, and images share many
                progress.check()
                await async_sleep(_TURN)
            else:
                return

    async def prepare(self) -> None:
        """Do nothing: repositories come with their first blob."""

    async def names(self, digest: Digest) -> bool:
        """Return whether the reference names this manifest already.

        Args:
            digest: Its digest.

        Raises:
            ImageError: The reference has another digest.
        """
        if self._digest is not None and self._digest != digest:
            raise ImageError(f"what is copied has the digest {digest}, and cannot be written as {self._digest}")
        if self._tag is None:
            return await self.has_manifest(digest)
        with suppress(*_ABSENT):
            return (await self._client.head_manifest(self._tag)).docker_content_digest == digest
        return False

    async def has_manifest(self, digest: Digest) -> bool:
        """Return whether a manifest is there.

        Args:
            digest: Its digest.
        """
        with suppress(*_ABSENT):
            return (await self._client.head_manifest(digest)).docker_content_digest in (None, digest)
        return False

    async def has_blob(self, blob: BlobDescriptor) -> bool:
        """Return whether a blob is there.

        Args:
            blob: The blob.
        """
        with suppress(*_ABSENT, ParseError):
            return (await self._client.head_blob(blob.digest)).size == blob.size or blob.size is None
        return False

    def mounts_from(self, repo: Repo | None) -> bool:
        """Return whether it can take blobs over from a repository: another one of the same registry.

        Args:
            repo: The repository.
        """
        return repo is not None and repo.index.name == self.repo.index.name and repo.remote_name != self.repo.remote_name

    async def put_blob(self, source: AsyncImageSource, progress: BlobProgress, from_repo: str | None, use_urls: bool) -> None:
        """Take a blob in.

        Args:
            source: What holds it.
            progress: The blob, and what is told how far it has come.
            from_repo: The repository to take it over from, if any.
            use_urls: Whether it may be had from elsewhere.
        """
        blob = progress.blob
        source_blob = AsyncProgressReader(source.blob(blob, use_urls), progress)
        await self._client.blob_upload(source_blob, digest=blob.digest, size=blob.size, from_repo=from_repo)

    async def put_manifest(self, manifest: PlannedManifest) -> None:
        """Take a manifest in, under the tag when it is what the reference names.

        Args:
            manifest: The manifest.
        """
        ref = self._tag if manifest.role == "root" and self._tag is not None else manifest.digest
        if manifest.has_subject:
            await async_push_manifest(self._client, manifest.raw, ref, media_type=manifest.media_type)
        else:
            await self._client.put_manifest(manifest.raw, ref, media_type=manifest.media_type)

    async def _speaks_v2(self) -> bool:
        """Return whether the registry speaks API v2, as far as can be told."""
        try:
            return await self._client.supports_v2()
        except RegistryError:
            return True

    async def _get(self, ref: str, media_type: str | None) -> StoredManifest:
        accept = None if media_type is None or is_manifest_type(media_type) else [media_type]
        try:
            answer = await self._client.get_manifest(ref, accept=accept)
        except UnexpectedContentType as error:
            return _as_bytes(error, ref)
        return StoredManifest(digest=answer.digest, media_type=answer.media_type, raw=answer.raw)


def _named(blob: BlobDescriptor) -> str | Descriptor:
    """Return a blob as clients take it."""
    if blob.size is None:
        return blob.digest
    return Descriptor(media_type=blob.media_type, digest=blob.digest, size=blob.size, urls=list(blob.urls) or None)


def _as_bytes(error: UnexpectedContentType, ref: str) -> StoredManifest:
    """Return a manifest of a kind that is not known, which passes as bytes; a web page is none."""
    try:
        document = json.loads(error.raw)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or error.media_type is None or error.media_type.startswith("text/"):
        raise error
    wanted = ref if isinstance(ref, Digest) else None
    digest = digest_of(error.raw, "sha256" if wanted is None else wanted.algorithm)
    if wanted is not None and digest != wanted:
        raise DigestMismatchError(expected=wanted, actual=digest, expected_size=None, actual_size=len(error.raw))
    return StoredManifest(digest=digest, media_type=error.media_type, raw=error.raw)
