"""Platforms such as `linux/arm64/v8`: parsing, normalized names, and the platforms of this machine.

Source: https://github.com/opencontainers/image-spec/blob/main/image-index.md and
https://github.com/containerd/platforms/blob/main/platforms.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from attrs import evolve

from .._core.text.redaction import quoted
from ..errors import InvalidPlatformError
from ..media_types import DOCKER_CONFIG, OCI_CONFIG
from ..v2 import models

CONFIG_TYPES: Final = frozenset({OCI_CONFIG, DOCKER_CONFIG})
# Limits against hostile images: large configs, and indexes that refer to indexes, and so on. Other clients have similar limits.
MAX_CONFIG_BYTES: Final = 4 * 1024 * 1024
MAX_INDEX_DEPTH: Final = 8

_TEXT: Final = r"[A-Za-z0-9_.-]+(?:\([A-Za-z0-9_.-]+\))?(?:/[A-Za-z0-9_.-]+){1,2}"
_ARCHITECTURES: Final = {
    "aarch64": "arm64", "aarch64_be": "arm64be", "armhf": "arm", "armel": "arm", "armv5l": "arm", "armv6l": "arm",
    "armv7l": "arm", "armv8l": "arm", "i386": "386", "i486": "386", "i586": "386", "i686": "386", "x86": "386",
    "loongarch64": "loong64", "x86-64": "amd64", "x86_64": "amd64",
}  # fmt: skip
_VARIANTS: Final = {"armhf": "v7", "armel": "v6", "armv5l": "v5", "armv6l": "v6", "armv7l": "v7", "armv8l": "v8"}
# The variant that an architecture without a variant means.
_DEFAULT_VARIANTS: Final = {"arm": "v7", "arm64": "v8", "amd64": "v1"}
# The features that the levels v2, v3 and v4 of x86-64 add.
_X86_64_LEVELS: Final = (
    "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3",
    "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
    "avx512f avx512bw avx512cd avx512dq avx512vl",
)


def parse_platform(text: str) -> models.Platform:
    """Parse a platform such as `linux/arm64/v8`, and return the `Platform` with normalized names.

    Args:
        text: `system/architecture` or `system/architecture/variant`, such as `linux/amd64` or `linux/arm/v7`. The
            architecture may be a name of Go (`amd64`) or of `uname -m` (`x86_64`). The version of Windows may follow in
            parentheses: `windows(10.0.17763)/amd64`.

    Raises:
        InvalidPlatformError: The text has another form.
    """
    if not isinstance(text, str) or not re.fullmatch(_TEXT, text):
        shown = quoted(text) if isinstance(text, str) else type(text).__name__
        raise InvalidPlatformError(f"{shown} is not a platform")
    system, architecture, *variant = text.lower().split("/")
    system, _, version = system.removesuffix(")").partition("(")
    return normalize(
        models.Platform(
            os=system,
            os_version=version or None,
            architecture=architecture,
            variant=variant[0] if variant else None,
        )
    )


def to_platform(platform: str | models.Platform) -> models.Platform:
    """Return a platform with normalized names.

    Args:
        platform: The platform as text, such as `linux/arm64`, or as a `Platform`.

    Raises:
        InvalidPlatformError: The text is not a platform.
        TypeError: The argument is neither text nor a `Platform`.
    """
    if isinstance(platform, str):
        return parse_platform(platform)
    if not isinstance(platform, models.Platform):
        raise TypeError(
            f"platform must be one platform, as text such as 'linux/arm64' or as a Platform, not {type(platform).__name__}: "
            "call the function once for each platform, or pass None"
        )
    return normalize(platform)


def default_platforms() -> tuple[models.Platform, ...]:
    """Return the platforms whose images run on this machine by default, the preferred one first.

    The first is Linux on the processor of this machine, also on macOS and Windows, which run Linux in a virtual machine. On
    Linux, the variant of an x86-64 processor is the highest level whose instructions the processor has, such as `v3`. On Windows,
    the second is Windows with the version of this machine.
    """
    import platform

    machine = normalize(models.Platform(os="linux", architecture=platform.machine()))
    if platform.system() == "Windows":
        return machine, evolve(machine, os="windows", os_version=platform.version())
    if machine.architecture != "amd64":
        return (machine,)
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            line = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return (machine,)
    return (evolve(machine, variant=x86_64_level(line.partition(":")[2].split())),)


def x86_64_level(flags: Iterable[str]) -> str:
    """Return the highest level of x86-64 whose instructions a processor has: `v1`, `v2`, `v3` or `v4`.

    Args:
        flags: The features of the processor, with the names in Linux's /proc/cpuinfo.

    Source: https://gitlab.com/x86-psABIs/x86-64-ABI (table "Micro-Architecture Levels").
    """
    has, level = set(flags), 1
    for needed in _X86_64_LEVELS:
        if not has.issuperset(needed.split()):
            break
        level += 1
    return f"v{level}"


def normalize(platform: models.Platform) -> models.Platform:
    """Return a platform with normalized names, for comparison: `Linux/x86_64` becomes `linux/amd64/v1`.

    Args:
        platform: The platform, with the names that a user or an index contains.
    """
    system = (platform.os or "").lower()
    given = (platform.architecture or "").lower()
    architecture = _ARCHITECTURES.get(given, given)
    variant = (platform.variant or _VARIANTS.get(given, "")).lower()
    if variant[:1].isdigit():
        variant = f"v{variant}"
    return models.Platform(
        os="darwin" if system == "macos" else system,
        os_version=platform.os_version,
        os_features=platform.os_features,
        architecture=architecture,
        variant=variant or _DEFAULT_VARIANTS.get(architecture),
    )


def is_known(platform: models.Platform) -> bool:
    """Return whether a platform is real. BuildKit lists attestations in an index with the platform `unknown/unknown`.

    Args:
        platform: The platform of a descriptor.
    """
    return "unknown" not in (platform.os, platform.architecture)


def show(platform: models.Platform) -> str:
    """Return a platform as text such as `linux/arm64/v8`, which `parse_platform` accepts.

    Args:
        platform: The platform; a missing operating system or architecture is shown as `unknown`.
    """
    version = f"({platform.os_version})" if platform.os_version else ""
    variant = f"/{platform.variant}" if platform.variant else ""
    return f"{platform.os or 'unknown'}{version}/{platform.architecture or 'unknown'}{variant}"
