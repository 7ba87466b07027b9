"""A program that uploads a blob from a file, and writes the session to another file: `url client blob kept [chunk_size]`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.blobs.upload_session import UploadSession


class Stuck:
    """A source that blocks in the middle of the blob.

    Args:
        content: Its bytes.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content

    def blocks(self, offset: int, /) -> Iterator[bytes]:
        """Yield the bytes from an offset to the middle, and block."""
        half = len(self.content) // 2
        for at in range(offset, half, 50_000):
            yield self.content[at : min(half, at + 50_000)]
        print("stuck", flush=True)
        sys.stdin.read()  # blocks until the process is killed


class AsyncStuck(Stuck):
    """A `Stuck` source for the async client."""

    async def blocks(self, offset: int, /) -> AsyncIterator[bytes]:  # type: ignore[override]
        """Yield the bytes from an offset to the middle, and block."""
        for block in Stuck.blocks(self, offset):
            yield block


def main() -> None:
    url, client_class, blob, kept, *rest = sys.argv[1:]
    content = Path(blob).read_bytes()

    def keep(session: UploadSession) -> None:
        part = Path(f"{kept}.part")
        part.write_text(json.dumps(session.to_dict()), encoding="utf-8")
        os.replace(part, kept)

    options: dict[str, Any] = {"size": len(content), "on_session": keep}
    if rest:
        options["chunk_size"] = int(rest[0])
    if client_class == "RegistryClientV2":
        with RegistryClientV2(url) as client:
            client.blob_upload(Stuck(content), **options)
        return

    async def upload() -> None:
        async with AsyncRegistryClientV2(url) as client:
            await client.blob_upload(AsyncStuck(content), **options)

    asyncio.run(upload())


if __name__ == "__main__":
    main()
