"""Tests of registries that answer each range request wrongly: the whole blob is fetched once, and no `.part` file stays."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import DigestMismatchError, ServerError
from docker_registry_sdk.v2.models import Descriptor
from tests.core.blobs._async.helpers import read_all
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.conftest import MAX_RETRIES
from tests.core.blobs.helpers import descriptor, part_of
from tests.core.blobs.wrong_ranges import WRONG_ANSWERS, WRONG_BYTES, WrongRanges
from tests.core.wire.loopback import Loopback
from tests.support.images import digest_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
SIZE = 300_000
CONTENT = os.urandom(SIZE)
DIGEST = digest_of(CONTENT)
BLOBS: dict[str, str | Descriptor] = {"digest": DIGEST, "descriptor": descriptor(CONTENT)}
CUT = 100_000
ANSWERS = pytest.mark.parametrize("answer", sorted(WRONG_ANSWERS))
ALL_ANSWERS = pytest.mark.parametrize("answer", sorted(WRONG_ANSWERS | WRONG_BYTES))
# A longer body is cut: ranges that are read alone are not verified.
FILE_ANSWERS = pytest.mark.parametrize("answer", sorted(WRONG_ANSWERS.keys() - {"longer, chunked"}))


@ANSWERS
async def test_a_stream_that_was_interrupted_continues_with_the_whole_blob(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, answer: str
) -> None:
    for blob in BLOBS.values():
        server = WrongRanges(CONTENT, answer, cut_first_after=CUT)
        server.attach(loopback)
        assert await read_all(loopback_client, blob) == CONTENT
        assert server.wholes == 2 or (answer == "longer, chunked" and server.wholes == 1)
        assert server.ranges == (MAX_RETRIES if answer == "500" else 1)


@ALL_ANSWERS
async def test_a_download_that_was_interrupted_fetches_the_whole_blob_once(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, answer: str
) -> None:
    for name, blob in BLOBS.items():
        server = WrongRanges(CONTENT, answer, cut_first_after=CUT)
        server.attach(loopback)
        await loopback_client.download_blob(blob, tmp_path / name)
        assert (tmp_path / name).read_bytes() == CONTENT
        assert server.wholes == 2 or (answer == "longer, chunked" and server.wholes == 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["descriptor", "digest"]


@pytest.mark.parametrize("length", [CUT, SIZE, SIZE + 1])
@ALL_ANSWERS
async def test_a_part_file_of_an_earlier_call_is_completed_or_replaced(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, answer: str, length: int
) -> None:
    for name, blob in BLOBS.items():
        server = WrongRanges(CONTENT, answer)
        server.attach(loopback)
        part_of(tmp_path / name).write_bytes((CONTENT + b"x")[:length])
        part_of(tmp_path / name).chmod(0o600)
        await loopback_client.download_blob(blob, tmp_path / name)
        assert (tmp_path / name).read_bytes() == CONTENT
        assert server.wholes <= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["descriptor", "digest"]


@pytest.mark.parametrize("head", [401, 403, 404, 405, 500, 501, "0", "7"])
async def test_a_part_file_is_completed_although_head_is_refused_or_states_another_size(
    loopback: Loopback, tmp_path: Path, head: int | str
) -> None:
    server = WrongRanges(CONTENT, "", head=head)
    server.attach(loopback)
    part_of(tmp_path / "blob").write_bytes(CONTENT[:CUT])
    part_of(tmp_path / "blob").chmod(0o600)
    async with AsyncRegistryClientV2(f"{loopback.url}/a", max_retries=0) as client:
        await client.download_blob(DIGEST, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == CONTENT


async def test_wrong_bytes_without_an_interruption_are_not_fetched_twice(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path
) -> None:
    BlobServer(bytes(SIZE)).attach(loopback)
    with pytest.raises(DigestMismatchError):
        await loopback_client.download_blob(descriptor(CONTENT), tmp_path / "blob")
    assert len(loopback.seen) == 1


async def test_a_registry_that_fails_with_and_without_a_range_raises_its_error(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path
) -> None:
    part_of(tmp_path / "blob").write_bytes(CONTENT[:CUT])
    part_of(tmp_path / "blob").chmod(0o600)
    loopback.answer = lambda handler: handler.reply(500)
    with pytest.raises(ServerError):
        await loopback_client.download_blob(descriptor(CONTENT), tmp_path / "blob")
    assert len(loopback.seen) == MAX_RETRIES + 2
    assert part_of(tmp_path / "blob").read_bytes() == CONTENT[:CUT]


@FILE_ANSWERS
async def test_a_blob_file_reads_the_whole_verified_blob(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, answer: str
) -> None:
    server = WrongRanges(CONTENT, answer)
    server.attach(loopback)
    async with await loopback_client.open_blob(DIGEST) as file:
        for offset, whence, place in ((SIZE // 2, 0, SIZE // 2), (-5, 2, SIZE - 5), (7, 0, 7), (3, 1, 110)):
            assert await file.seek(offset, whence) == place
            assert await file.read(100) == CONTENT[place : place + 100]
        buffer = bytearray(1000)
        assert await file.readinto(buffer) == 1000
        assert buffer == CONTENT[210:1210]
        assert await file.readall() == CONTENT[1210:]
        assert await file.read(1) == b""
    assert server.wholes == 1
    with pytest.raises(ValueError, match="closed"):
        await file.read(1)


@FILE_ANSWERS
async def test_no_byte_of_a_wrong_whole_blob_is_returned(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, answer: str
) -> None:
    for content in (CONTENT[:-1] + b"x", CONTENT + b"x", CONTENT[:-1], bytes(20 * SIZE)):
        WrongRanges(content, answer, size=SIZE).attach(loopback)
        async with await loopback_client.open_blob(descriptor(CONTENT)) as file:
            await file.seek(SIZE // 2)
            for _ in range(2):
                with pytest.raises(DigestMismatchError):
                    await file.read(100)
                assert await file.tell() == SIZE // 2


@pytest.mark.parametrize("size", [SIZE, 3_000_000])
async def test_the_temporary_file_is_removed_when_the_blob_file_is_closed(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    content = os.urandom(size)
    WrongRanges(content, "200").attach(loopback)

    def open_files() -> list[str]:
        found = []
        for number in os.listdir("/proc/self/fd"):
            try:
                found.append(os.readlink(f"/proc/self/fd/{number}"))
            except FileNotFoundError:  # the descriptor of this listing
                continue
        return [path for path in found if path.startswith(str(tmp_path))]

    async with await loopback_client.open_blob(descriptor(content)) as file:
        await file.seek(size // 2)
        assert await file.read() == content[size // 2 :]
        assert len(open_files()) == (size > 1024 * 1024)
    assert open_files() == []
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_reported_with_the_folder_of_temporary_files(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(file: object, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", write)
    WrongRanges(CONTENT, "200").attach(loopback)
    async with await loopback_client.open_blob(DIGEST) as file:
        with pytest.raises(OSError, match=f"No space left.*{re.escape(tempfile.gettempdir())}"):
            await file.read(1)
