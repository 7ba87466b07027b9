"""One image of those that a reference may stand for: which of an index, and its config."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..client._sync.client import RegistryClientV2
    from ..client.manifests import ManifestResponse
    from ..v2.models import Descriptor, ImageConfig


def members(manifest: ManifestResponse) -> list[Descriptor]:
    """Return the entries of an index, none of what is no index.

    Args:
        manifest: A manifest or index.
    """
    from ..v2.models import DockerManifestList, ImageIndex

    document = manifest.manifest
    return document.manifests if isinstance(document, ImageIndex | DockerManifestList) else []


def find_manifest(client: RegistryClientV2, top: ManifestResponse, wanted: str | None) -> ManifestResponse:
    """Return the manifest of one image: of an index that for a platform, or for any where none is asked for.

    Args:
        client: The client of the repository.
        top: What the reference stands for.
        wanted: The platform as people write it; None for this machine's, else whichever is first.

    Raises:
        ImageError: There is none for the platform.
    """
    from ..errors import ImageError
    from ..images.platforms import choose, default_platform, parse_platform

    entries = members(top)
    if not entries:
        return top
    try:
        chosen = choose(entries, default_platform() if wanted is None else parse_platform(wanted))
    except ImageError:
        if wanted is not None:
            raise
        chosen = entries[0]
    return client.get_manifest(chosen.digest)


def find_config(client: RegistryClientV2, manifest: ManifestResponse) -> ImageConfig | None:
    """Return the config of an image, None of what has none, such as an artifact.

    Args:
        client: The client of the repository.
        manifest: The manifest of one image.
    """
    from ..errors import ImageError
    from ..images import get_config

    try:
        return get_config(client, manifest.digest)
    except ImageError:
        return None
