"""One image of those that a reference may stand for: its manifest by platform, and its config."""

from __future__ import annotations

import json
import platform as machine
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..client._sync.v2 import RegistryClientV2
    from ..client.manifests import ManifestResponse
    from ..v2.models import Descriptor, ImageConfig, Platform

_CONFIG_TYPES = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
# What Go calls the architectures that Python names otherwise.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386", "armv7l": "arm", "armv6l": "arm"}
# Configs are read whole; the largest that are met have some hundred kilobytes.
_MOST_BYTES = 8 * 1024 * 1024


def platform_name(platform: Platform | None) -> str | None:
    """Return a platform as people write it, such as `linux/arm/v7`; None for none.

    Args:
        platform: The platform of a descriptor.
    """
    if platform is None:
        return None
    return "/".join(part for part in (platform.os, platform.architecture, platform.variant) if part)


def members(manifest: ManifestResponse) -> list[Descriptor] | None:
    """Return the entries of an index, None of what is none.

    Args:
        manifest: A manifest or index.
    """
    from ..v2.models import DockerManifestList, ImageIndex

    document = manifest.manifest
    return document.manifests if isinstance(document, ImageIndex | DockerManifestList) else None


def choose(entries: list[Descriptor], wanted: str | None) -> Descriptor:
    """Return the entry for a platform; without one that for this machine, else the first for any.

    Args:
        entries: The entries of an index.
        wanted: The platform as people write it, or None.

    Raises:
        click.UsageError: There is none; the message tells which there are.
    """
    names = {name: entry for entry in reversed(entries) if (name := platform_name(entry.platform))}
    known = [name for name in names if not name.startswith("unknown/")]  # those are attestations
    here = f"linux/{_ARCHITECTURES.get(machine.machine(), machine.machine())}"
    for prefix in (wanted,) if wanted is not None else (here, ""):
        for name in reversed(known):
            if name == prefix or name.startswith(f"{prefix}/") or not prefix:
                return names[name]
    if wanted is None and entries:
        return entries[0]
    raise click.UsageError(f"The image is not to be had for {wanted}, but for {', '.join(reversed(known)) or 'no platform'}.")


def find_manifest(client: RegistryClientV2, top: ManifestResponse, wanted: str | None) -> ManifestResponse:
    """Return the manifest of one image: what it was asked for itself, or the one of its platform in an index.

    Args:
        client: The client of the repository.
        top: What the reference stands for.
        wanted: The platform as people write it, or None.
    """
    while (entries := members(top)) is not None:
        top = client.get_manifest(choose(entries, wanted).digest)
    return top


def find_config(client: RegistryClientV2, manifest: ManifestResponse) -> ImageConfig | None:
    """Return the config of an image, None of what has none that can be read, such as an artifact.

    Args:
        client: The client of the repository.
        manifest: The manifest of one image.

    Raises:
        RegistryError: It is larger than any config should be.
    """
    from ..errors import ParseError, RegistryError
    from ..v2.models import DockerSchema1Manifest, ImageConfig

    document = manifest.manifest
    described = None if isinstance(document, DockerSchema1Manifest) else getattr(document, "config", None)
    if described is None or described.media_type not in _CONFIG_TYPES:
        return None
    if described.size > _MOST_BYTES:
        raise RegistryError(f"the config of the image has {described.size} bytes, which is more than any should have")
    with client.create_blob_read_stream(described.digest) as stream:
        content = stream.read(_MOST_BYTES + 1)
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        raise ParseError(model="ImageConfig", field="", problem="it is no JSON") from None
    return ImageConfig.from_dict(parsed)


def read_config(client: RegistryClientV2, ref: str, wanted: str | None) -> ImageConfig:
    """Return the config of the image that a reference stands for.

    Args:
        client: The client of the repository.
        ref: A tag or a digest.
        wanted: The platform as people write it, or None.

    Raises:
        RegistryError: There is none.
    """
    from ..errors import RegistryError

    manifest = find_manifest(client, client.get_manifest(ref), wanted)
    found = find_config(client, manifest)
    if found is None:
        raise RegistryError(f"{manifest.digest} has no config of an image; it is {manifest.media_type}")
    return found
