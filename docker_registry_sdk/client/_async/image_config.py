"""The config of an image, read from a registry, a layout or an archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..._core.text.redaction import printable
from ...digest import Verifier
from ...errors import ImageError
from ...v2 import models
from ..error_places import PUSH_HINT, named_by, named_document
from ..manifests import parse_document
from ..platforms import CONFIG_TYPES, MAX_CONFIG_BYTES

if TYPE_CHECKING:
    from ..._core.blobs.upload_source import AsyncReplayableSource
    from ..manifest_types import Manifest


async def async_read_image_config(
    manifest: Manifest | None,
    name: str,
    media_type: str,
    open_blob: Callable[[models.Descriptor], AsyncReplayableSource],
    *,
    strict: bool = False,
) -> models.ImageConfig:
    """Return the config of an image, after comparing the bytes of the config with the digest in the manifest.

    Args:
        manifest: The parsed manifest of the image; None for a manifest of an unknown media type.
        name: The name of the manifest in error messages, such as `the manifest sha256:…`.
        media_type: The media type of the manifest, for error messages.
        open_blob: A function that returns a reader of the blob with a descriptor. The reader need not verify the bytes.
        strict: Whether every value of a wrong type in the config raises a ParseError; see `ImageConfig.from_dict`.

    Raises:
        ImageError: The manifest has no image config, or the config is larger than 4 MiB.
        InvalidDigestError: The digest of the config has an algorithm other than sha256 and sha512.
        DigestMismatchError: The bytes of the config have another digest or size.
        ParseError: The config is not a JSON object; or it has a value of a wrong type, and `strict` is true.
    """
    config = config_of(manifest)
    if config is None:
        named = _named_config(manifest)
        kind = (
            f"its media type is {printable(media_type)}"
            if named is None
            else f"its config has the media type {printable(named.media_type)}"
        )
        raise ImageError(
            f"{name} has no image config: {kind}",
            hint="Choose a manifest of an image; artifacts and old images have no image config, and so no platform.",
        )
    with named_by(f"config of {name}"):
        verifier = Verifier(config.digest.algorithm)
    content = bytearray()
    if config.size <= MAX_CONFIG_BYTES:
        async for block in open_blob(config).blocks(0):
            content += block
            if len(content) > MAX_CONFIG_BYTES:
                break
    if max(config.size, len(content)) > MAX_CONFIG_BYTES:
        raise ImageError(
            f"the config {config.digest} is larger than {MAX_CONFIG_BYTES} bytes, the limit for a config",
            hint="Download the config as a blob by its digest.",
        )
    verifier.update(content)
    with named_by(f"config of {name}"):
        verifier.verify(config.size, config.digest)
    with named_document(f"the config {config.digest} of {name}", PUSH_HINT):
        # Of content that is not JSON, from_dict raises a ParseError with the name of the model.
        return models.ImageConfig.from_dict(parse_document(bytes(content)), strict=strict)


def config_of(manifest: Manifest | None) -> models.Descriptor | None:
    """Return the descriptor of the image config that a manifest names; None for indexes, artifacts and old images.

    Args:
        manifest: The parsed manifest; None for a manifest of an unknown media type.
    """
    config = _named_config(manifest)
    return None if config is None or config.media_type not in CONFIG_TYPES else config


def _named_config(manifest: Manifest | None) -> models.Descriptor | None:
    return manifest.config if isinstance(manifest, (models.ImageManifest, models.DockerManifest)) else None
