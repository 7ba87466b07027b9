"""A repository's record as JSON, for a storage that keeps records in files."""

import json
from typing import Any

from docker_registry_sdk.testing.storage.records import ManifestRecord, Repository


def repository_to_json(repository: Repository) -> bytes:
    """Write a record as JSON; equal records give equal bytes.

    Args:
        repository: The record.

    Returns:
        The JSON text, in UTF-8.
    """
    document = {
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
    return json.dumps(document, sort_keys=True).encode()


def repository_from_json(content: bytes) -> Repository:
    """Read a record that `repository_to_json` wrote.

    Args:
        content: The JSON text.

    Returns:
        The record.

    Raises:
        ValueError: The text is not such a record.
    """
    try:
        document: dict[str, Any] = json.loads(content)
        return Repository(
            blobs=frozenset(document["blobs"]),
            manifests={
                digest: ManifestRecord(manifest["mediaType"], manifest["size"], manifest["content"], manifest["subject"])
                for digest, manifest in document["manifests"].items()
            },
            tags=document["tags"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks something ({error!r})") from error
