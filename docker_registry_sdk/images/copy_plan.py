"""What a copy is going to do, and what it did: values without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from .._core.text.redaction import printable
from ..digest import Digest
from .layout import Layout
from .location import Location, RegistryLocation
from .manifest_contents import BlobDescriptor

BlobAction: TypeAlias = Literal["move", "mount", "skip", "leave"]
_WORDS: Mapping[str, str] = {
    "move": "move",
    "mount": "mount",
    "skip": "skip",
    "leave": "leave out",
    "push": "push",
}


@frozen(kw_only=True)
class PlannedBlob:
    """What happens to a blob.

    Attributes:
        blob: The blob.
        action: `move` passes its bytes, `mount` lets the registry take it over from another of its repositories, `skip` leaves
            what is there already, `leave` leaves out what is not meant to be distributed.
    """

    blob: BlobDescriptor
    action: BlobAction


@frozen(kw_only=True)
class PlannedManifest:
    """What happens to a manifest.

    Attributes:
        digest: Its digest.
        media_type: Its media type.
        size: Its size in bytes.
        action: `push`, or `skip` for one that is there already.
        role: `root` is what the reference names, `child` what an index names, `referrer` what is about one of them.
        names_manifests: Whether it names other manifests, which must be there before it.
        has_subject: Whether it is about another manifest, which keeps a list of such.
        raw: Its bytes, when it is pushed.
    """

    digest: Digest
    media_type: str
    size: int
    action: Literal["push", "skip"]
    role: Literal["root", "child", "referrer"]
    names_manifests: bool = False
    has_subject: bool = False
    raw: bytes = field(default=b"", repr=False)


@frozen(kw_only=True)
class CopyPlan:
    """What a copy is going to do; `str()` prints it.

    Attributes:
        source: Where from.
        target: Where to.
        digest: The digest of what is copied.
        media_type: Its media type.
        blobs: The blobs, each once.
        manifests: The manifests in the order in which they are pushed, the one that the reference names last.
    """

    source: Location
    target: RegistryLocation | Layout
    digest: Digest
    media_type: str
    blobs: tuple[PlannedBlob, ...]
    manifests: tuple[PlannedManifest, ...]
    use_urls: bool = False
    options: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)
    """The options of the clients that applying it makes."""

    @property
    def bytes_to_move(self) -> int:
        """How many bytes of blobs pass; those that no manifest gives the size of do not count."""
        return sum(one.blob.size or 0 for one in self.blobs if one.action == "move")

    def count(self, action: BlobAction | Literal["push"]) -> int:
        """Return how many blobs have an action, and of `push`, how many manifests.

        Args:
            action: The action.
        """
        if action == "push":
            return sum(one.action == "push" for one in self.manifests)
        return sum(one.action == action for one in self.blobs)

    def __str__(self) -> str:
        lines = [f"{self.source} -> {self.target}", f"  {self.digest} {self.media_type}"]
        blobs = [(one.action, one.blob.digest, one.blob.size, one.blob.media_type) for one in self.blobs]
        manifests = [(one.action, one.digest, one.size, one.media_type) for one in self.manifests]
        for action, digest, size, media_type in [*blobs, *manifests]:
            shown = "?" if size is None else f"{size:,}"
            lines.append(f"  {_WORDS[action]:9}  {digest[:19]}  {shown:>15}  {printable(media_type)}")
        lines.append(f"  {self.bytes_to_move:,} bytes to move")
        return "\n".join(lines)


@frozen(kw_only=True)
class CopyResult:
    """What a copy did.

    Attributes:
        digest: The digest of what the target's reference names now.
        media_type: Its media type.
        bytes_moved: How many bytes of blobs passed.
        blobs_moved: How many blobs passed.
        blobs_mounted: How many the registry took over from another of its repositories.
        blobs_skipped: How many were there already, those that were asked for.
        manifests_pushed: How many manifests were written.
    """

    digest: Digest
    media_type: str
    bytes_moved: int
    blobs_moved: int
    blobs_mounted: int
    blobs_skipped: int
    manifests_pushed: int
