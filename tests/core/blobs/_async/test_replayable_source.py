"""Tests of a registry's blob as a source of an upload, read from any offset."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs._async.blob_repository import AsyncBlobRepository
from docker_registry_sdk._core.blobs._async.replayable_source import AsyncRemoteBlob
from docker_registry_sdk._core.blobs.upload_source import AsyncReplayableSource
from docker_registry_sdk.errors import DigestMismatchError, NotFoundError
from docker_registry_sdk.testing.faults import Truncate, WrongBytes
from docker_registry_sdk.v2.models import Descriptor
from tests.core.blobs.conftest import REPO, Server
from tests.support.images import digest_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
CONTENT = os.urandom(2_000_000)


def blocks(client: AsyncRegistryClientV2, blob: str | Descriptor, offset: int) -> AsyncIterator[bytes]:
    """Return an iterator of the bytes of a blob from an offset on."""
    source = AsyncRemoteBlob(AsyncBlobRepository(client, REPO), blob)
    assert isinstance(source, AsyncReplayableSource)
    return source.blocks(offset)


@pytest.mark.parametrize("offset", [0, 1, 1_000_000, 1_999_999, 2_000_000])
async def test_the_bytes_from_any_offset_over_interruptions(server: Server, client: AsyncRegistryClientV2, offset: int) -> None:
    digest = server.push(CONTENT)
    for blob in (digest, Descriptor(media_type="x/y", digest=digest, size=len(CONTENT))):
        server.add_read_fault(Truncate(after=300_000), times=2)
        server.registry.requests.clear()
        assert b"".join([block async for block in blocks(client, blob, offset)]) == CONTENT[offset:]
        assert server.sent == len(CONTENT) - offset
        server.registry.faults.clear()


async def test_all_bytes_from_the_first_one_are_verified(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(WrongBytes(at=5))
    got = 0
    with pytest.raises(DigestMismatchError):  # noqa: PT012 - the bytes before the exception count
        async for block in blocks(client, digest, 0):
            got += len(block)
    assert got < len(CONTENT)


async def test_missing_blobs(server: Server, client: AsyncRegistryClientV2) -> None:
    for offset in (0, 5):
        with pytest.raises(NotFoundError):
            _ = [block async for block in blocks(client, digest_of(b"nothing"), offset)]
