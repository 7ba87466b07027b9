"""What a registry knows about one repository, as values that never change.

A change makes a new value, and a storage replaces the old one by it in a single step: a manifest and all its tags appear
together or not at all.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

import attrs


@attrs.frozen
class ManifestRecord:
    """A manifest of a repository.

    Args:
        media_type: What it was pushed as.
        size: Its length in bytes.
        content: The digest of its bytes, by which they are stored. It is the manifest's own digest, but for a signed manifest of
            schema 1: two of those may differ in their signatures alone, and have the same digest.
        subject: The digest of the manifest that it refers to.
    """

    media_type: str
    size: int
    content: str
    subject: str | None = None


@attrs.frozen
class Repository:
    """The blobs, manifests and tags of a repository.

    Args:
        blobs: The digests of its blobs.
        manifests: Its manifests by digest.
        tags: The digests that its tags point at.
    """

    blobs: frozenset[str] = frozenset()
    manifests: Mapping[str, ManifestRecord] = attrs.field(factory=dict[str, ManifestRecord])
    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @cached_property
    def tag_names(self) -> list[str]:
        """The tags in ASCII order."""
        return sorted(self.tags)

    def resolve(self, reference: str) -> str | None:
        """Find the manifest that a reference stands for.

        Args:
            reference: A tag or a digest.

        Returns:
            The manifest's digest, or None when there is no such manifest.
        """
        digest = self.tags.get(reference, reference)
        return digest if digest in self.manifests else None

    def referrers(self, subject: str) -> list[str]:
        """List the manifests whose subject is the given digest.

        Args:
            subject: The digest that they refer to.

        Returns:
            Their digests, in order.
        """
        return sorted(digest for digest, manifest in self.manifests.items() if manifest.subject == subject)

    def uses(self, digest: str) -> bool:
        """Say whether content with this digest is a blob of this repository or the bytes of a manifest."""
        return digest in self.blobs or any(manifest.content == digest for manifest in self.manifests.values())

    def with_blob(self, digest: str) -> "Repository":
        """Return this repository with one more blob."""
        return attrs.evolve(self, blobs=self.blobs | {digest})

    def without_blob(self, digest: str) -> "Repository":
        """Return this repository without a blob."""
        return attrs.evolve(self, blobs=self.blobs - {digest})

    def with_manifest(self, digest: str, manifest: ManifestRecord, tags: Iterable[str]) -> "Repository":
        """Return this repository with one more manifest, and the tags pointing at it."""
        return attrs.evolve(
            self, manifests={**self.manifests, digest: manifest}, tags={**self.tags, **dict.fromkeys(tags, digest)}
        )

    def without_manifest(self, digest: str) -> "Repository":
        """Return this repository without a manifest and without the tags that point at it."""
        return attrs.evolve(
            self,
            manifests={key: value for key, value in self.manifests.items() if key != digest},
            tags={tag: target for tag, target in self.tags.items() if target != digest},
        )

    def without_tag(self, tag: str) -> "Repository":
        """Return this repository without a tag; the manifest stays."""
        return attrs.evolve(self, tags={name: digest for name, digest in self.tags.items() if name != tag})
