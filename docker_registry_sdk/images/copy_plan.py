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
        blob: The digest, size, media type and external URLs of the blob.
        action: `move` copies the bytes; `mount` mounts the blob from the source repository, on the same registry; `skip`
            means that the target already has the blob; `leave` means that the blob is a non-distributable layer, which is not
            copied.
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
        role: `root` for the manifest that the copied reference names, `child` for a manifest that an index lists, `referrer` for
            a manifest whose subject is another manifest of the plan.
        names_manifests: Whether the manifest is an index that lists manifests; these must be pushed before the index.
        has_subject: Whether the manifest has a subject. If the registry has no referrers API, `apply_copy` then also adds the
            manifest to the list of the subject's referrers.
        raw: The bytes of the manifest; empty if the action is `skip`.
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
    """The plan of a copy, made by `plan_copy` and executed by `apply_copy`; `str()` returns a table of its blobs and manifests.

    Attributes:
        source: The location from which the image is copied.
        target: The location to which the image is copied.
        digest: The digest of the copied manifest or index.
        media_type: The media type of the copied manifest or index.
        blobs: The blobs, without duplicates. If the target is a registry, blobs of manifests that it already has are left out.
        manifests: The manifests in the order in which they are pushed; the manifest with the role `root` comes last.
        use_urls: Whether non-distributable layers are copied; a layer that the source lacks is downloaded from its external URLs.
        options: The options of the clients that `apply_copy` creates, as passed to `plan_copy`, without `deadline`.
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
        """Return the number of blobs with an action, or the number of manifests to push.

        Args:
            action: `move`, `mount`, `skip` or `leave` to count blobs; `push` to count manifests.
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
        bytes_moved: The total number of bytes of the copied blobs; manifests, mounted blobs and skipped blobs are not counted.
        blobs_moved: The number of blobs whose bytes were copied.
        blobs_mounted: The number of blobs that were mounted from the source repository, on the same registry.
        blobs_skipped: The number of blobs that the target already had. If the target is a registry, blobs of manifests that it
            already had are not counted.
        manifests_pushed: The number of manifests written.
    """

    digest: Digest
    media_type: str
    bytes_moved: int
    blobs_moved: int
    blobs_mounted: int
    blobs_skipped: int
    manifests_pushed: int
