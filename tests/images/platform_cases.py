"""Indexes, the platform that is asked for, and the image that is to be chosen.

An index is a tuple of entries: a platform for an image whose entry states it; `?` and a platform for an image whose entry states
no platform; `{}` and a platform for one with an empty platform; a tuple for an index without a platform.

Sources: https://github.com/estesp/manifest-tool/issues/199 (nested indexes), https://github.com/moby/moby/issues/52773,
https://github.com/AlmaLinux/container-images/issues/71, https://github.com/regclient/regclient/issues/685,
https://github.com/google/go-containerregistry/issues/2059
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from attrs import frozen

from docker_registry_sdk.images import parse_platform
from docker_registry_sdk.media_types import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.v2.models import Platform
from tests.images.built_images import BuiltImage, build_manifest, descriptor_of
from tests.support.images import descriptor

Entry: TypeAlias = "str | tuple[Entry, ...]"

ATTESTATION = "unknown/unknown"
_NESTED: tuple[Entry, ...] = (("linux/amd64", ATTESTATION), ("linux/arm64/v8",))
_WITH_ATTESTATION = (ATTESTATION, "linux/amd64", "linux/arm64")
_V2_V3 = ("linux/amd64/v2", "linux/amd64/v3")
_V1_V2_V3 = ("linux/amd64/v3", "linux/amd64/v2", "linux/amd64")
_ARM = ("linux/arm/v6", "linux/arm/v7", "linux/arm64/v8")
_WINDOWS = ("windows(10.0.17763.4974)/amd64", "windows(10.0.20348.2031)/amd64", "windows/amd64")


@frozen
class PlatformCase:
    """An index and a platform, with the image that is to be chosen.

    Attributes:
        index: The entries of the index.
        ask: The platform that is asked for.
        want: The text of the entry that is to be chosen; None if the platform is not there.
        error: The end of the message if the platform is not there.
    """

    index: tuple[Entry, ...]
    ask: str
    want: str | None
    error: str = ""


CASES = [
    PlatformCase(_NESTED, "linux/amd64", "linux/amd64"),
    PlatformCase(_NESTED, "linux/arm64", "linux/arm64/v8"),
    PlatformCase((("linux/amd64",), ("linux/arm64/v8",)), "linux/arm64", "linux/arm64/v8"),
    PlatformCase(_NESTED, "linux/s390x", None, "its platforms are linux/amd64, linux/arm64/v8"),
    PlatformCase((("linux/amd64",), ("linux/amd64/v3",)), "linux/amd64/v3", "linux/amd64/v3"),
    PlatformCase((((("linux/amd64",),),), ("linux/arm64",)), "linux/amd64", "linux/amd64"),
    PlatformCase((("?linux/arm64",), ("?linux/amd64",)), "linux/amd64", "?linux/amd64"),
    PlatformCase((("linux/amd64",), "linux/amd64/v2"), "linux/amd64/v2", "linux/amd64/v2"),
    PlatformCase((("linux/amd64",), "linux/arm64"), "linux/amd64", "linux/amd64"),
    PlatformCase(("?linux/amd64", "?linux/arm64"), "linux/arm64", "?linux/arm64"),
    PlatformCase(("?linux/amd64",), "linux/amd64", "?linux/amd64"),
    PlatformCase(("?linux/amd64",), "linux/arm64", None, "its platforms are linux/amd64"),
    PlatformCase(("?linux/amd64", "?linux/amd64/v2"), "linux/amd64/v3", "?linux/amd64/v2"),
    PlatformCase(("?linux/amd64/v3", "?linux/amd64"), "linux/amd64", "?linux/amd64"),
    PlatformCase(("{}linux/amd64",), "linux/amd64", "{}linux/amd64"),
    PlatformCase(("?unknown/unknown", "?linux/amd64"), "linux/amd64", "?linux/amd64"),
    PlatformCase((), "linux/amd64", None, "its index is empty"),
    PlatformCase(((),), "linux/amd64", None, "its index contains no platforms"),
    PlatformCase((ATTESTATION,), "linux/amd64", None, "its index contains no platforms"),
    PlatformCase((ATTESTATION,), ATTESTATION, None, "its index contains no platforms"),
    PlatformCase(_WITH_ATTESTATION, "linux/amd64", "linux/amd64"),
    PlatformCase(_WITH_ATTESTATION, "linux/arm64/v8", "linux/arm64"),
    PlatformCase(_WITH_ATTESTATION, "linux/s390x", None, "its platforms are linux/amd64, linux/arm64"),
    PlatformCase(_WITH_ATTESTATION, ATTESTATION, None, "its platforms are linux/amd64, linux/arm64"),
    PlatformCase(_V2_V3, "linux/amd64", None, "its platforms are linux/amd64/v2, linux/amd64/v3"),
    PlatformCase(_V2_V3, "linux/amd64/v2", "linux/amd64/v2"),
    PlatformCase(_V2_V3, "linux/amd64/v4", "linux/amd64/v3"),
    PlatformCase(_V1_V2_V3, "linux/amd64", "linux/amd64"),
    PlatformCase(_V1_V2_V3, "linux/amd64/v3", "linux/amd64/v3"),
    PlatformCase(_ARM, "linux/arm", "linux/arm/v7"),
    PlatformCase(_ARM, "linux/arm/v6", "linux/arm/v6"),
    PlatformCase(_ARM, "linux/arm/v8", "linux/arm/v7"),
    PlatformCase(_ARM, "linux/arm/v5", None, "its platforms are linux/arm/v6, linux/arm/v7, linux/arm64/v8"),
    PlatformCase(("linux/arm64",), "linux/arm64/v8", "linux/arm64"),
    PlatformCase(("linux/arm64",), "linux/arm64", "linux/arm64"),
    PlatformCase(_WINDOWS, "windows/amd64", _WINDOWS[1]),
    PlatformCase(_WINDOWS, "windows(10.0.20348)/amd64", _WINDOWS[1]),
    PlatformCase(_WINDOWS, "windows(10.0.20348.9999)/amd64", _WINDOWS[1]),
    PlatformCase(_WINDOWS, "windows(10.0.26100)/amd64", _WINDOWS[2]),
    PlatformCase(
        _WINDOWS[:2],
        "windows(10.0.26100)/amd64",
        None,
        "its platforms are windows(10.0.17763.4974)/amd64, windows(10.0.20348.2031)/amd64",
    ),
    PlatformCase(("windows/amd64",), "windows(10.0.17763)/amd64", "windows/amd64"),
]


def build_entries(entries: tuple[Entry, ...]) -> BuiltImage:
    """Return an index. The label `entry` in the config of each image is the text of its entry.

    Args:
        entries: The entries.
    """
    parts, listed = [], []
    for one in entries:
        part = _build_image(one) if isinstance(one, str) else build_entries(one)
        parts.append(part)
        listed.append(descriptor_of(part))
        if isinstance(one, str) and not one.startswith("?"):
            listed[-1]["platform"] = {} if one.startswith("{}") else _platform(one).to_dict()
    return build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}, OCI_INDEX, parts)


def _build_image(entry: str) -> BuiltImage:
    config = json.dumps({**_platform(entry.lstrip("?{}")).to_dict(), "config": {"Labels": {"entry": entry}}}).encode()
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(OCI_CONFIG, config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", b"layer")],
    }
    return build_manifest(document, OCI_MANIFEST, blobs=[config, b"layer"])


def _platform(text: str) -> Platform:
    """Return the platform as an index states it: without the variant that an architecture without a variant means."""
    parsed = parse_platform(text)
    variant = parsed.variant if text.count("/") == 2 else None
    return Platform(os=parsed.os, os_version=parsed.os_version, architecture=parsed.architecture, variant=variant)
