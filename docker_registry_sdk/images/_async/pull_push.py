"""Pulling to a layout, pushing from files, and the config of an image."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack

from ..._core.blobs.progress import OnProgress
from ..._core.transport.options import AsyncClientOptions
from ...client._async.client import AsyncRegistryClientV2
from ...v2.models import ImageConfig, Platform
from ..copy_plan import CopyResult
from ..docker_archive import DockerArchive
from ..layout import Layout
from ..location import AsyncSourceArgument, AsyncTargetArgument, RegistryLocation, parse_source
from ..platforms import default_platform, normalize, parse_platform
from .config import async_check_platform, async_read_config, async_select_platform
from .copy import async_copy
from .registry import AsyncRegistryImage


async def async_pull(
    src: AsyncSourceArgument,
    path: str | os.PathLike[str],
    *,
    tag: str | None = None,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    on_progress: OnProgress | None = None,
    **options: Unpack[AsyncClientOptions],
) -> CopyResult:
    """Copy an image into an OCI image layout.

    Args:
        src: As for `copy`.
        path: The layout's folder, made if need be.
        tag: The image's tag there; None for the one that it has in `src`, if any.
        platform: As for `copy`.
        referrers: As for `copy`.
        use_urls: As for `copy`.
        on_progress: As for `copy`.
        options: As for `copy`.

    Raises:
        RegistryError: As for `copy`.
        OSError: The layout cannot be written.
    """
    source = parse_source(src)
    if tag is None:
        tag = source.ref.tag if isinstance(source, RegistryLocation) else source.tag if isinstance(source, Layout) else source.ref
    return await async_copy(
        src,
        Layout(Path(path), tag),
        platform=platform,
        referrers=referrers,
        use_urls=use_urls,
        on_progress=on_progress,
        **options,
    )


async def async_push(
    path: str | os.PathLike[str],
    dst: AsyncTargetArgument,
    *,
    tag: str | None = None,
    platform: str | Platform | None = None,
    referrers: bool = False,
    use_urls: bool = False,
    on_progress: OnProgress | None = None,
    **options: Unpack[AsyncClientOptions],
) -> CopyResult:
    """Copy an image from an OCI image layout or a docker-save tarball.

    Args:
        path: The layout's folder, or the tarball.
        dst: As for `copy`.
        tag: The image's name there; None for the only image.
        platform: As for `copy`.
        referrers: As for `copy`.
        use_urls: As for `copy`.
        on_progress: As for `copy`.
        options: As for `copy`.

    Raises:
        RegistryError: As for `copy`.
        OSError: The files cannot be read.
    """
    place = Path(path)
    return await async_copy(
        Layout(place, tag) if place.is_dir() else DockerArchive(place, tag),
        dst,
        platform=platform,
        referrers=referrers,
        use_urls=use_urls,
        on_progress=on_progress,
        **options,
    )


async def async_get_config(client: AsyncRegistryClientV2, ref: str, platform: str | Platform | None = None) -> ImageConfig:
    """Return the config of an image: its environment, command, labels, history and platform.

    Args:
        client: A client that is bound to the image's repository.
        ref: A tag or a digest.
        platform: The platform, such as `linux/arm64`, when the image is there for several; None for Linux on this machine's
            processor, or whatever an image is for that is there for one only.

    Raises:
        NotFoundError: There is no such image.
        ImageError: It is not there for the platform, or is none that has a config.
        DigestMismatchError: The registry holds other bytes than it says.
        ParseError: A document cannot be understood.
    """
    place = parse_source((client, ref))
    assert isinstance(place, RegistryLocation)
    source = AsyncRegistryImage(client, place.ref.tag, place.ref.digest)
    root = await source.root()
    wanted = parse_platform(platform) if isinstance(platform, str) else None if platform is None else normalize(platform)
    chosen = await async_select_platform(source, root, wanted or default_platform())
    if chosen is root and wanted is not None:
        await async_check_platform(source, root, wanted)
    return await async_read_config(source, chosen)
