"""Tests of downloads: a verified file at the path, or at most a `.part` file to resume from."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from attrs import evolve

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk.errors import DigestMismatchError, InvalidDigestError, NotFoundError, TransportError
from docker_registry_sdk.testing.faults import ExpireTokens, LoseResponse, Reset, Status, Truncate, WrongBytes
from docker_registry_sdk.v2.models import Descriptor
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.conftest import MAX_RETRIES, Server
from tests.core.blobs.helpers import part_of
from tests.core.wire.loopback import Loopback
from tests.support.images import digest_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
MIB = 1024 * 1024
SIZE = 5_000_000
CONTENT = os.urandom(SIZE)
UNKNOWN = "sha256:" + "0" * 64


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


async def test_a_download_is_complete(server: Server, client: AsyncRegistryClientV2, target: Path) -> None:
    for content in (CONTENT, b"x", b""):
        digest = server.push(content)
        reports: list[Progress] = []
        got = await client.download_blob(digest, str(target), on_progress=reports.append)
        assert (got.digest, got.size) == (digest, len(content))
        assert target.read_bytes() == content
        assert os.listdir(target.parent) == ["blob"]
        assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~current_umask()
        assert reports[-1] == Progress(phase="download", digest=digest, bytes=len(content), total=len(content))
        assert len(reports) <= len(content) // MIB + 1
        assert [one.bytes for one in reports] == sorted(one.bytes for one in reports)
        target.unlink()


async def test_a_descriptor_is_returned_unchanged(server: Server, client: AsyncRegistryClientV2, target: Path) -> None:
    layer = Descriptor(media_type="x/y", digest=server.push(CONTENT), size=SIZE, annotations=None)
    assert await client.download_blob(layer, target) is layer
    with pytest.raises(DigestMismatchError):
        await client.download_blob(evolve(layer, size=SIZE + 1), target.with_name("other"))
    assert os.listdir(target.parent) == ["blob"]


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("effect", [Reset, Truncate])
async def test_an_interruption_at_every_tenth_is_resumed(
    server: Server, client: AsyncRegistryClientV2, target: Path, effect: type[Reset | Truncate], tenth: int
) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(effect(after=tenth * SIZE // 10))
    await client.download_blob(digest, target)
    assert target.read_bytes() == CONTENT
    second = server.reads[1]
    arrived = int((second.header("range") or "bytes=0-")[6:-1])
    assert server.sent == tenth * SIZE // 10 + SIZE - arrived
    if effect is Truncate:
        assert server.sent == SIZE


async def test_interruptions_lost_responses_and_expired_tokens_in_one_download(
    server: Server, client: AsyncRegistryClientV2, target: Path
) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Truncate(after=1_000_000), times=4)
    server.add_read_fault(LoseResponse(), after=1)
    server.add_read_fault(ExpireTokens(), after=3)
    await client.download_blob(digest, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("known", [True, False])
async def test_a_part_file_left_by_interruptions_is_resumed(
    server: Server, client: AsyncRegistryClientV2, target: Path, known: bool
) -> None:
    digest = server.push(CONTENT)
    blob = Descriptor(media_type="x/y", digest=digest, size=SIZE) if known else digest
    server.add_read_fault(Truncate(after=2_500_000))
    server.add_read_fault(Truncate(after=0), after=1, times=None)
    with pytest.raises(TransportError) as caught:
        await client.download_blob(blob, target)
    assert "blob.part. To resume the download, download to the same path again" in caught.value.__notes__[0]
    assert os.listdir(target.parent) == ["blob.part"]
    assert part_of(target).read_bytes() == CONTENT[:2_500_000]
    assert len(server.reads) == 1 + MAX_RETRIES
    server.registry.faults.clear()
    server.registry.requests.clear()
    reports: list[Progress] = []
    await client.download_blob(blob, target, on_progress=reports.append)
    assert target.read_bytes() == CONTENT
    assert server.sent == SIZE - 2_500_000
    assert os.listdir(target.parent) == ["blob"]
    assert [(one.phase, one.bytes, one.total) for one in reports if one.phase == "check"] == [("check", 2_500_000, SIZE)]
    assert reports[-1].bytes == SIZE


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("found", "fetched"),
    [
        (CONTENT, 0),  # complete, but not renamed
        (CONTENT + b"x", SIZE),
        (bytes(1000) + CONTENT[1000:], SIZE),
        (bytes(1_000_000), 2 * SIZE - 1_000_000),
        (b"", SIZE),
    ],
)
async def test_an_existing_part_file_is_verified(
    server: Server, client: AsyncRegistryClientV2, target: Path, known: bool, found: bytes, fetched: int
) -> None:
    digest = server.push(CONTENT)
    part_of(target).write_bytes(found)
    await client.download_blob(Descriptor(media_type="x/y", digest=digest, size=SIZE) if known else digest, target)
    assert target.read_bytes() == CONTENT
    assert server.sent == fetched
    assert os.listdir(target.parent) == ["blob"]


async def test_an_existing_part_file_and_a_server_without_ranges(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, target: Path
) -> None:
    BlobServer(CONTENT, ranges=False).attach(loopback)
    part_of(target).write_bytes(CONTENT[:1_000_000])
    await loopback_client.download_blob(digest_of(CONTENT), target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("found", [b"", CONTENT[:100], bytes(100)], ids=["nothing", "a part of it", "a part of another"])
async def test_a_wrong_blob_leaves_no_file(server: Server, client: AsyncRegistryClientV2, target: Path, found: bytes) -> None:
    digest = server.push(CONTENT)
    if found:
        part_of(target).write_bytes(found)
    server.add_read_fault(WrongBytes(at=SIZE - 200), times=None)
    with pytest.raises(DigestMismatchError):
        await client.download_blob(digest, target)
    assert os.listdir(target.parent) == []
    assert len(server.reads) == (2 if found else 1)  # started over once at most


async def test_an_endless_blob_does_not_fill_the_disk(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, target: Path
) -> None:
    blob_server = BlobServer(bytes(300_000_000), chunked=True)
    blob_server.attach(loopback)
    with pytest.raises(DigestMismatchError):
        await loopback_client.download_blob(Descriptor(media_type="x/y", digest=UNKNOWN, size=100_000), target)
    assert blob_server.served < 100_000_000
    assert os.listdir(target.parent) == []


@pytest.mark.parametrize("size", [3, MIB + 3])
async def test_a_failure_of_the_last_write_leaves_no_file(
    server: Server, client: AsyncRegistryClientV2, target: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A thread writes the last buffer after the last byte has arrived, so the failure is noticed only at the end."""
    digest = server.push(CONTENT[:size])
    write = os.write
    failed: list[int] = []

    def fail_last(descriptor: int, data: bytes | memoryview) -> int:
        if isinstance(data, memoryview) and len(data) < MIB:  # all buffers but the last one are full
            failed.append(len(data))
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", fail_last)
    with pytest.raises(OSError) as caught:
        await client.download_blob(digest, target)
    assert caught.value.errno == errno.ENOSPC
    assert failed == [3]
    assert os.listdir(target.parent) == []


async def test_failures_before_the_first_byte_leave_no_file(server: Server, client: AsyncRegistryClientV2, target: Path) -> None:
    with pytest.raises(NotFoundError):
        await client.download_blob(UNKNOWN, target)
    server.add_read_fault(Truncate(after=0), times=None)
    with pytest.raises(TransportError) as caught:
        await client.download_blob(server.push(CONTENT), target)
    assert getattr(caught.value, "__notes__", []) == []
    with pytest.raises(InvalidDigestError):
        await client.download_blob("latest", target)
    assert os.listdir(target.parent) == []


async def test_a_failure_keeps_an_existing_part_file(server: Server, client: AsyncRegistryClientV2, target: Path) -> None:
    digest = server.push(CONTENT)
    part_of(target).write_bytes(CONTENT[:1000])
    server.add_read_fault(Status(403), times=None)
    with pytest.raises(Exception, match="403"):
        await client.download_blob(Descriptor(media_type="x/y", digest=digest, size=SIZE), target)
    assert part_of(target).read_bytes() == CONTENT[:1000]


async def test_an_exception_of_the_progress_callback_ends_the_download(
    server: Server, client: AsyncRegistryClientV2, target: Path
) -> None:
    digest = server.push(CONTENT)

    def stop(progress: Progress) -> None:
        if progress.bytes > 2 * MIB:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        await client.download_blob(digest, target, on_progress=stop)
    left = part_of(target).read_bytes()
    assert left == CONTENT[: len(left)]
    assert len(left) > 2 * MIB
    await client.download_blob(digest, target)
    assert target.read_bytes() == CONTENT
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"docker_registry_sdk download"})
