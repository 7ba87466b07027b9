"""The lists of images that an index keeps: how a later one is merged into the first."""

from collections.abc import Hashable
from typing import Any

from docker_registry_sdk.testing.v1.documents import is_object


def merge_lists(new: list[Any], stored: list[Any]) -> list[dict[str, Any]]:
    """Merge a list of images into the one that is stored.

    Args:
        new: What was put now.
        stored: What is there.

    Returns:
        Each image once, with its id and, where one of the lists has it, the newest checksum; nothing else is kept.

    Raises:
        ValueError: An entry has no id.

    Source: docker-registry 0.9, index.update_index_images.
    """
    images: dict[Hashable, dict[str, Any]] = {}
    for entry in [*new, *stored]:
        if not is_object(entry) or not isinstance(entry.get("id"), Hashable) or "id" not in entry:
            raise ValueError("an image has no id")
        if "checksum" not in images.get(entry["id"], {}):
            images[entry["id"]] = {key: entry[key] for key in ("id", "checksum") if key in entry}
    return list(images.values())
