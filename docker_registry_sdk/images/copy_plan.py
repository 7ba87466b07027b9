"""The plan of a copy, made before anything is written, and the result of a copy. Free of I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import asdict, frozen

from .._core.text.redaction import printable
from ..digest import Digest
from ..reference import RepoRef
from ..v2.models import Descriptor
from .docker_archive import DockerArchive
from .layout import Layout
from .planned import BlobAction, MissingReferrer, PlannedBlob, PlannedManifest

_ACTION_WORDS: Mapping[str, str] = {
    "move": "move",
    "mount": "mount",
    "skip": "skip",
    "leave": "leave out",
    "push": "push",
}


@frozen(kw_only=True)
class CopyPlan:
    """The plan of a copy, made by `plan_copy` and executed by `apply_copy`; `str()` returns a table of its blobs and manifests.

    Attributes:
        source: The location from which the image is copied, without a login: `apply_copy` has an argument for that.
        target: The location to which the image is copied, without a login.
        digest: The digest of the copied manifest or index.
        size: The size of the copied manifest or index in bytes.
        media_type: The media type of the copied manifest or index.
        blobs: The blobs, without duplicates. If the target is a registry, blobs of manifests that it already has are left out.
        manifests: The manifests in the order in which they are pushed: each after its subject and after the manifests that it
            lists. The tag is written last: if other manifests follow the manifest with the role `root`, which is their subject,
            that manifest is pushed by its digest first, and at the end under its tag.
        use_urls: Whether non-distributable layers are copied; a layer that the source lacks is downloaded from its external URLs.
        missing_referrers: The referrers that the source lists but does not have, such as deleted signatures.
    """

    source: RepoRef | Layout | DockerArchive
    target: RepoRef | Layout
    digest: Digest
    size: int
    media_type: str
    blobs: tuple[PlannedBlob, ...]
    manifests: tuple[PlannedManifest, ...]
    use_urls: bool = False
    missing_referrers: tuple[MissingReferrer, ...] = ()

    @property
    def descriptor(self) -> Descriptor:
        """Return the descriptor of the copied manifest or index."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)

    @property
    def bytes_to_move(self) -> int:
        """Return the total size in bytes of the blobs to move; blobs of unknown size count as 0."""
        return sum(one.size or 0 for one in self.blobs if one.action == "move")

    def count(self, action: BlobAction | Literal["push"]) -> int:
        """Return the number of blobs with an action, or the number of manifests to push.

        Args:
            action: `move`, `mount`, `skip` or `leave` to count blobs; `push` to count manifests.
        """
        if action == "push":
            return sum(one.action == "push" for one in self.manifests)
        return sum(one.action == action for one in self.blobs)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as a value that `json.dumps` accepts. The value contains no credentials."""
        from .plan_json import plan_to_dict

        return plan_to_dict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> CopyPlan:
        """Return the plan that `to_dict` has converted to a value.

        Args:
            value: The value that `to_dict` returned, or an equal value that was read from JSON.

        Raises:
            ValueError: The value is not a plan, lacks a field, has an unknown field, or has a manifest whose bytes do not have
                their digest.
        """
        from .plan_json import fields_from_dict

        return cls(**fields_from_dict(value))

    def __str__(self) -> str:
        lines = [f"{self.source} -> {self.target}", f"  {self.digest} {self.media_type}"]
        blobs = [(one.action, one.digest, one.size, one.media_type) for one in self.blobs]
        manifests = [(one.action, one.digest, one.size, one.media_type) for one in self.manifests]
        for action, digest, size, media_type in [*blobs, *manifests]:
            shown = "?" if size is None else f"{size:,}"
            lines.append(f"  {_ACTION_WORDS[action]:9}  {digest[:19]}  {shown:>15}  {printable(media_type)}")
        lines += [
            f"  missing    {one.digest[:19]}  referrer that the source lacks, named by {printable(one.named_by)}"
            for one in self.missing_referrers
        ]
        lines.append(f"  {self.bytes_to_move:,} bytes to move")
        return "\n".join(lines)


@frozen(kw_only=True)
class CopyResult:
    """The result of a copy.

    Attributes:
        digest: The digest of the copied manifest or index.
        size: The size of the copied manifest or index in bytes.
        media_type: The media type of the copied manifest or index.
        bytes_moved: The total number of bytes of the copied blobs; manifests, mounted blobs and skipped blobs are not counted.
        blobs_moved: The number of blobs whose bytes were copied.
        blobs_mounted: The number of blobs that were mounted from the source repository, on the same registry.
        blobs_skipped: The number of blobs that the target already had. If the target is a registry, blobs of manifests that it
            already had are not counted.
        manifests_pushed: The number of manifests written.
        missing_referrers: The referrers that were not copied, because the source lists them but does not have them.
    """

    digest: Digest
    size: int
    media_type: str
    bytes_moved: int
    blobs_moved: int
    blobs_mounted: int
    blobs_skipped: int
    manifests_pushed: int
    missing_referrers: tuple[MissingReferrer, ...] = ()

    @property
    def descriptor(self) -> Descriptor:
        """Return the descriptor of the copied manifest or index."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes by name, as a value that `json.dumps` accepts."""
        return {
            **asdict(self, recurse=False),
            "digest": str(self.digest),
            "missing_referrers": [one.to_dict() for one in self.missing_referrers],
        }
