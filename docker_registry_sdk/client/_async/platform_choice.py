"""Choice of the manifest for a platform from an index, and from the indexes in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from attrs import frozen

from ..._core import blobs
from ..._core.wire import CallLimits
from ...errors import ImageError, NotFoundError, ParseError, RegistryError, UnexpectedContentTypeError
from ...v2 import models
from ..error_places import named_by
from ..manifest_results import ManifestResponse
from ..manifests import INDEX_TYPES
from ..platform_rank import BEST, Rank, check_platform, platform_not_found, platform_of, rank, sort_entries
from ..platforms import MAX_INDEX_DEPTH, is_known
from .image_config import async_read_image_config, config_of

if TYPE_CHECKING:
    from ...digest import Digest
    from ..manifest_types import Manifest
    from .manifests import AsyncManifestCalls

    Index = models.ImageIndex | models.DockerManifestList

Stored = TypeVar("Stored")

# The entries that a search reads, since they are indexes or state no platform: a hostile index may list thousands.
MAX_READ: Final = 100


class AsyncManifestReader(Protocol[Stored]):
    """Where the manifests of an image are read from: a registry, a layout or an archive."""

    def parse(self, stored: Stored, /) -> Manifest | None:
        """Return the parsed manifest; None if its media type is unknown."""
        ...

    def name(self, stored: Stored, /) -> str:
        """Return the name of the manifest in error messages, such as `the manifest sha256:…`."""
        ...

    async def read_manifest(self, descriptor: models.Descriptor, /) -> Stored:
        """Return the manifest with a descriptor."""
        ...

    async def read_config(self, stored: Stored, /) -> models.ImageConfig:
        """Return the config that a manifest names."""
        ...


@frozen
class Chosen(Generic[Stored]):
    """The manifest for a platform.

    Attributes:
        path: The indexes that lead to the manifest, the first one first.
        descriptor: The descriptor of the manifest, from the last of these indexes.
        manifest: The manifest; None if it was not necessary to read it.
        named_by: The field and the index that name the manifest, for error messages.
    """

    path: tuple[Stored, ...]
    descriptor: models.Descriptor
    manifest: Stored | None
    named_by: str


async def async_choose_manifest(
    reader: AsyncManifestReader[Stored], root: Stored, wanted: models.Platform
) -> Chosen[Stored] | None:
    """Return the manifest for a platform from an index; None if `root` is not an index.

    An entry of the index that states a platform is chosen without reading it. If no such entry suits, the indexes without a
    platform are searched, and after them the configs of the images without a platform. The best of them is chosen.

    Args:
        reader: Where the manifests are read from.
        root: The index.
        wanted: The platform.

    Raises:
        PlatformNotFoundError: No manifest is for the platform.
        ImageError: Indexes are nested more than 8 levels deep, or more than 100 entries without a platform must be read.
    """
    document = reader.parse(root)
    if not isinstance(document, (models.ImageIndex, models.DockerManifestList)):
        return None
    return await _AsyncSearch(reader, wanted).run(root, document)


class _AsyncSearch(Generic[Stored]):
    """A search for the manifest for a platform."""

    def __init__(self, reader: AsyncManifestReader[Stored], wanted: models.Platform) -> None:
        self._reader = reader
        self._wanted = wanted
        self._platforms: list[models.Platform] = []
        self._seen: set[Digest] = set()  # an entry that is listed in many places is read once
        self._unread: RegistryError | None = None

    async def run(self, root: Stored, index: Index) -> Chosen[Stored]:
        found = await self._search((root,), index)
        if found is not None:
            return found[1]
        raise platform_not_found(
            self._wanted, self._platforms, is_empty=not index.manifests, unread=self._unread
        ) from self._unread

    async def _search(self, path: tuple[Stored, ...], index: Index) -> tuple[Rank, Chosen[Stored]] | None:
        if len(path) > MAX_INDEX_DEPTH:
            raise ImageError(
                f"the indexes of the image are nested too deep: the limit is {MAX_INDEX_DEPTH} levels",
                hint="Choose a manifest by its digest.",
            )
        entries = sort_entries(index.manifests, self._wanted)
        self._platforms += entries.platforms
        for order, one in entries.suited:
            if one.media_type not in INDEX_TYPES:
                return order, Chosen(path, one, None, self._place(path, index, one))
            if self._is_new(one) and (found := await self._read_entry(path, index, one)) is not None:
                return found
        return await self._search_unnamed(path, index, entries.indexes) or await self._search_unnamed(path, index, entries.images)

    async def _search_unnamed(
        self, path: tuple[Stored, ...], index: Index, entries: list[models.Descriptor]
    ) -> tuple[Rank, Chosen[Stored]] | None:
        """Return the best of the entries without a platform. An entry that cannot be read is passed over: another may suit."""
        best: tuple[Rank, Chosen[Stored]] | None = None
        for one in filter(self._is_new, entries):
            try:
                found = await self._read_entry(path, index, one)
            except (NotFoundError, ImageError, ParseError, UnexpectedContentTypeError) as error:
                self._unread = error
                continue
            if found is not None and (best is None or found[0] < best[0]):
                best = found
            if best is not None and best[0] == BEST:
                break
        return best

    async def _read_entry(
        self, path: tuple[Stored, ...], index: Index, descriptor: models.Descriptor
    ) -> tuple[Rank, Chosen[Stored]] | None:
        """Return the best manifest of an index in the index, or an image whose config has a platform that suits; else None."""
        place = self._place(path, index, descriptor)
        with named_by(place):
            stored = await self._reader.read_manifest(descriptor)
            document = self._reader.parse(stored)
        if isinstance(document, (models.ImageIndex, models.DockerManifestList)):
            return await self._search((*path, stored), document)
        if config_of(document) is None:
            return None  # an artifact
        platform = platform_of(await self._reader.read_config(stored))
        if not (platform.os and platform.architecture and is_known(platform)):
            return None
        self._platforms.append(platform)
        order = rank(platform, self._wanted)
        return None if order is None else (order, Chosen(path, descriptor, stored, place))

    def _place(self, path: tuple[Stored, ...], index: Index, descriptor: models.Descriptor) -> str:
        return f"manifests[{index.manifests.index(descriptor)}] of {self._reader.name(path[-1])}"

    def _is_new(self, descriptor: models.Descriptor) -> bool:
        """Return whether an entry was not read yet, and count it.

        Raises:
            ImageError: Too many entries were read.
        """
        if descriptor.digest in self._seen:
            return False
        if len(self._seen) >= MAX_READ:
            raise ImageError(
                f"the platforms of more than {MAX_READ} entries of the index are not stated, the limit for a choice",
                hint="Choose a manifest by its digest.",
            )
        self._seen.add(descriptor.digest)
        return True


class _AsyncResponses:
    """The manifests of a repository, as `ManifestResponse`."""

    def __init__(self, client: AsyncManifestCalls, limits: CallLimits) -> None:
        self._client = client
        self._limits = limits

    def parse(self, stored: ManifestResponse, /) -> Manifest:
        return stored.manifest

    def name(self, stored: ManifestResponse, /) -> str:
        return f"the manifest {stored.digest} in {self._client.repo.canonical_name}"

    async def read_manifest(self, descriptor: models.Descriptor, /) -> ManifestResponse:
        return await self._client.get_manifest(descriptor, timeout=self._limits.timeout, deadline=self._limits.deadline)

    async def read_config(self, stored: ManifestResponse, /) -> models.ImageConfig:
        repository = blobs.AsyncBlobRepository(self._client, self._client.repo.remote_name, self._limits)
        return await async_read_image_config(
            stored.manifest,
            self.name(stored),
            stored.media_type,
            lambda config: blobs.AsyncRemoteBlob(repository, config, use_urls=False, verify=False),
        )


async def async_descriptor_for_platform(
    client: AsyncManifestCalls, root: ManifestResponse, wanted: models.Platform, limits: CallLimits
) -> models.Descriptor:
    """Return the descriptor of the manifest for a platform from an index, or of a single image after checking its platform.

    An index sends no request, unless it lists an index for the platform, or states no platforms. A single image sends one
    request, for its config.

    Args:
        client: The repository.
        root: The index or manifest.
        wanted: The platform.
        limits: The timeout, the deadline and the retries of the call.

    Raises:
        PlatformNotFoundError: The image does not exist for the platform.
        ImageError: The manifest has no image config or a config of more than 4 MiB, or the index exceeds a limit of
            `async_choose_manifest`.
    """
    reader = _AsyncResponses(client, limits)
    chosen = await async_choose_manifest(reader, root, wanted)
    if chosen is not None:
        return chosen.descriptor
    check_platform(await reader.read_config(root), wanted)
    return root.descriptor


async def async_manifest_for_platform(
    client: AsyncManifestCalls, root: ManifestResponse, wanted: models.Platform, limits: CallLimits
) -> ManifestResponse:
    """Return the manifest for a platform from an index, or a single image after checking its platform.

    Args:
        client: The repository.
        root: The index or manifest.
        wanted: The platform.
        limits: The timeout, the deadline and the retries of the call.

    Raises:
        PlatformNotFoundError: The image does not exist for the platform.
        ImageError: The manifest has no image config or a config of more than 4 MiB, or the index exceeds a limit of
            `async_choose_manifest`.
    """
    reader = _AsyncResponses(client, limits)
    chosen = await async_choose_manifest(reader, root, wanted)
    if chosen is not None:
        with named_by(chosen.named_by):
            return await reader.read_manifest(chosen.descriptor) if chosen.manifest is None else chosen.manifest
    check_platform(await reader.read_config(root), wanted)
    return root
