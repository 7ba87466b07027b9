"""Read the config of an image, and choose the manifest for a platform from an index."""

from __future__ import annotations

from collections.abc import Sequence

from ..._core.wire import Deadline, Timeout
from ...client._async.image_config import async_read_image_config
from ...client._async.platform_choice import async_choose_manifest
from ...client._async.registries import AsyncRegistries
from ...client.error_places import named_by
from ...client.manifest_types import Manifest
from ...client.platform_rank import check_platform
from ...client.platforms import default_platforms, to_platform
from ...errors import PlatformNotFoundError
from ...v2.models import Descriptor, ImageConfig, Platform
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
        TypeError: The place, `platform` or `registries` has the wrong type.
    """
    wanted = None if platform is None else to_platform(platform)
    async with async_open_image(async_parse_source_place(place), registries, timeout, deadline) as source:
        root = await source.read_root()
        if wanted is None:
            chosen = (await async_descend(source, root, default_platforms()))[-1]
        else:
            chosen = await async_select_platform(source, root, wanted)
        return await async_read_config(source, chosen, strict=strict)


async def async_select_platform(source: AsyncImageSource, root: StoredManifest, wanted: Platform) -> StoredManifest:
    """Return the manifest of an image for a platform.

    If `root` is an index, the manifest is chosen from the index. Otherwise `root` itself is returned, after checking the
    platform in the config of the image.

    Args:
        source: Where the manifests and the config are read from.
        root: The manifest or index that the reference of the image names.
        wanted: The platform, with normalized names.

    Raises:
        PlatformNotFoundError: The image does not exist for the platform.
    """
    path = await async_descend(source, root, (wanted,))
    if len(path) == 1:
        check_platform(await async_read_config(source, root), wanted)
    return path[-1]


async def async_descend(source: AsyncImageSource, root: StoredManifest, platforms: Sequence[Platform]) -> list[StoredManifest]:
    """Return the indexes and the manifest that lead from an index to the manifest for a platform.

    The first item is `root`, and the last item is the manifest for the platform. If `root` is not an index, it is the only item,
    and its platform is not checked.

    Args:
        source: Where the manifests are read from.
        root: The manifest or index that the reference of the image names.
        platforms: The platforms to choose, at least one: the first for which there is a manifest.

    Raises:
        PlatformNotFoundError: The index has no manifest for any of the platforms.
        ImageError: The index exceeds a limit of `async_choose_manifest`.
    """
    reader = _AsyncStoredManifests(source)
    errors: list[PlatformNotFoundError] = []
    for wanted in platforms:
        try:
            chosen = await async_choose_manifest(reader, root, wanted)
        except PlatformNotFoundError as error:
            errors.append(error)
            continue
        if chosen is None:
            return [root]
        with named_by(chosen.named_by):
            manifest = await source.read_manifest(chosen.descriptor) if chosen.manifest is None else chosen.manifest
        return [*chosen.path, manifest]
    raise errors[0]


class _AsyncStoredManifests:
    """The manifests of the source of a copy."""

    def __init__(self, source: AsyncImageSource) -> None:
        self._source = source

    def parse(self, stored: StoredManifest, /) -> Manifest | None:
        return parse_contents(stored).document

    def name(self, stored: StoredManifest, /) -> str:
        return stored.name

    async def read_manifest(self, descriptor: Descriptor, /) -> StoredManifest:
        return await self._source.read_manifest(descriptor)

    async def read_config(self, stored: StoredManifest, /) -> ImageConfig:
        return await async_read_config(self._source, stored)


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
        stored.name,
        stored.media_type,
        lambda config: source.open_blob(blob_descriptor(config), False),
        strict=strict,
    )
