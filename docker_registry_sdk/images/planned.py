"""The parts of the plan of a copy: its blobs and manifests. Free of I/O."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import field, frozen

from ..digest import Digest
from ..v2.models import Descriptor
from .manifest_contents import BlobDescriptor

BlobAction: TypeAlias = Literal["move", "mount", "skip", "leave"]


@frozen(kw_only=True)
class PlannedBlob(BlobDescriptor):
    """A blob in a plan.

    Attributes:
        digest: The digest.
        size: The size in bytes; None if the manifest does not state the size, as in Docker schema 1.
        media_type: The media type.
        urls: External URLs from which the blob can be downloaded; empty for most blobs.
        named_by: The field and the manifest that name the blob, such as `layers[0] of the manifest sha256:…`; for error messages.
        data: The content in base64, if the descriptor embeds it; None for most blobs.
        action: `move` copies the bytes; `mount` mounts the blob from the source repository, on the same registry; `skip`
            means that the target already has the blob; `leave` means that the blob is a non-distributable layer, which is not
            copied.
    """

    action: BlobAction


@frozen(kw_only=True)
class MissingReferrer:
    """A referrer that the source lists but does not have, such as a deleted signature. It is not copied.

    Attributes:
        digest: The digest.
        named_by: The list that names the referrer, such as `the list of referrers of sha256:…`.
    """

    digest: Digest
    named_by: str

    def to_dict(self) -> dict[str, str]:
        """Return the attributes by name, as a value that `json.dumps` accepts."""
        return {"digest": str(self.digest), "named_by": self.named_by}


@frozen(kw_only=True)
class PlannedManifest:
    """A manifest in a plan.

    Attributes:
        digest: The digest.
        media_type: The media type.
        size: The size in bytes.
        action: `push`, or `skip` for a manifest that the target already has.
        role: `root` for the manifest that the copied reference names, `child` for a manifest that an index lists, `referrer` for
            a manifest whose subject is another manifest of the plan, or that has a tag of cosign for another manifest.
        names_manifests: Whether the manifest is an index that lists manifests; these must be pushed before the index.
        has_subject: Whether the manifest has a subject. If the registry has no referrers API, `apply_copy` then also adds the
            manifest to the list of the subject's referrers.
        raw: The bytes of the manifest; empty if the action is `skip`.
        tags: The tags of cosign that the target lacks, such as `sha256-….sig`; empty for other manifests than cosign's.
    """

    digest: Digest
    media_type: str
    size: int
    action: Literal["push", "skip"]
    role: Literal["root", "child", "referrer"]
    names_manifests: bool = False
    has_subject: bool = False
    raw: bytes = field(default=b"", repr=False)
    tags: tuple[str, ...] = ()

    @property
    def descriptor(self) -> Descriptor:
        """Return the descriptor of the manifest."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)
