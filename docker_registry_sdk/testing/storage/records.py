"""The records of repositories and images, as immutable values.

To change a repository, derive a new record and save it in place of the old one. The storage replaces a record in one step, so a
manifest and all its tags become visible together.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeAlias

import attrs


@attrs.frozen
class ManifestRecord:
    """A manifest of a repository.

    Args:
        media_type: The media type with which the manifest was pushed.
        size: The length of the manifest in bytes.
        content: The digest under which the bytes are stored. It equals the digest of the manifest, except for signed manifests of
            schema 1: two of these can have different signatures and the same digest.
        subject: The digest of the manifest's `subject`, if it has one.
    """

    media_type: str
    size: int
    content: str
    subject: str | None = None


@attrs.frozen
class Repository:
    """The blobs, manifests and tags of a repository.

    Args:
        blobs: The digests of the blobs.
        manifests: The manifests by digest.
        tags: The manifest digest of each tag.
    """

    blobs: frozenset[str] = frozenset()
    manifests: Mapping[str, ManifestRecord] = attrs.field(factory=dict[str, ManifestRecord])
    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @cached_property
    def tag_names(self) -> list[str]:
        """The names of the tags in ASCII order."""
        return sorted(self.tags)

    def resolve(self, reference: str) -> str | None:
        """Return the digest of the manifest with a tag or digest.

        Args:
            reference: A tag or a digest.

        Returns:
            The digest of the manifest, or None if the repository has no such manifest.
        """
        digest = self.tags.get(reference, reference)
        return digest if digest in self.manifests else None

    def referrers(self, subject: str) -> list[str]:
        """Return the sorted digests of the manifests that have a given subject.

        Args:
            subject: The digest of the subject.
        """
        return sorted(digest for digest, manifest in self.manifests.items() if manifest.subject == subject)

    def uses(self, digest: str) -> bool:
        """Return whether the content with this digest is a blob or a manifest of this repository."""
        return digest in self.blobs or any(manifest.content == digest for manifest in self.manifests.values())

    def with_blob(self, digest: str) -> "Repository":
        """Return a copy of this record with a blob added."""
        return attrs.evolve(self, blobs=self.blobs | {digest})

    def without_blob(self, digest: str) -> "Repository":
        """Return a copy of this record without a blob."""
        return attrs.evolve(self, blobs=self.blobs - {digest})

    def with_manifest(self, digest: str, manifest: ManifestRecord, tags: Iterable[str]) -> "Repository":
        """Return a copy of this record with a manifest added and the given tags set to it."""
        return attrs.evolve(
            self, manifests={**self.manifests, digest: manifest}, tags={**self.tags, **dict.fromkeys(tags, digest)}
        )

    def without_manifest(self, digest: str) -> "Repository":
        """Return a copy of this record without a manifest and its tags."""
        return attrs.evolve(
            self,
            manifests={key: value for key, value in self.manifests.items() if key != digest},
            tags={tag: target for tag, target in self.tags.items() if target != digest},
        )

    def without_tag(self, tag: str) -> "Repository":
        """Return a copy of this record without a tag; the manifest remains."""
        return attrs.evolve(self, tags={name: digest for name, digest in self.tags.items() if name != tag})


PushInfo: TypeAlias = Mapping[str, str | int]
"""The time of a push in API v1, and the versions and platform that the client named in its `User-Agent`."""


@attrs.frozen
class V1Repository:
    """A repository of API v1: its tags, and the data that the index keeps about it.

    Args:
        tags: The image id of each tag.
        tag_push_info: The push information of each tag.
        push_info: The push information of the tag `latest`.
        images: The list of images: a JSON array as the client sent it. None if the client never put a list.
        private: Whether the repository is private.
    """

    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])
    tag_push_info: Mapping[str, PushInfo] = attrs.field(factory=dict[str, PushInfo])
    push_info: PushInfo | None = None
    images: str | None = None
    private: bool = False

    def with_tag(self, tag: str, image_id: str, push_info: PushInfo) -> "V1Repository":
        """Return a copy of this record with a tag added or changed."""
        return attrs.evolve(
            self,
            tags={**self.tags, tag: image_id},
            tag_push_info={**self.tag_push_info, tag: push_info},
            push_info=push_info if tag == "latest" else self.push_info,
        )

    def without_tag(self, tag: str) -> "V1Repository":
        """Return a copy of this record without a tag; the image remains."""
        return attrs.evolve(
            self,
            tags={name: image_id for name, image_id in self.tags.items() if name != tag},
            tag_push_info={name: info for name, info in self.tag_push_info.items() if name != tag},
            push_info=None if tag == "latest" else self.push_info,
        )


@attrs.frozen
class V1Image:
    """An image of API v1, complete or still being pushed.

    Args:
        json: The JSON document of the image, as the client sent it.
        ancestry: The ids of the image, its parent, and all further ancestors up to the root.
        layer: The key under which the layer is stored; None before the layer is pushed.
        checksum: The checksum over JSON document and layer, computed when the layer was pushed.
        complete: Whether the push of the image is complete.
    """

    json: str
    ancestry: tuple[str, ...]
    layer: str | None = None
    checksum: str | None = None
    complete: bool = False
