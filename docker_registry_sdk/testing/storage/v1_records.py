"""What a registry of API v1 knows about a repository and about an image, as values that never change."""

from collections.abc import Mapping
from typing import TypeAlias

import attrs

Facts: TypeAlias = Mapping[str, str | int]
"""What is known about a push: when it was, and what pushed."""


@attrs.frozen
class V1Repository:
    """The tags of a repository and what its index knows of it.

    Args:
        tags: The image ids that its tags point at.
        tag_facts: What is known about the push of each tag.
        facts: What is known about the push of `latest`.
        images: The list of its images, a JSON array as it was put; None when the repository was never allocated.
        private: Whether it is private.
    """

    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])
    tag_facts: Mapping[str, Facts] = attrs.field(factory=dict[str, Facts])
    facts: Facts | None = None
    images: str | None = None
    private: bool = False

    def with_tag(self, tag: str, image_id: str, facts: Facts) -> "V1Repository":
        """Return this repository with a tag, which may have been there."""
        return attrs.evolve(
            self,
            tags={**self.tags, tag: image_id},
            tag_facts={**self.tag_facts, tag: facts},
            facts=facts if tag == "latest" else self.facts,
        )

    def without_tag(self, tag: str) -> "V1Repository":
        """Return this repository without a tag; the image stays."""
        return attrs.evolve(
            self,
            tags={name: image_id for name, image_id in self.tags.items() if name != tag},
            tag_facts={name: facts for name, facts in self.tag_facts.items() if name != tag},
            facts=None if tag == "latest" else self.facts,
        )


@attrs.frozen
class V1Image:
    """An image, perhaps one that is still being pushed.

    Args:
        json: Its json, as it was put.
        ancestry: Its own id, that of its parent, and so on to the root.
        layer: The name under which the bytes of its layer are stored, or None when they have not come.
        checksum: The checksum over json and layer that was computed when the layer came.
        complete: Whether the push of the image has ended.
    """

    json: str
    ancestry: tuple[str, ...]
    layer: str | None = None
    checksum: str | None = None
    complete: bool = False
