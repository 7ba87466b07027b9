"""One platform of an image, and its config."""

from __future__ import annotations

from ..._core.text.redaction import printable
from ...digest import Verifier
from ...errors import ImageError
from ...media_types import DOCKER_CONFIG, OCI_CONFIG
from ...v2.models import DockerManifest, ImageConfig, ImageManifest, Platform
from ..manifest_contents import MAX_INDEX_DEPTH, StoredManifest, blob_descriptor, parse_contents, parse_json
from ..platforms import choose, rank, show
from .interfaces import AsyncImageSource

_CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})
# What other clients read at the most, too.
MAX_CONFIG_BYTES = 4 * 1024 * 1024


async def async_select_platform(source: AsyncImageSource, stored: StoredManifest, wanted: Platform) -> StoredManifest:
    """Return the manifest of an image that is for a platform.

    Args:
        source: What holds the image.
        stored: Its manifest, or the index of several.
        wanted: The platform.

    Raises:
        ImageError: The image is not there for the platform, or is nested too deep.
    """
    for _ in range(MAX_INDEX_DEPTH):
        children = parse_contents(stored).children
        if not children:
            return stored
        chosen = choose(children, wanted)
        found = await source.manifest(chosen)
        if found is None:
            raise ImageError(f"the index names {chosen.digest} for {show(wanted)}, but that is no manifest")
        stored = found
    raise ImageError(f"an index names an index, and so on, more than {MAX_INDEX_DEPTH} times")


async def async_read_config(source: AsyncImageSource, stored: StoredManifest) -> ImageConfig:
    """Return the config of an image, read whole and compared with its digest.

    Args:
        source: What holds the image.
        stored: Its manifest.

    Raises:
        ImageError: It is no image with a config, or that is too large.
        DigestMismatchError: The config is not the one that the manifest names.
        ParseError: It cannot be understood.
    """
    document = parse_contents(stored).document
    if not isinstance(document, (ImageManifest, DockerManifest)) or document.config.media_type not in _CONFIGS:
        kind = document.config.media_type if isinstance(document, (ImageManifest, DockerManifest)) else stored.media_type
        raise ImageError(f"{stored.digest} has no config of an image: it is {printable(kind)}")
    blob = blob_descriptor(document.config)
    content = bytearray()
    async for block in source.blob(blob, False).blocks(0):
        content += block
        if len(content) > MAX_CONFIG_BYTES:
            raise ImageError(f"the config {blob.digest} is larger than {MAX_CONFIG_BYTES} bytes, which no such document is")
    verifier = Verifier(blob.digest.algorithm)
    verifier.update(content)
    verifier.verify(blob.size, blob.digest)
    return ImageConfig.from_dict(parse_json(bytes(content), f"the config {blob.digest}"))


async def async_check_platform(source: AsyncImageSource, stored: StoredManifest, wanted: Platform) -> None:
    """Check that an image is for a platform, by its config.

    Args:
        source: What holds the image.
        stored: Its manifest.
        wanted: The platform.

    Raises:
        ImageError: It is for another one.
    """
    config = await async_read_config(source, stored)
    made_for = Platform(os=config.os, architecture=config.architecture, variant=config.variant, os_version=config.os_version)
    if rank(made_for, wanted) is None:
        raise ImageError(f"the image is not there for {show(wanted)}: it is for {printable(show(made_for))}")
