"""The records of API v1 as JSON, for a storage that keeps records in files."""

import json
from typing import Any

from docker_registry_sdk.testing.storage.v1_records import V1Image, V1Repository


def v1_repository_to_json(name: str, repository: V1Repository) -> bytes:
    """Write a record as JSON, with the name, since a file's name does not tell it; equal records give equal bytes.

    Args:
        name: The repository's name.
        repository: The record.

    Returns:
        The JSON text.
    """
    document = {
        "name": name,
        "tags": dict(repository.tags),
        "tagFacts": {tag: dict(facts) for tag, facts in repository.tag_facts.items()},
        "facts": None if repository.facts is None else dict(repository.facts),
        "images": repository.images,
        "private": repository.private,
    }
    return json.dumps(document, sort_keys=True).encode()


def v1_repository_from_json(content: bytes) -> tuple[str, V1Repository]:
    """Read a record that `v1_repository_to_json` wrote.

    Args:
        content: The JSON text.

    Returns:
        The repository's name and record.

    Raises:
        ValueError: The text is not such a record.
    """
    try:
        document: dict[str, Any] = json.loads(content)
        return document["name"], V1Repository(
            tags=document["tags"],
            tag_facts=document["tagFacts"],
            facts=document["facts"],
            images=document["images"],
            private=document["private"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"it lacks something ({error!r})") from error


def v1_image_to_json(image: V1Image) -> bytes:
    """Write a record as JSON; equal records give equal bytes.

    Args:
        image: The record.

    Returns:
        The JSON text.
    """
    document = {
        "json": image.json,
        "ancestry": image.ancestry,
        "layer": image.layer,
        "checksum": image.checksum,
        "complete": image.complete,
    }
    return json.dumps(document, sort_keys=True).encode()


def v1_image_from_json(content: bytes) -> V1Image:
    """Read a record that `v1_image_to_json` wrote.

    Args:
        content: The JSON text.

    Returns:
        The record.

    Raises:
        ValueError: The text is not such a record.
    """
    try:
        document: dict[str, Any] = json.loads(content)
        return V1Image(
            json=document["json"],
            ancestry=tuple(document["ancestry"]),
            layer=document["layer"],
            checksum=document["checksum"],
            complete=document["complete"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"it lacks something ({error!r})") from error
