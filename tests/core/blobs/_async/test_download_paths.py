"""Tests of downloads to a path that exists, whose `.part` file exists, or that another download uses."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs import part_file
from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk.v2.models import Descriptor
from tests.core.blobs.conftest import Server
from tests.core.blobs.helpers import part_of
from tests.core.wire.loopback import Loopback
from tests.support.images import digest_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
MIB = 1024 * 1024
SIZE = 5_000_000
CONTENT = os.urandom(SIZE)
UNKNOWN = "sha256:" + "0" * 64


@pytest.mark.parametrize("link", [True, False])
async def test_a_blob_that_exists_at_the_path_is_not_downloaded(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, target: Path, tmp_path: Path, link: bool
) -> None:
    (tmp_path / "real").write_bytes(CONTENT)
    target.symlink_to("real") if link else target.write_bytes(CONTENT)
    reports: list[Progress] = []
    got = await loopback_client.download_blob(digest_of(CONTENT), target, on_progress=reports.append)
    assert (got.size, loopback.seen) == (SIZE, [])
    assert reports[-1] == Progress(phase="check", digest=digest_of(CONTENT), bytes=SIZE, total=SIZE)
    assert not part_of(target).exists()


@pytest.mark.parametrize("there", [b"", b"other", bytes(SIZE)])
async def test_another_file_at_the_path_is_not_changed(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, target: Path, there: bytes
) -> None:
    target.write_bytes(there)
    for blob in (digest_of(CONTENT), Descriptor(media_type="x/y", digest=digest_of(CONTENT), size=SIZE)):
        with pytest.raises(FileExistsError, match="remove that file, or pass another path") as caught:
            await loopback_client.download_blob(blob, target)
        assert caught.value.filename == str(target)
    assert loopback.seen == []
    assert target.read_bytes() == there
    assert os.listdir(target.parent) == ["blob"]


async def test_paths_that_cannot_be_written(loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "nowhere").symlink_to("missing")
    os.mkfifo(tmp_path / "pipe")
    for path, kind in (
        (tmp_path, IsADirectoryError),
        (Path("/"), IsADirectoryError),
        (tmp_path / "missing" / "blob", FileNotFoundError),
        (tmp_path / "file" / "blob", NotADirectoryError),
        (tmp_path / "nowhere", FileExistsError),
        (tmp_path / "pipe", FileExistsError),
        (tmp_path / ("x" * 300), OSError),
    ):
        with pytest.raises(kind) as caught:
            await loopback_client.download_blob(UNKNOWN, path)
        assert str(caught.value.filename) in (str(path), str(path.parent), f"{path}.part")
    assert loopback.seen == []
    assert sorted(os.listdir(tmp_path)) == ["file", "nowhere", "pipe"]


@pytest.mark.parametrize("odd_one", ["link", "hard link", "pipe", "folder", "dangling"])
async def test_a_part_file_that_is_not_a_regular_file_is_refused(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, target: Path, tmp_path: Path, odd_one: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    part = part_of(target)
    match odd_one:
        case "link":
            part.symlink_to(victim)
        case "hard link":
            os.link(victim, part)
        case "pipe":
            os.mkfifo(part)
        case "folder":
            part.mkdir()
        case _:
            part.symlink_to(tmp_path / "missing")
    with pytest.raises(OSError) as caught:
        await loopback_client.download_blob(digest_of(CONTENT), target)
    assert caught.value.filename == str(part)
    assert loopback.seen == []
    assert victim.read_bytes() == b"precious"
    assert os.path.lexists(part)
    assert not (tmp_path / "missing").exists()


async def test_a_second_download_to_the_same_path_is_refused(server: Server, client: AsyncRegistryClientV2, target: Path) -> None:
    digest = server.push(CONTENT)
    failures: list[str] = []

    def download_too(_: Progress) -> None:
        def run() -> None:
            from docker_registry_sdk import RegistryClientV2

            with RegistryClientV2(server.name, **server.options) as other:
                try:
                    other.download_blob(digest, target)
                except BlockingIOError as error:
                    failures.append(str(error))

        if not failures:
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()

    await client.download_blob(digest, target, on_progress=download_too)
    assert len(failures) == 1
    assert "another download to the same path is running" in failures[0]
    assert target.read_bytes() == CONTENT
    await client.download_blob(digest, target)  # the file exists by now
    assert len(server.reads) == 1


async def test_a_target_that_appears_during_the_download_is_not_changed(
    server: Server, client: AsyncRegistryClientV2, target: Path
) -> None:
    digest = server.push(CONTENT)

    def write(_: Progress) -> None:
        target.write_bytes(b"mine")

    with pytest.raises(FileExistsError):
        await client.download_blob(digest, target, on_progress=write)
    assert target.read_bytes() == b"mine"


async def test_a_download_that_finishes_just_before_the_lock_is_used(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = part_file.lock

    def finish_first(descriptor: int, path: Path) -> None:
        if not target.exists():
            os.write(descriptor, CONTENT)
            path.rename(target)
        original(descriptor, path)

    monkeypatch.setattr(part_file, "lock", finish_first)
    assert (await loopback_client.download_blob(digest_of(CONTENT), target)).size == SIZE
    assert loopback.seen == []
    assert os.listdir(target.parent) == ["blob"]
    assert target.read_bytes() == CONTENT


async def test_a_part_file_that_is_renamed_just_before_the_lock_is_not_changed(
    server: Server, client: AsyncRegistryClientV2, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = server.push(CONTENT)
    original, moved = part_file.lock, target.with_name("moved")

    def move_first(descriptor: int, path: Path) -> None:
        if not moved.exists():
            os.write(descriptor, b"precious")
            path.rename(moved)
        original(descriptor, path)

    monkeypatch.setattr(part_file, "lock", move_first)
    await client.download_blob(digest, target)
    assert target.read_bytes() == CONTENT
    assert moved.read_bytes() == b"precious"
