"""Which entries of an index suit a platform, and in which order. Free of I/O.

Sources: https://github.com/opencontainers/image-spec/blob/main/image-index.md and
https://github.com/containerd/platforms/blob/main/platforms.go (also for the versions of Windows)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import zip_longest
from typing import Final, TypeAlias

from attrs import field, frozen

from .._core.text.redaction import printable
from ..errors import PlatformNotFoundError, RegistryError
from ..media_types import DOCKER_MANIFEST, OCI_MANIFEST
from ..v2 import models
from .manifests import INDEX_TYPES
from .platforms import is_known, normalize, show

Rank: TypeAlias = tuple[int, ...]

BEST: Final[Rank] = (0,)  # of all systems but Windows, where a version may be better still
_IMAGE_TYPES: Final = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
_MAX_PLATFORMS_SHOWN: Final = 20
_BUILD_PARTS: Final = 3  # of a Windows version, such as 10.0.17763.4974: the fourth part is the revision


@frozen(kw_only=True)
class SortedEntries:
    """The entries of an index, sorted by whether they suit a platform.

    Attributes:
        suited: The manifests and indexes for a platform that suits, each with its rank, the best first.
        indexes: The indexes without a platform: only their entries tell.
        images: The manifests of images without a platform: only their configs tell.
        platforms: The platforms of all entries.
    """

    suited: list[tuple[Rank, models.Descriptor]] = field(factory=list)
    indexes: list[models.Descriptor] = field(factory=list)
    images: list[models.Descriptor] = field(factory=list)
    platforms: list[models.Platform] = field(factory=list)


def sort_entries(descriptors: Iterable[models.Descriptor], wanted: models.Platform) -> SortedEntries:
    """Return the entries of an index, sorted by whether they suit a platform.

    Entries with the platform `unknown/unknown`, such as attestations, suit no platform. Of entries that suit equally well, the
    first in the index comes first.

    Args:
        descriptors: The entries of the index.
        wanted: The platform on which the image should run.
    """
    entries = SortedEntries()
    for one in descriptors:
        platform = one.platform
        if platform is None or not (platform.os and platform.architecture):
            if one.media_type in INDEX_TYPES:
                entries.indexes.append(one)
            elif one.media_type in _IMAGE_TYPES:
                entries.images.append(one)
        elif is_known(platform):
            entries.platforms.append(platform)
            if (order := rank(platform, wanted)) is not None:
                entries.suited.append((order, one))
    entries.suited.sort(key=lambda pair: pair[0])
    return entries


def rank(candidate: models.Platform, wanted: models.Platform) -> Rank | None:
    """Return how well an image suits a platform, for comparison: lower is better. None if the image does not run there.

    A processor runs programs for older variants of its architecture, but not for newer ones, and the newest of these variants is
    best. A Windows version needs an image of the same build (10.0.17763); the same revision is best, then the newest one. An
    image without a Windows version suits each version, but is chosen last. If `wanted` has no version, the newest image is best.

    Args:
        candidate: The platform of the image.
        wanted: The platform on which the image should run.
    """
    has, wants = normalize(candidate), normalize(wanted)
    if (has.os, has.architecture) != (wants.os, wants.architecture):
        return None
    steps = _steps(has.variant, wants.variant)
    if steps is None or wants.os != "windows":
        return None if steps is None or (wants.os_version and wants.os_version != has.os_version) else (steps,)
    version, needed = _numbers(has.os_version), _numbers(wants.os_version)
    if not version:
        return steps, 2
    if any(a != b for a, b in list(zip_longest(version, needed))[: min(_BUILD_PARTS, len(needed))]):
        return None
    return steps, 0 if version[: len(needed)] == needed else 1, *(-number for number in version)


def check_platform(config: models.ImageConfig, wanted: models.Platform) -> None:
    """Check that an image runs on a platform, by the platform in the config of the image.

    Args:
        config: The config of the image.
        wanted: The platform on which the image should run.

    Raises:
        PlatformNotFoundError: The image was built for a platform whose images do not run on `wanted`.
    """
    made_for = platform_of(config)
    if rank(made_for, wanted) is None:
        available = printable(show(made_for))
        raise PlatformNotFoundError(
            f"the image does not exist for {show(wanted)}: its platform is {available}",
            wanted=printable(show(wanted)),
            available=[available],
        )


def platform_of(config: models.ImageConfig) -> models.Platform:
    """Return the platform in the config of an image.

    Args:
        config: The config.
    """
    return models.Platform(os=config.os, architecture=config.architecture, variant=config.variant, os_version=config.os_version)


def platform_not_found(
    wanted: models.Platform, platforms: Iterable[models.Platform], *, is_empty: bool, unread: RegistryError | None
) -> PlatformNotFoundError:
    """Return the exception for an index without a manifest for a platform. Its message lists the platforms that are there.

    Args:
        wanted: The platform.
        platforms: The platforms of the index, and of the indexes in it.
        is_empty: Whether the index has no entries.
        unread: The exception for an entry without a platform that could not be read; None if there was no such entry.
    """
    known = sorted({printable(show(platform)) for platform in platforms})
    more = " and more" if len(known) > _MAX_PLATFORMS_SHOWN else ""
    nothing = "its index is empty" if is_empty else "its index contains no platforms"
    shown = f"its platforms are {', '.join(known[:_MAX_PLATFORMS_SHOWN])}{more}" if known else nothing
    failed = "" if unread is None else f"; an entry without a platform cannot be read: {unread.problem}"
    return PlatformNotFoundError(
        f"the image does not exist for {show(wanted)}: {shown}{failed}",
        wanted=printable(show(wanted)),
        available=known,
        hint="Push the image again: an index lists the images of all platforms." if is_empty else None,
    )


def _steps(older: str | None, newer: str | None) -> int | None:
    """Return how much older the variant of an image is than the wanted variant: 0 for the same; None if it does not run there."""
    if older == newer:
        return 0
    has, wants = (re.fullmatch(r"v(\d{1,3})(?:\.(\d{1,3}))?", one or "") for one in (older, newer))
    if has is None or wants is None:
        return None
    major, minor = (int(wants[part] or 0) - int(has[part] or 0) for part in (1, 2))
    return None if (major, minor) < (0, 0) else max(1, major * 100 + minor)


def _numbers(version: str | None) -> tuple[int, ...]:
    """Return the numbers of a Windows version; an empty tuple if there is no version, or if it has another form."""
    found = re.fullmatch(r"\d{1,9}(?:\.\d{1,9}){0,3}", version or "", re.ASCII)
    return tuple(map(int, found[0].split("."))) if found else ()
