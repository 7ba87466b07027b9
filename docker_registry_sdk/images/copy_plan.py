"""The plan of a copy, made before anything is written, and the result of a copy. Free of I/O."""

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
_ACTION_WORDS: Mapping[str, str] = {
    "move": "move",
    "mount": "mount",
    "skip": "skip",
    "leave": "leave out",
    "push": "push",
}


@frozen(kw_only=True)
class PlannedBlob:
    """A blob in a plan.

    Attributes:
        blob: The blob.
        action: `move` copies the bytes; `mount` mounts the blob from another repository of the registry; `skip` means that the
            target already has the blob; `leave` means that the blob is a non-distributable layer, which is not copied.
    """

    blob: BlobDescriptor
    action: BlobAction


@frozen(kw_only=True)
class PlannedManifest:
    """A manifest in a plan.

    Attributes:
        digest: The digest.
        media_type: The media type.
        size: The size in bytes.
        action: `push`, or `skip` for a manifest that the target already has.
        role: `root` for the manifest of the copied reference, `child` for a manifest of an index, `referrer` for a manifest whose
            subject is one of the others.
        names_manifests: Whether the manifest is an index with manifests, which must be pushed before the index.
        has_subject: Whether the manifest has a subject, so that it must be in the list of the subject's referrers.
        raw: The bytes, if the action is `push`.
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
    """The plan of a copy, for `apply_copy`; `str()` prints it.

    Attributes:
        source: The location of the image.
        target: The location to which the image is copied.
        digest: The digest of the copied manifest or index.
        media_type: The media type of the copied manifest or index.
        blobs: The blobs, without duplicates.
        manifests: The manifests in the order in which they are pushed; the copied reference comes last.
        use_urls: Whether non-distributable layers are copied, from their external URLs where necessary.
        options: The options of the clients that `apply_copy` creates.
    """

    source: Location
    target: RegistryLocation | Layout
    digest: Digest
    media_type: str
    blobs: tuple[PlannedBlob, ...]
    manifests: tuple[PlannedManifest, ...]
    use_urls: bool = False
    options: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)

    @property
    def bytes_to_move(self) -> int:
        """Return the total size in bytes of the blobs to move; blobs of unknown size count as 0."""
        return sum(one.blob.size or 0 for one in self.blobs if one.action == "move")

    def count(self, action: BlobAction | Literal["push"]) -> int:
        """Return the number of blobs with an action; for `push`, the number of manifests.

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
            lines.append(f"  {_ACTION_WORDS[action]:9}  {digest[:19]}  {shown:>15}  {printable(media_type)}")
        lines.append(f"  {self.bytes_to_move:,} bytes to move")
        return "\n".join(lines)


@frozen(kw_only=True)
class CopyResult:
    """The result of a copy.

    Attributes:
        digest: The digest of the copied manifest or index.
        media_type: The media type of the copied manifest or index.
        bytes_moved: The number of bytes of blobs that were copied.
        blobs_moved: The number of blobs whose bytes were copied.
        blobs_mounted: The number of blobs that were mounted from another repository of the registry.
        blobs_skipped: The number of blobs that the target already had, except the blobs of manifests that it already had.
        manifests_pushed: The number of manifests written.
    """

    digest: Digest
    media_type: str
    bytes_moved: int
    blobs_moved: int
    blobs_mounted: int
    blobs_skipped: int
    manifests_pushed: int
