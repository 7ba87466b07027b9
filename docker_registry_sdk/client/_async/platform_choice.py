"""Choice of the manifest for a platform from an index, and the check of the platform of a single image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._core import blobs
from ..._core.wire import CallLimits
from ...errors import ImageError
from ...media_types import DOCKER_LIST, OCI_INDEX
from ...v2 import models
from ..manifest_results import ManifestResponse
from ..platforms import MAX_INDEX_DEPTH, check_platform, choose
from .image_config import async_read_image_config

if TYPE_CHECKING:
    from .manifests import AsyncManifestCalls

_INDEX_TYPES: Final = frozenset({OCI_INDEX, DOCKER_LIST})


async def async_descriptor_for_platform(
    client: AsyncManifestCalls, root: ManifestResponse, wanted: models.Platform, limits: CallLimits
) -> models.Descriptor | None:
    """Return the descriptor of the manifest for a platform from an index; None if `root` is a single image for that platform.

    An index sends no request, unless it lists another index for the platform. A single image sends one request, for its config.

    Args:
        client: The repository.
        root: The index or manifest.
        wanted: The platform.
        limits: The timeout, the deadline and the retries of the call.

    Raises:
        PlatformNotFoundError: The image does not exist for the platform.
        ImageError: The manifest has no image config or a config of more than 4 MiB, or indexes are nested more than 8 levels
            deep.
    """
    chosen: models.Descriptor | None = None
    for _ in range(MAX_INDEX_DEPTH):
        if not isinstance(root.manifest, (models.ImageIndex, models.DockerManifestList)):
            if chosen is None:
                check_platform(await _read_config(client, root, limits), wanted)
            return chosen
        chosen = choose(root.manifest.manifests, wanted)
        if chosen.media_type not in _INDEX_TYPES:
            return chosen
        root = await client.get_manifest(chosen, timeout=limits.timeout, deadline=limits.deadline)
    raise ImageError(
        f"the indexes of the image are nested too deep: the limit is {MAX_INDEX_DEPTH} levels",
        hint="Choose a manifest by its digest.",
    )


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
        ImageError: The manifest has no image config or a config of more than 4 MiB, or indexes are nested more than 8 levels
            deep.
    """
    chosen = await async_descriptor_for_platform(client, root, wanted, limits)
    return root if chosen is None else await client.get_manifest(chosen, timeout=limits.timeout, deadline=limits.deadline)


async def _read_config(client: AsyncManifestCalls, found: ManifestResponse, limits: CallLimits) -> models.ImageConfig:
    repository = blobs.AsyncBlobRepository(client, client.repo.remote_name, limits)
    return await async_read_image_config(
        found.manifest,
        found.digest,
        found.media_type,
        lambda config: blobs.AsyncRemoteBlob(repository, config, use_urls=False, verify=False),
    )
