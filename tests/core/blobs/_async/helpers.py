"""Read blobs with a client, and sources of every kind for uploads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.v2.models import Descriptor
from tests.core.blobs.upload_helpers import CONTENT, DIGEST, SIZE, pieces


async def read_all(client: AsyncRegistryClientV2, blob: str | Descriptor, *, use_urls: bool = False) -> bytes:
    """Return the bytes of a blob, read as a stream."""
    async with client.create_blob_read_stream(blob, use_urls=use_urls) as stream:
        return b"".join([chunk async for chunk in stream])


async def stored(client: AsyncRegistryClientV2, digest: str = DIGEST) -> bytes:
    """Return the bytes of a blob that the registry has stored."""
    async with client.create_blob_read_stream(digest) as blob:
        return await blob.read()


async def yield_pieces(content: bytes, length: int) -> AsyncIterator[bytes]:
    """Yield the bytes, in pieces."""
    for piece in pieces(content, length):
        yield piece


class AsyncReplayable:
    """A replayable source.

    Args:
        content: The bytes.
    """

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content

    def blocks(self, offset: int, /) -> AsyncIterator[bytes]:
        """Yield the bytes from an offset to the end."""
        return yield_pieces(self.content[offset:], 70_000)


# Sources, each with the options to upload it with.
REPLAYABLE_SOURCES: dict[str, Callable[[Path], tuple[Any, dict[str, Any]]]] = {
    "bytes": lambda path: (CONTENT, {}),
    "path": lambda path: (_written(path), {}),
    "path, digest": lambda path: (_written(path), {"digest": DIGEST}),
    "replayable, digest": lambda path: (AsyncReplayable(), {"digest": DIGEST, "size": SIZE}),
}
ONE_TIME_SOURCES: dict[str, Callable[[Path], tuple[Any, dict[str, Any]]]] = {
    "iterator": lambda path: (pieces(), {}),
    "iterator, digest": lambda path: (pieces(), {"digest": DIGEST}),
    "iterator, size": lambda path: (yield_pieces(CONTENT, 100_000), {"size": SIZE}),
    "iterator, digest, size": lambda path: (pieces(), {"digest": DIGEST, "size": SIZE}),
}
ALL_SOURCES = {**REPLAYABLE_SOURCES, **ONE_TIME_SOURCES}


def _written(path: Path) -> Path:
    blob = path / "blob"
    blob.write_bytes(CONTENT)
    return blob
