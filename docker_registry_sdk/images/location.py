"""The places of images: parsing of the source and target arguments of a copy.

This module examines only whether a path is a file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TypeAlias

from .._core.text.redaction import quoted
from ..client._async.manifest_ref import AsyncManifestRef
from ..client._sync.manifest_ref import ManifestRef
from ..errors import ImageError, InvalidReferenceError
from ..reference import RepoRef, parse_repo_and_ref
from .docker_archive import DockerArchive
from .layout import Layout

_WINDOWS_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_LAYOUT_PREFIX = "oci:"
_ARCHIVE_PREFIX = "docker-archive:"
_UNSUPPORTED_PREFIXES = ("containers-storage:", "dir:", "docker://", "docker-daemon:", "oci-archive:")
"""Prefixes of skopeo. Some names with such a prefix are references, too, such as the tag `x.tar` in `oci-archive:x.tar`."""

TargetPlace: TypeAlias = str | RepoRef | ManifestRef | Layout | os.PathLike[str]
"""A place that an image can be written to: see `Place`. A path is the folder of an OCI image layout."""
Place: TypeAlias = TargetPlace | DockerArchive
"""The place of an image.

A place is text such as `ghcr.io/owner/app:1.2`, `oci:folder:tag` or `docker-archive:file`; a `RepoRef`; a `ManifestRef`, whose
connections and login are used; a `Layout`; a `DockerArchive`; or a path: of a folder with an OCI image layout, or of a tarball
that `docker save` wrote.
"""
AsyncTargetPlace: TypeAlias = str | RepoRef | AsyncManifestRef | Layout | os.PathLike[str]
"""A place that an image can be written to, for async functions: see `TargetPlace`."""
AsyncPlace: TypeAlias = AsyncTargetPlace | DockerArchive
"""The place of an image, for async functions: see `Place`; with an `AsyncManifestRef` instead of a `ManifestRef`."""

Location: TypeAlias = RepoRef | Layout | DockerArchive


def parse_source(place: object) -> Location:
    """Return the location of an image to read.

    Args:
        place: The place as the user wrote it, except a `ManifestRef`.

    Raises:
        InvalidReferenceError: The reference or the path is malformed.
        TypeError: The place has a type other than those listed at `Place`.
    """
    if isinstance(place, os.PathLike):
        path = Path(place)
        return DockerArchive(path) if path.is_file() else Layout(path)
    return _parse(place)


def parse_target(place: object, source: Location) -> RepoRef | Layout:
    """Return the location to which an image is copied.

    Args:
        place: The place as the user wrote it, except a `ManifestRef`. In the layout at a path, the image gets the tag or name of
            the source.
        source: The location from which the image is copied.

    Raises:
        InvalidReferenceError: The reference or the path is malformed.
        ImageError: The target is an archive.
        TypeError: The place has a type other than those listed at `TargetPlace`.
    """
    if isinstance(place, os.PathLike):
        return Layout(Path(place), tag_of_location(source))
    location = _parse(place)
    if isinstance(location, DockerArchive):
        raise ImageError("docker archives can only be read", hint="Write to a layout (oci:path:tag) or to a registry.")
    return location


def tag_of_location(location: Location) -> str | None:
    """Return the tag of an image in a registry or layout, or the name of an image in an archive; None if it has none.

    Args:
        location: The location of the image.
    """
    return location.ref if isinstance(location, DockerArchive) else location.tag


def _parse(place: object) -> Location:
    if isinstance(place, (RepoRef, Layout, DockerArchive)):
        return place
    if not isinstance(place, str):
        raise TypeError(
            f"pass an image as text such as 'alpine:3.20', a RepoRef, a ManifestRef such as client.ref('1.0') (in async code an "
            f"AsyncManifestRef), a Layout, a DockerArchive or a Path, not as {type(place).__name__}"
        )
    if place.startswith(_LAYOUT_PREFIX):
        return Layout(*_split_path(place, _LAYOUT_PREFIX))
    if place.startswith(_ARCHIVE_PREFIX):
        return DockerArchive(*_split_path(place, _ARCHIVE_PREFIX))
    if place.startswith(("/", "./", "../", "~")) or _WINDOWS_DRIVE.match(place):
        raise InvalidReferenceError(
            f"{quoted(place)} is a path, not a reference", hint="Pass a Path, or write oci:path or docker-archive:path."
        )
    try:
        return parse_repo_and_ref(place)
    except InvalidReferenceError:
        if place.startswith(_UNSUPPORTED_PREFIXES):
            raise InvalidReferenceError(
                f"{quoted(place)}: places with this prefix are not supported",
                hint="Write a reference such as alpine:3.20, oci:path:tag or docker-archive:path.",
            ) from None
        raise


def _split_path(text: str, prefix: str) -> tuple[str, str | None]:
    """Split a location `prefix:path:name`, and return the path and the name; the name is None for `prefix:path`."""
    rest = text.removeprefix(prefix)
    drive = rest[:2] if _WINDOWS_DRIVE.match(rest) else ""  # a name never starts with a slash
    path, colon, name = rest.removeprefix(drive).partition(":")
    path = drive + path
    if not path or (colon and not name):
        raise InvalidReferenceError(
            f"{quoted(text)} is not a location of an image", hint=f"Write {prefix}path or {prefix}path:name."
        )
    return path, name or None
