"""Read the config of an image, and choose the manifest for a platform from an index."""

from __future__ import annotations

from ..._core.wire import Deadline, Timeout
from ...client._async.image_config import async_read_image_config
from ...client._async.registries import AsyncRegistries
from ...client.platforms import (
    MAX_INDEX_DEPTH,
    check_platform,
    choose,
    default_platform,
    to_platform,
)
from ...errors import ImageError, PlatformNotFoundError
from ...v2.models import DockerManifestList, ImageConfig, ImageIndex, Platform
from ..location import AsyncPlace
from ..manifest_contents import StoredManifest, blob_descriptor, parse_contents
from .interfaces import AsyncImageSource
from .open_copy import async_open_image
from .places import async_parse_source_place


async def async_get_config(
    place: AsyncPlace,
    *,
    platform: str | Platform | None = None,
    strict: bool = False,
    registries: AsyncRegistries | None = None,
    timeout: float | Timeout | None = None,
    deadline: Deadline | float | None = None,
) -> ImageConfig:
    """Return the config of an image: environment, command, labels, history and platform.

    A field of a wrong type reads as None, and is named in `problems` of the result. An entrypoint, command or shell that is one
    text is read as a list of this text, as Docker reads it.

    Args:
        place: The place of the image: a reference as text (`alpine:3.20`) or as a `RepoRef`; a reference that is bound to a
            client (`client.ref("1.2")`); or an image in an OCI image layout or a tarball of `docker save`, as for `copy`.
        platform: The platform, such as `linux/arm64`. If `platform` is None (default), the image for Linux on this machine's
            processor is chosen from an index; if `place` names a manifest that is not an index, None accepts any platform of the
            image.
        strict: Whether every field of a wrong type raises a ParseError instead.
        registries: The owner of connections, logins and options for the registries of a place that is not a `ManifestRef`. None
            (default) opens registries with the default options and the stored logins, and closes them at the end.
        timeout: The seconds that each step of a request may take, such as one read, or a `Timeout`. None (default) uses the
            option `timeout` of each client: 60 seconds, and 15 seconds for connecting, if that is not set either.
        deadline: The seconds that the whole call may take, or a `Deadline`. None (default) uses the option `deadline` of each
            client, for the requests of that client: no limit if that is not set either.

    Raises:
        InvalidReferenceError: The reference is malformed.
        NotFoundError: The image does not exist in the registry.
        InvalidPlatformError: The platform is malformed.
        ImageError: The image does not exist in the layout or archive, or the manifest has no image config or a config of more
            than 4 MiB.
        PlatformNotFoundError: The image does not exist for the platform.
        DigestMismatchError: The bytes of the config have another digest.
        InvalidDigestError: The digest of the manifest or config has an algorithm other than sha256 and sha512.
        ParseError: The index or the manifest is malformed, or the config is not a JSON object; or the config has a field of a
            wrong type, and `strict` is true.
        DeadlineExceededError: The deadline passed before the call was complete.
        OSError: A file cannot be read.
        TypeError: The place or `registries` has the wrong type.
    """
    async with async_open_image(async_parse_source_place(place), registries, timeout, deadline) as source:
        root = await source.read_root()
        if platform is None:
            chosen = await async_select_manifest(source, root, default_platform())
        else:
            chosen = await async_select_platform(source, root, platform)
        return await async_read_config(source, chosen, strict=strict)


async def async_select_platform(source: AsyncImageSource, root: StoredManifest, platform: str | Platform) -> StoredManifest:
    """Return the manifest of an image for a platform.

    If `root` is an index, the manifest is chosen from the index. Otherwise `root` itself is returned, after checking the
    platform in the config of the image.

    Args:
        source: Where the manifests and the config are read from.
        root: The manifest or index that the reference of the image names.
        platform: The platform, such as `linux/arm64` or a `Platform`.

    Raises:
        InvalidPlatformError: The platform is malformed.
        PlatformNotFoundError: The image does not exist for the platform.
    """
    wanted = to_platform(platform)
    chosen = await async_select_manifest(source, root, wanted)
    if chosen is root:
        config = await async_read_config(source, root)
        check_platform(config, wanted)
    return chosen


async def async_select_manifest(source: AsyncImageSource, root: StoredManifest, wanted: Platform) -> StoredManifest:
    """Return the manifest for a platform from an index; if `root` is not an index, return `root` without checking its platform.

    See `async_descend`.
    """
    return (await async_descend(source, root, wanted))[-1]


async def async_descend(
    source: AsyncImageSource, root: StoredManifest, wanted: Platform, *, or_first: bool = False
) -> list[StoredManifest]:
    """Return the indexes and the manifest that lead from an index to the manifest for a platform.

    The first item is `root`, and the last item is the manifest for the platform. If `root` is not an index, it is the only item,
    and its platform is not checked.

    Args:
        source: Where the manifests are read from.
        root: The manifest or index that the reference of the image names.
        wanted: The platform to choose. If an index lists an index for the platform, the manifest is chosen from that index.
        or_first: Whether to choose the first entry of an index that has no manifest for the platform. If False, such an index
            raises an error.

    Raises:
        PlatformNotFoundError: The index has no manifest for the platform.
        ImageError: Indexes are nested more than 8 levels deep.
    """
    path = [root]
    for _ in range(MAX_INDEX_DEPTH):
        contents = parse_contents(path[-1])
        if not isinstance(contents.document, (ImageIndex, DockerManifestList)):
            return path
        children = contents.children
        if or_first and not children:
            return path
        try:
            chosen = choose(children, wanted)
        except PlatformNotFoundError:
            if not or_first:
                raise
            chosen = children[0]
        path.append(await source.read_manifest(chosen))
    raise ImageError(
        f"the indexes of the image are nested too deep: the limit is {MAX_INDEX_DEPTH} levels",
        hint="Choose a manifest by its digest.",
    )


async def async_read_config(source: AsyncImageSource, stored: StoredManifest, *, strict: bool = False) -> ImageConfig:
    """Return the config of an image, after comparing the bytes of the config with the digest in the manifest.

    Args:
        source: Where the config is read from.
        stored: The manifest of the image.
        strict: Whether every value of a wrong type in the config raises a ParseError.

    Raises:
        ImageError: The manifest has no image config, or the config is larger than 4 MiB.
        DigestMismatchError: The bytes of the config have another digest.
        ParseError: The config is not a JSON object; or it has a value of a wrong type, and `strict` is true.
    """
    document = parse_contents(stored).document
    return await async_read_image_config(
        document,
        stored.digest,
        stored.media_type,
        lambda config: source.open_blob(blob_descriptor(config), False),
        strict=strict,
    )
