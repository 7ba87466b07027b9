"""The locations of images: parsing of the source and target arguments of a copy. Free of I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from .._core.text.redaction import quoted
from ..digest import Digest
from ..errors import ImageError, InvalidReferenceError
from ..reference import RepoRef, parse_repo_and_ref
from .docker_archive import DockerArchive
from .layout import Layout

if TYPE_CHECKING:
    from ..client._async.client import AsyncRegistryClientV2
    from ..client._sync.client import RegistryClientV2

_WINDOWS_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_LAYOUT_PREFIX = "oci:"
_ARCHIVE_PREFIX = "docker-archive:"

TargetArgument: TypeAlias = "str | RepoRef | Layout | tuple[RegistryClientV2, str]"
SourceArgument: TypeAlias = "TargetArgument | DockerArchive"
AsyncTargetArgument: TypeAlias = "str | RepoRef | Layout | tuple[AsyncRegistryClientV2, str]"
AsyncSourceArgument: TypeAlias = "AsyncTargetArgument | DockerArchive"
Client: TypeAlias = "RegistryClientV2 | AsyncRegistryClientV2"


@frozen
class RegistryLocation:
    """An image in a repository of a registry.

    Attributes:
        ref: The repository with the tag or digest of the image.
        client: The caller's client for this repository; None if the copy must create a client.
    """

    ref: RepoRef
    client: Client | None = field(default=None, repr=False)

    def __str__(self) -> str:
        tag = f":{self.ref.tag}" if self.ref.tag is not None else ""
        digest = f"@{self.ref.digest}" if self.ref.digest is not None else ""
        return f"{self.ref.canonical_name}{tag}{digest}"


Location: TypeAlias = RegistryLocation | Layout | DockerArchive


def parse_source(argument: SourceArgument | AsyncSourceArgument) -> Location:
    """Return the location of the image to copy.

    Args:
        argument: The source as the user wrote it: a reference, a layout, an archive, or a pair `(client, tag or digest)`.

    Raises:
        InvalidReferenceError: The reference or the path is malformed.
        ImageError: The client of a pair is a client of API v1.
        TypeError: The argument has a type other than those listed.
    """
    if isinstance(argument, (Layout, DockerArchive)):
        return argument
    if isinstance(argument, str) and argument.startswith(_LAYOUT_PREFIX):
        return Layout(*_split_path(argument, _LAYOUT_PREFIX))
    if isinstance(argument, str) and argument.startswith(_ARCHIVE_PREFIX):
        return DockerArchive(*_split_path(argument, _ARCHIVE_PREFIX))
    if isinstance(argument, str):
        return RegistryLocation(parse_repo_and_ref(argument))
    if isinstance(argument, RepoRef):
        return RegistryLocation(argument)
    if not isinstance(argument, tuple) or len(argument) != 2:
        raise TypeError(
            "pass an image as text such as 'alpine:3.20', a RepoRef, a Layout, a DockerArchive or a pair (client, ref), "
            f"not as {type(argument).__name__}"
        )
    client, ref = argument
    version = getattr(client, "version", None)
    if version == 1:
        raise ImageError(
            "images are copied with API v2 only, but the client of the pair is a client of API v1",
            hint="Copy between registries that support API v2; old images can be downloaded with RegistryClientV1.",
        )
    if version != 2 or not isinstance(ref, str):
        raise TypeError("a pair (client, ref) must consist of a client of API v2, and a tag or digest as a string")
    digest = Digest(ref) if ":" in ref else None
    repo = client.repo
    return RegistryLocation(RepoRef(repo.index, repo.remote_name, tag=None if digest else ref, digest=digest), client)


def parse_target(argument: TargetArgument | AsyncTargetArgument) -> RegistryLocation | Layout:
    """Return the location to which an image is copied.

    Args:
        argument: The target as the user wrote it: a reference, a layout, or a pair `(client, tag or digest)`.

    Raises:
        InvalidReferenceError: The reference or the path is malformed.
        ImageError: The target is an archive, or the client of a pair is a client of API v1.
        TypeError: The argument has a type other than those listed.
    """
    location = parse_source(argument)
    if isinstance(location, DockerArchive):
        raise ImageError("docker archives can only be read", hint="Write to a layout (oci:path:tag) or to a registry.")
    return location


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
