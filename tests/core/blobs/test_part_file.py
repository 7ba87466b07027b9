"""Tests of the `.part` file of a download: when its bytes reach the disk, and when it is refused or locked."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk._core.blobs.download_target import open_target
from docker_registry_sdk._core.blobs.part_file import PartFile


def test_finish_writes_the_bytes_to_disk_before_the_rename_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut between rename and fsync would leave an empty file under the final name."""
    order: list[str] = []
    fsync, link = os.fsync, os.link

    def record_fsync(descriptor: int) -> None:
        order.append("fsync of the folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync of the file")
        fsync(descriptor)

    def record_link(*places: str, **options: Any) -> None:
        order.append("rename")
        link(*places, **options)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "link", record_link)
    part = PartFile(open_target(tmp_path / "blob"))
    part.write(b"content")
    part.finish()
    part.close(keep=True)
    assert order == ["fsync of the file", "rename", "fsync of the folder"]
    assert (tmp_path / "blob").read_bytes() == b"content"


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_is_refused_with_the_advice_to_remove_it(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "other").write_bytes(b"content")
    (tmp_path / "blob.part").symlink_to(tmp_path / "other")
    with pytest.raises(FileExistsError, match=r"is a symbolic link: remove that file") as caught:
        PartFile(open_target(tmp_path / "blob"))
    assert caught.value.filename == str(tmp_path / "blob.part")


def test_a_failing_lock_is_not_reported_as_another_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems answer ENOLCK: they have no locks."""

    def fail(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError) as caught:
        PartFile(open_target(tmp_path / "blob"))
    assert caught.value.errno == errno.ENOLCK
