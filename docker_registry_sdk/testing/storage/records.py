"""The records of repositories and images, as immutable objects.

To change a repository, derive a new record from the stored record, and save the new record. The storage replaces a record
atomically, so a manifest and all its tags become visible at the same time.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeAlias

import attrs


@attrs.frozen(kw_only=True)
class ManifestRecord:
    """The record of a manifest in a repository.

    Args:
        media_type: The media type with which the manifest was pushed.
        size: The length of the manifest in bytes.
        content: The digest of the bytes of the manifest, under which the storage keeps these bytes. It equals the manifest digest
            that clients use, except for a signed manifest of schema 1, whose manifest digest does not cover the signatures.
        subject: The digest in the field `subject` of the manifest, or None if the manifest has no subject.
    """

    media_type: str
    size: int
    content: str
    subject: str | None = None


@attrs.frozen(kw_only=True)
class RepositoryRecord:
    """The record of a repository: its blobs, manifests and tags.

    Args:
        blobs: The digests of the blobs.
        manifests: The record of each manifest, by manifest digest.
        tags: The digest of the manifest to which each tag refers, by tag.
    """

    blobs: frozenset[str] = frozenset()
    manifests: Mapping[str, ManifestRecord] = attrs.field(factory=dict[str, ManifestRecord])
    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @cached_property
    def tag_names(self) -> list[str]:
        """Return the names of the tags, sorted in ASCII order."""
        return sorted(self.tags)

    def resolve(self, reference: str) -> str | None:
        """Return the digest of the manifest that a tag or a digest refers to.

        Args:
            reference: A tag or a digest.

        Returns:
            The digest of the manifest, or None if the repository has no such manifest.
        """
        digest = self.tags.get(reference, reference)
        return digest if digest in self.manifests else None

    def referrers(self, subject: str) -> list[str]:
        """Return the digests of the manifests that have a given manifest as their subject, sorted in ASCII order.

        Args:
            subject: The digest of the manifest that is the subject.
        """
        return sorted(digest for digest, manifest in self.manifests.items() if manifest.subject == subject)

    def uses(self, digest: str) -> bool:
        """Return whether a digest is the digest of the bytes of a blob or a manifest in this repository.

        Args:
            digest: The digest.
        """
        return digest in self.blobs or any(manifest.content == digest for manifest in self.manifests.values())

    def with_blob(self, digest: str) -> "RepositoryRecord":
        """Return a copy of this record to which the digest of a blob is added.

        Args:
            digest: The digest of the blob.
        """
        return attrs.evolve(self, blobs=self.blobs | {digest})

    def without_blob(self, digest: str) -> "RepositoryRecord":
        """Return a copy of this record from which the digest of a blob is removed.

        Args:
            digest: The digest of the blob.
        """
        return attrs.evolve(self, blobs=self.blobs - {digest})

    def with_manifest(self, digest: str, manifest: ManifestRecord, *, tags: Iterable[str]) -> "RepositoryRecord":
        """Return a copy of this record to which a manifest is added.

        Args:
            digest: The digest of the manifest.
            manifest: The record of the manifest.
            tags: The tags that refer to this manifest in the copy, even if they refer to another manifest in this record.
        """
        return attrs.evolve(
            self, manifests={**self.manifests, digest: manifest}, tags={**self.tags, **dict.fromkeys(tags, digest)}
        )

    def without_manifest(self, digest: str) -> "RepositoryRecord":
        """Return a copy of this record from which a manifest and all tags that refer to this manifest are removed.

        Args:
            digest: The digest of the manifest.
        """
        return attrs.evolve(
            self,
            manifests={key: value for key, value in self.manifests.items() if key != digest},
            tags={tag: target for tag, target in self.tags.items() if target != digest},
        )

    def without_tag(self, tag: str) -> "RepositoryRecord":
        """Return a copy of this record from which a tag is removed, but not the manifest to which the tag refers.

        Args:
            tag: The tag.
        """
        return attrs.evolve(self, tags={name: digest for name, digest in self.tags.items() if name != tag})


PushInfo: TypeAlias = Mapping[str, str | int]
"""The push information of a tag in API v1: when the tag was pushed, and which versions and platform the client named.

The client names the versions and the platform in the `User-Agent` header.
"""


@attrs.frozen(kw_only=True)
class V1RepositoryRecord:
    """The record of a repository of API v1: its tags, image list and visibility.

    Clients send the tags to the registry of API v1, and the image list to the index of API v1.

    Args:
        tags: The image id of each tag, by tag.
        tag_push_info: The push information of each tag, by tag.
        push_info: The push information of the tag `latest`, or None if the repository has no such tag.
        images: The image list, as the text of a JSON array, or None if no client has sent an image list.
        private: Whether the repository is private.
    """

    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])
    tag_push_info: Mapping[str, PushInfo] = attrs.field(factory=dict[str, PushInfo])
    push_info: PushInfo | None = None
    images: str | None = None
    private: bool = False

    def with_tag(self, tag: str, image_id: str, *, push_info: PushInfo) -> "V1RepositoryRecord":
        """Return a copy of this record in which a tag is added, or refers to another image than before.

        Args:
            tag: The tag.
            image_id: The id of the image to which the tag refers in the copy.
            push_info: The push information of the tag.
        """
        return attrs.evolve(
            self,
            tags={**self.tags, tag: image_id},
            tag_push_info={**self.tag_push_info, tag: push_info},
            push_info=push_info if tag == "latest" else self.push_info,
        )

    def without_tag(self, tag: str) -> "V1RepositoryRecord":
        """Return a copy of this record from which a tag is removed. The image to which the tag refers is not deleted.

        Args:
            tag: The tag.
        """
        return attrs.evolve(
            self,
            tags={name: image_id for name, image_id in self.tags.items() if name != tag},
            tag_push_info={name: info for name, info in self.tag_push_info.items() if name != tag},
            push_info=None if tag == "latest" else self.push_info,
        )


@attrs.frozen(kw_only=True)
class V1ImageRecord:
    """The record of an image of API v1.

    Args:
        json: The JSON document of the image, as the client sent it.
        ancestry: The ids of the image, of its parent, and of all further ancestors, in this order.
        layer: The key under which the layer is stored, or None if the layer has not been pushed.
        checksum: The checksum over the JSON document and the layer, in the form `sha256:<hex>`, or None if the layer has not been
            pushed.
        complete: Whether the client has completed the push of the image. Clients can pull only complete images.
    """

    json: str
    ancestry: tuple[str, ...]
    layer: str | None = None
    checksum: str | None = None
    complete: bool = False
