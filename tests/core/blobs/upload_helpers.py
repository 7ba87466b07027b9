"""Helpers of the tests of uploads: sources of every kind, and queries of a registry's log and open uploads."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.blobs.upload_session import UploadSession
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry, RequestRecord
from docker_registry_sdk.testing.faults import Operation

REPO = "tests/upload"
SIZE = 2_000_000
CONTENT = random.Random(5).randbytes(SIZE)
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
BODY_OPERATIONS: tuple[Operation, ...] = ("upload_blob_chunk", "complete_blob_upload")


def pieces(content: bytes = CONTENT, length: int = 100_000) -> Iterator[bytes]:
    """Return an iterator of the bytes, in pieces."""
    return iter([content[at : at + length] for at in range(0, len(content), length)])


async def async_pieces(content: bytes = CONTENT, length: int = 100_000) -> AsyncIterator[bytes]:
    """Return an iterator of the bytes, in pieces."""
    for piece in pieces(content, length):
        yield piece


class Replayable:
    """A replayable source for the sync client.

    Args:
        content: The bytes.
    """

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content

    def blocks(self, offset: int, /) -> Iterator[bytes]:
        """Yield the bytes from an offset to the end."""
        return pieces(self.content[offset:], 70_000)


class AsyncReplayable(Replayable):
    """A replayable source for the async client."""

    def blocks(self, offset: int, /) -> AsyncIterator[bytes]:  # type: ignore[override]
        """Yield the bytes from an offset to the end."""
        return async_pieces(self.content[offset:], 70_000)


# Sources, each with the options to upload it with.
REPLAYABLE_SOURCES: dict[str, Callable[[str, Path], tuple[Any, dict[str, Any]]]] = {
    "bytes": lambda kind, path: (CONTENT, {}),
    "path": lambda kind, path: (_written(path), {}),
    "path, digest": lambda kind, path: (_written(path), {"digest": DIGEST}),
    "replayable, digest": lambda kind, path: (replayable(kind), {"digest": DIGEST, "size": SIZE}),
}
ONE_TIME_SOURCES: dict[str, Callable[[str, Path], tuple[Any, dict[str, Any]]]] = {
    "iterator": lambda kind, path: (pieces(), {}),
    "iterator, digest": lambda kind, path: (pieces(), {"digest": DIGEST}),
    "iterator, size": lambda kind, path: (pieces() if kind == "sync" else async_pieces(), {"size": SIZE}),
    "iterator, digest, size": lambda kind, path: (pieces(), {"digest": DIGEST, "size": SIZE}),
}
ALL_SOURCES = {**REPLAYABLE_SOURCES, **ONE_TIME_SOURCES}


def replayable(kind: str, content: bytes = CONTENT) -> Any:
    """Return a replayable source for the sync or the async client."""
    return Replayable(content) if kind == "sync" else AsyncReplayable(content)


def _written(path: Path) -> Path:
    blob = path / "blob"
    blob.write_bytes(CONTENT)
    return blob


def options_of(registry: EmbeddedRegistry) -> dict[str, Any]:
    """Return the client options for logging in to a registry."""
    return {"username": registry.username, "password": registry.password, "trusted_realms": ["localhost", "127.0.0.1"]}


def complete_log(registry: EmbeddedRegistry) -> list[RequestRecord]:
    """Return the log of a registry once it is complete: an interrupted request is logged a moment later."""
    for _ in range(2000):
        if registry.requests.under_way == 0:
            break
        time.sleep(0.002)
    return list(registry.requests)


def received_body_bytes(registry: EmbeddedRegistry) -> int:
    """Return the number of request body bytes that a registry has received_body_bytes for uploads."""
    return sum(record.request_bytes for record in complete_log(registry) if "/blobs/uploads/" in record.path)


def open_uploads(registry: EmbeddedRegistry) -> list[str]:
    """Return the locations of the uploads that are open on a registry."""
    started = {
        urlsplit(value).path
        for record in complete_log(registry)
        for name, value in record.response_headers
        if name == "location" and record.method == "POST" and "/blobs/uploads/" in value
    }
    found = []
    with RegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
        for path in sorted(started):
            with suppress(NotFoundError):
                client.get_blob_upload_status(UploadSession(repo=path[4:].rpartition("/blobs/")[0], location=registry.url + path))
                found.append(path)
    return found


async def stored(client: AsyncRegistryClientV2, digest: str = DIGEST) -> bytes:
    """Return the bytes of a blob that the registry has stored."""
    async with client.create_blob_read_stream(digest) as blob:
        return await blob.read()
