"""Content that tests put into the storage of an embedded registry, which is faster than to push it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.storage.records import ManifestRecord, RepositoryRecord
from tests.support.images import digest_of


def store(
    registry: EmbeddedRegistry,
    repo: str,
    blobs: Iterable[bytes] = (),
    manifests: Iterable[tuple[str, bytes]] = (),
    tags: dict[str, str] | None = None,
) -> None:
    """Store blobs, manifests and tags in a repository, without a request.

    Args:
        registry: The registry.
        repo: The name of the repository.
        blobs: The blobs.
        manifests: The media type and the bytes of each manifest.
        tags: The digest of a manifest for each tag.
    """
    storage = registry.storage
    with storage.lock:
        record = storage.load(repo) or RepositoryRecord()
        for blob in blobs:
            record = record.with_blob(_write(registry, blob))
        for media_type, raw in manifests:
            digest, subject = _write(registry, raw), json.loads(raw).get("subject")
            named = [tag for tag, other in (tags or {}).items() if other == digest]
            manifest = ManifestRecord(media_type=media_type, size=len(raw), content=digest, subject=subject and subject["digest"])
            record = record.with_manifest(digest, manifest, tags=named)
        storage.save(repo, record)


def _write(registry: EmbeddedRegistry, content: bytes) -> str:
    digest = digest_of(content)
    writer = registry.storage.create()
    writer.append([content])
    writer.commit(digest)
    return digest
