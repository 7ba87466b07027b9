"""Read a blob with a client."""

from __future__ import annotations

from docker_registry_sdk import AsyncRegistryClientV2


async def read_blob(client: AsyncRegistryClientV2, digest: str) -> bytes:
    """Return the bytes of a blob, read from a verified stream."""
    async with client.create_blob_read_stream(digest) as stream:
        return await stream.read()
