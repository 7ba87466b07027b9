"""Folders that are no storage of an embedded registry, and storages that several registries want to use."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from docker_registry_sdk.errors import ForkedProcessError
from docker_registry_sdk.testing import DirectoryStorage, EmbeddedRegistry, StorageFolderError
from docker_registry_sdk.testing.storage.storage_folder import MARKER
from tests.support.forking import fork, needs_fork


def contents_of(folder: Path) -> dict[str, bytes | None]:
    """Return the contents of all files below a folder; None for a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() if one.is_file() else None for one in folder.rglob("*")}


@pytest.mark.parametrize("name", ["uploads/holiday.jpg", "uploads/upload-x", "notes.txt", "repositories/a/_repository.json"])
def test_a_folder_with_other_files_is_not_changed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"my only copy")
    before = contents_of(tmp_path)
    with pytest.raises(StorageFolderError, match="holds files") as caught:
        EmbeddedRegistry(storage=tmp_path)
    assert caught.value.hint == "Pass the path of a new or empty folder."
    assert contents_of(tmp_path) == before


@pytest.mark.parametrize("name", ["uploads", MARKER])
@pytest.mark.parametrize("target", ["outside", "outside/upload-x"])
def test_links_in_a_storage_are_not_followed(tmp_path: Path, name: str, target: str) -> None:
    outside, storage = tmp_path / "outside", tmp_path / "storage"
    outside.mkdir()
    (outside / "upload-x").write_bytes(b"my only copy")
    DirectoryStorage(storage).close()
    (storage / name).unlink() if name == MARKER else (storage / name).rmdir()
    (storage / name).symlink_to(tmp_path / target)
    with pytest.raises(StorageFolderError):
        DirectoryStorage(storage)
    assert contents_of(outside) == {"upload-x": b"my only copy"}


@pytest.mark.parametrize("name", ["blobs", "repositories", "blobs/sha256"])
def test_folders_of_a_storage_that_are_links_lead_no_file_out(tmp_path: Path, name: str) -> None:
    outside, storage = tmp_path / "outside", tmp_path / "storage"
    outside.mkdir()
    with EmbeddedRegistry(storage=storage) as registry:
        registry.add_image("a:1")
    (storage / name).rename(tmp_path / "moved")
    (storage / name).symlink_to(outside)
    with pytest.raises(OSError), EmbeddedRegistry(storage=storage) as registry:
        registry.add_image("b:1")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_content_that_is_no_regular_file_is_not_served(tmp_path: Path, kind: str) -> None:
    """A pipe must not block the registry either."""
    with EmbeddedRegistry(storage=tmp_path / "storage") as registry:
        digest = registry.add_image("a:1").digest.encoded
    content, secret = tmp_path / "storage" / "blobs" / "sha256" / digest[:2] / digest, tmp_path / "secret"
    content.rename(secret)
    content.symlink_to(secret) if kind == "link" else os.mkfifo(content)
    storage = DirectoryStorage(tmp_path / "storage")
    with pytest.raises(OSError):
        storage.open(f"sha256:{digest}")
    storage.close()


@pytest.mark.parametrize("kind", ["link", "pipe", "deep JSON"])
def test_a_record_that_is_no_regular_file_is_an_error(tmp_path: Path, kind: str) -> None:
    with EmbeddedRegistry(storage=tmp_path / "storage") as registry:
        registry.add_image("a:1")
    record = tmp_path / "storage" / "repositories" / "a" / "_repository.json"
    record.rename(tmp_path / "outside")
    if kind == "pipe":
        os.mkfifo(record)
    elif kind == "link":
        record.symlink_to(tmp_path / "outside")
    else:
        record.write_bytes(b"[" * 100_000)
    with pytest.raises(ValueError if kind == "deep JSON" else OSError):
        DirectoryStorage(tmp_path / "storage")


def test_other_users_cannot_lock_a_storage(tmp_path: Path) -> None:
    DirectoryStorage(tmp_path).close()
    assert (tmp_path / MARKER).stat().st_mode & 0o077 == 0


def test_only_files_of_a_storage_are_deleted_from_it(tmp_path: Path) -> None:
    DirectoryStorage(tmp_path).close()
    (tmp_path / "uploads" / "holiday.jpg").write_bytes(b"my only copy")
    (tmp_path / "uploads" / "upload-folder").mkdir()
    (tmp_path / "uploads" / "upload-1").write_bytes(b"left by a crash")
    DirectoryStorage(tmp_path).close()
    assert sorted(path.name for path in (tmp_path / "uploads").iterdir()) == ["holiday.jpg", "upload-folder"]


def test_a_storage_is_used_by_one_registry_at_a_time(tmp_path: Path) -> None:
    first = EmbeddedRegistry(storage=tmp_path)
    with pytest.raises(StorageFolderError, match="another registry is using the folder"):
        EmbeddedRegistry(storage=tmp_path)
    with first, pytest.raises(StorageFolderError, match="another registry"):
        DirectoryStorage(tmp_path)
    second = EmbeddedRegistry(storage=tmp_path)
    with second:
        digest = second.add_image("a:1").digest
        with pytest.raises(StorageFolderError, match="another registry"):
            first.start()
        with pytest.raises(StorageFolderError, match="another registry"):
            first.add_image("b:1")
    with first:  # which reads what the second one has written
        assert first.repository("a").get_manifest("1").digest == digest


def test_a_registry_that_cannot_start_unlocks_its_storage(tmp_path: Path) -> None:
    with EmbeddedRegistry() as running:
        port = int(running.host.rpartition(":")[2])
        registry = EmbeddedRegistry(storage=tmp_path, port=port)
        with pytest.raises(OSError):
            registry.start()
    DirectoryStorage(tmp_path).close()


def test_a_forgotten_storage_is_unlocked(tmp_path: Path) -> None:
    EmbeddedRegistry(storage=tmp_path)
    DirectoryStorage(tmp_path).close()


@needs_fork
def test_the_lock_of_a_killed_process_ends(tmp_path: Path) -> None:
    def hold() -> None:
        storage = DirectoryStorage(tmp_path)
        storage.create()
        (tmp_path.parent / "held").touch()
        threading.Event().wait()

    child = fork(hold)
    try:
        held = tmp_path.parent / "held"
        while not held.exists():
            threading.Event().wait(0.01)
        with pytest.raises(StorageFolderError, match="another registry"):
            DirectoryStorage(tmp_path)
        assert len(list((tmp_path / "uploads").iterdir())) == 1
    finally:
        child.kill()
    DirectoryStorage(tmp_path).close()
    assert list((tmp_path / "uploads").iterdir()) == []


@needs_fork
def test_a_forked_child_neither_uses_nor_keeps_the_storage(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path)

    def use() -> str:
        try:
            storage.create()
        except ForkedProcessError as error:
            return type(error).__name__
        return "used"

    living = fork(threading.Event().wait)
    try:
        assert fork(use).result() == "ForkedProcessError"
        with pytest.raises(StorageFolderError):
            DirectoryStorage(tmp_path)
        storage.close()
        DirectoryStorage(tmp_path).close()
    finally:
        living.kill()
