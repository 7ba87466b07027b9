"""Tests of blobs as files: reads at any position return the right bytes, and fetch few others."""

from __future__ import annotations

import io
import os
import random

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.read_ahead import MIN_READ_AHEAD_BYTES
from docker_registry_sdk.errors import InvalidDigestError, NotFoundError, RegistryError, TransportError
from docker_registry_sdk.testing.faults import ExpireTokens, Status, Truncate
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.conftest import MAX_RETRIES, Server
from tests.core.blobs.helpers import descriptor
from tests.core.wire.loopback import Loopback
from tests.support.images import digest_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
MIB = 1024 * 1024
CONTENT = os.urandom(12 * MIB)


async def test_reads_at_any_position_return_the_same_bytes_as_a_local_file(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    file = io.BytesIO(CONTENT)
    chance = random.Random(2)
    async with await client.open_blob(digest) as blob:
        assert (blob.digest, blob.size, blob.readable(), blob.seekable(), blob.closed) == (digest, 12 * MIB, True, True, False)
        for _ in range(100):
            whence, length = chance.choice([0, 1, 2]), chance.choice([0, 1, 1000, 70_000, 300_000])
            offset = chance.randrange(12 * MIB) if whence == 0 else chance.randrange(-100_000, 100_000)
            if (file.tell() if whence == 1 else 12 * MIB if whence == 2 else 0) + offset >= 0:
                assert await blob.seek(offset, whence) == file.seek(offset, whence)
            assert await blob.read(length) == file.read(length)
            assert await blob.tell() == file.tell()
        await blob.seek(-5, os.SEEK_END)
        assert (await blob.read(), await blob.read(), await blob.read(5)) == (CONTENT[-5:], b"", b"")
        await blob.seek(10 * MIB)
        assert await blob.readall() == CONTENT[10 * MIB :]
        await blob.seek(7)
        buffer = bytearray(100_000)
        assert await blob.readinto(buffer) == 100_000
        assert buffer == CONTENT[7:100_007]
        assert await blob.seek(20 * MIB) == 20 * MIB
        assert await blob.read(1) == b""
        assert await blob.readinto(buffer) == 0
        for offset, whence in ((-1, 0), (-100 * MIB, 1), (0, 3)):
            with pytest.raises(ValueError, match=r"whence|must not be negative"):
                await blob.seek(offset, whence)
    assert blob.closed
    for call in (blob.read, blob.tell, blob.readall):
        with pytest.raises(ValueError, match="closed"):
            await call()
    with pytest.raises(ValueError, match="closed"):
        await blob.seek(0)


async def test_sequential_reads_request_larger_and_larger_ranges(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    async with await client.open_blob(digest) as blob:
        got = [await blob.read(10_000) for _ in range(12 * MIB // 10_000 + 1)]
    assert b"".join(got) == CONTENT
    assert server.sent == 12 * MIB
    assert len(server.reads) == 9  # 64 KiB, 128 KiB, … 4 MiB


async def test_single_reads_request_small_ranges(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    async with await client.open_blob(digest) as blob:
        for place in range(MIB, 11 * MIB, MIB):
            await blob.seek(place)
            assert await blob.read(10) == CONTENT[place : place + 10]
    assert server.sent == 10 * MIN_READ_AHEAD_BYTES


async def test_a_descriptor_saves_the_head_request(server: Server, client: AsyncRegistryClientV2) -> None:
    server.push(CONTENT)
    async with await client.open_blob(descriptor(CONTENT)) as blob:
        assert server.registry.requests.snapshot() == []
        assert await blob.read(100) == CONTENT[:100]
    assert [one.method for one in server.registry.requests if one.status == 206] == ["GET"]
    async with await client.open_blob(descriptor(b"")) as blob:
        assert await blob.read() == b""
        assert await blob.seek(0, os.SEEK_END) == 0


async def test_missing_blobs(server: Server, client: AsyncRegistryClientV2) -> None:
    with pytest.raises(NotFoundError):
        await client.open_blob(digest_of(b"nothing"))
    async with await client.open_blob(descriptor(b"nothing")) as blob:
        with pytest.raises(NotFoundError):
            await blob.read(1)
    with pytest.raises(InvalidDigestError):
        await client.open_blob("latest")


async def test_interrupted_ranges_are_resumed(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Truncate(after=30_000), times=2)
    server.add_read_fault(ExpireTokens(), after=2)
    async with await client.open_blob(digest) as blob:
        assert await blob.read(100_000) == CONTENT[:100_000]
    assert server.sent == 100_000
    server.add_read_fault(Truncate(after=0), times=None)
    server.registry.requests.clear()
    async with await client.open_blob(digest) as blob:
        with pytest.raises(TransportError):
            await blob.read(1)
        assert len(server.reads) == MAX_RETRIES + 1
        server.registry.faults.clear()
        assert await blob.read(1) == CONTENT[:1]  # the position did not change


async def test_bytes_beyond_the_requested_range_are_discarded(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    blob_server = BlobServer(CONTENT, chunked=True, more=bytes(100_000))
    blob_server.attach(loopback)
    async with await loopback_client.open_blob(descriptor(CONTENT)) as blob:
        assert await blob.read(100_000) == CONTENT[:100_000]


async def test_a_refused_range_request_is_raised(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Status(403), times=None)
    async with await client.open_blob(digest) as blob:
        with pytest.raises(RegistryError, match="403"):
            await blob.read(10)
