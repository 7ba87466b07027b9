"""Where an image is copied from and to: what users write, and what it means. Free of I/O."""

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

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_LAYOUT = "oci:"
_ARCHIVE = "docker-archive:"

TargetArgument: TypeAlias = "str | RepoRef | Layout | tuple[RegistryClientV2, str]"
SourceArgument: TypeAlias = "TargetArgument | DockerArchive"
AsyncTargetArgument: TypeAlias = "str | RepoRef | Layout | tuple[AsyncRegistryClientV2, str]"
AsyncSourceArgument: TypeAlias = "AsyncTargetArgument | DockerArchive"
Client: TypeAlias = "RegistryClientV2 | AsyncRegistryClientV2"


@frozen
class RegistryLocation:
    """An image on a registry.

    Attributes:
        ref: Which one.
        client: The caller's client to reach it with; None to make one.
    """

    ref: RepoRef
    client: Client | None = field(default=None, repr=False)

    def __str__(self) -> str:
        tag = f":{self.ref.tag}" if self.ref.tag is not None else ""
        digest = f"@{self.ref.digest}" if self.ref.digest is not None else ""
        return f"{self.ref.canonical_name}{tag}{digest}"


Location: TypeAlias = RegistryLocation | Layout | DockerArchive


def parse_source(where: SourceArgument | AsyncSourceArgument) -> Location:
    """Return what is meant as the source of a copy.

    Args:
        where: What the user gave.

    Raises:
        InvalidReferenceError: It is malformed.
        TypeError: It is nothing of the kind.
    """
    if isinstance(where, (Layout, DockerArchive)):
        return where
    if isinstance(where, str) and where.startswith(_LAYOUT):
        return Layout(*_split(where, _LAYOUT))
    if isinstance(where, str) and where.startswith(_ARCHIVE):
        return DockerArchive(*_split(where, _ARCHIVE))
    if isinstance(where, str):
        return RegistryLocation(parse_repo_and_ref(where))
    if isinstance(where, RepoRef):
        return RegistryLocation(where)
    if not isinstance(where, tuple) or len(where) != 2:
        raise TypeError(f"an image should be a reference, a layout or a pair (client, ref), not {type(where).__name__}")
    client, ref = where
    version = getattr(client, "version", None)
    if version == 1:
        raise ImageError("images are copied by API v2 only, and the client is one of v1")
    if version != 2 or not isinstance(ref, str):
        raise TypeError("a pair should be a client of API v2 and a tag or digest")
    digest = Digest(ref) if ":" in ref else None
    repo = client.repo
    return RegistryLocation(RepoRef(repo.index, repo.remote_name, tag=None if digest else ref, digest=digest), client)


def parse_target(where: TargetArgument | AsyncTargetArgument) -> RegistryLocation | Layout:
    """Return what is meant as the target of a copy.

    Args:
        where: What the user gave.

    Raises:
        InvalidReferenceError: It is malformed.
        ImageError: Nothing is written there.
        TypeError: It is nothing of the kind.
    """
    place = parse_source(where)
    if isinstance(place, DockerArchive):
        raise ImageError("docker archives are only read; write to a layout (oci:path:tag) or to a registry")
    return place


def _split(text: str, prefix: str) -> tuple[str, str | None]:
    rest = text.removeprefix(prefix)
    drive = rest[:2] if _DRIVE.match(rest) else ""  # no name begins with a slash
    path, colon, name = rest.removeprefix(drive).partition(":")
    path = drive + path
    if not path or (colon and not name):
        raise InvalidReferenceError(f"{quoted(text)} is no image: write {prefix}path or {prefix}path:name")
    return path, name or None
