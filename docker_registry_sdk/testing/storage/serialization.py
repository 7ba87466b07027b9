"""Functions that convert records to JSON for a storage in files, and back. Equal records result in equal bytes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docker_registry_sdk.testing.storage.records import ManifestRecord, RepositoryRecord, V1ImageRecord, V1RepositoryRecord


def repository_to_json(repository: RepositoryRecord) -> bytes:
    """Return the record of a repository of API v2 as JSON text."""
    return _to_json(
        {
            "blobs": sorted(repository.blobs),
            "manifests": {
                digest: {
                    "mediaType": manifest.media_type,
                    "size": manifest.size,
                    "content": manifest.content,
                    "subject": manifest.subject,
                }
                for digest, manifest in repository.manifests.items()
            },
            "tags": dict(repository.tags),
        }
    )


def repository_from_json(content: bytes) -> RepositoryRecord:
    """Parse the record of a repository of API v2.

    Args:
        content: The JSON text that `repository_to_json` returned for the record.

    Returns:
        The record.

    Raises:
        ValueError: The text is not JSON, or a field is missing or has a type that cannot be parsed.
    """
    with _errors_as_value_error():
        document: dict[str, Any] = json.loads(content)
        return RepositoryRecord(
            blobs=frozenset(document["blobs"]),
            manifests={
                digest: ManifestRecord(manifest["mediaType"], manifest["size"], manifest["content"], manifest["subject"])
                for digest, manifest in document["manifests"].items()
            },
            tags=document["tags"],
        )


def v1_repository_to_json(name: str, repository: V1RepositoryRecord) -> bytes:
    """Return the record of a repository of API v1 as JSON text.

    Args:
        name: The name of the repository. The JSON text contains this name, since the file name contains only a hash of it.
        repository: The record.
    """
    return _to_json(
        {
            "name": name,
            "tags": dict(repository.tags),
            "tagFacts": {tag: dict(info) for tag, info in repository.tag_push_info.items()},
            "facts": None if repository.push_info is None else dict(repository.push_info),
            "images": repository.images,
            "private": repository.private,
        }
    )


def v1_repository_from_json(content: bytes) -> tuple[str, V1RepositoryRecord]:
    """Parse the record of a repository of API v1.

    Args:
        content: The JSON text that `v1_repository_to_json` returned for the record.

    Returns:
        The name of the repository and its record.

    Raises:
        ValueError: The text is not JSON, or a field is missing or has a type that cannot be parsed.
    """
    with _errors_as_value_error():
        document: dict[str, Any] = json.loads(content)
        return document["name"], V1RepositoryRecord(
            tags=document["tags"],
            tag_push_info=document["tagFacts"],
            push_info=document["facts"],
            images=document["images"],
            private=document["private"],
        )


def v1_image_to_json(image: V1ImageRecord) -> bytes:
    """Return the record of an image of API v1 as JSON text."""
    return _to_json(
        {
            "json": image.json,
            "ancestry": image.ancestry,
            "layer": image.layer,
            "checksum": image.checksum,
            "complete": image.complete,
        }
    )


def v1_image_from_json(content: bytes) -> V1ImageRecord:
    """Parse the record of an image of API v1.

    Args:
        content: The JSON text that `v1_image_to_json` returned for the record.

    Returns:
        The record.

    Raises:
        ValueError: The text is not JSON, or a field is missing or has a type that cannot be parsed.
    """
    with _errors_as_value_error():
        document: dict[str, Any] = json.loads(content)
        return V1ImageRecord(
            json=document["json"],
            ancestry=tuple(document["ancestry"]),
            layer=document["layer"],
            checksum=document["checksum"],
            complete=document["complete"],
        )


def _to_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


@contextmanager
def _errors_as_value_error() -> Iterator[None]:
    """Raise a ValueError if the `with` block fails since a field is missing (KeyError) or has the wrong type (other errors)."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a field of the record is missing or has the wrong type ({error!r})") from error
