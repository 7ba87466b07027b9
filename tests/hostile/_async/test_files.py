"""Other users and programs of the machine that reach for the files of downloads, of artifacts and of layouts."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from docker_registry_sdk import Progress, artifacts, images
from docker_registry_sdk.errors import ImageError, UnsafeTitleError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import Loopback
from tests.hostile._async.clients import client_of
from tests.hostile._async.test_artifacts import GOOD, layer, serve
from tests.hostile.files import before_each_flush, before_each_new_name, give_away, without_dir_fd
from tests.images.built_images import build_image, store_image
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
IMAGE = build_image([b"layer one", b"layer two"])
Plant = Callable[[Path, pytest.MonkeyPatch], None]


def other_user(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part.write_bytes(GOOD)
    part.chmod(0o600)
    give_away(part, monkeypatch)


def writable_by_all(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part.write_bytes(GOOD)
    part.chmod(0o602)


def writable_by_group(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part.write_bytes(b"")
    part.chmod(0o660)


def hard_link(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (part.parent / "other").write_bytes(GOOD)
    os.link(part.parent / "other", part)


def link(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (part.parent / "other").write_bytes(GOOD)
    part.symlink_to("other")


@pytest.mark.parametrize("plant", [other_user, writable_by_all, writable_by_group, hard_link, link])
async def test_a_part_file_that_others_can_change_is_not_used(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    serve(registry, layer("a"))
    part = tmp_path / "a.part"
    plant(part, monkeypatch)
    before = part.lstat()
    async with client_of(registry) as client:
        with pytest.raises(FileExistsError, match="remove that file") as caught:
            await client.download_blob(digest_of(GOOD), tmp_path / "a")
    assert caught.value.filename == str(part)
    assert registry.seen == []
    after = part.lstat()
    assert (after.st_size, after.st_mode, after.st_mtime_ns, after.st_uid) == (
        before.st_size, before.st_mode, before.st_mtime_ns, before.st_uid,
    )  # fmt: skip
    assert not (tmp_path / "a").exists()


async def test_a_part_file_that_another_user_has_locked_is_refused_at_once(
    embedded_registry: EmbeddedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy waits for a lock, since another copy of the same blob may hold it."""
    store_image(embedded_registry, "a", IMAGE, "v1")
    await images.async_pull(f"{embedded_registry.url}/a:v1", tmp_path)
    path = next(iter(tmp_path / "blobs" / "sha256" / digest.removeprefix("sha256:") for digest in IMAGE.blobs))
    part = path.with_name(f"{path.name}.part")
    path.unlink()
    other_user(part, monkeypatch)
    with part.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(FileExistsError, match="another user"):
            await images.async_pull(f"{embedded_registry.url}/a:v1", tmp_path)


@pytest.mark.parametrize("is_link", [False, True])
async def test_a_finished_file_of_another_user_is_not_taken_for_the_download(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_link: bool
) -> None:
    """Its owner could change the bytes as soon as they are verified."""
    serve(registry, layer("a"))
    (tmp_path / "real").write_bytes(GOOD)
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "a"
    target.symlink_to("../real") if is_link else (tmp_path / "real").rename(target)
    give_away(target, monkeypatch)
    async with client_of(registry) as client:
        with pytest.raises(FileExistsError, match="another user"):
            await client.download_blob(digest_of(GOOD), target)
        assert registry.seen == []
        with pytest.raises(UnsafeTitleError, match="another user"):
            await artifacts.async_pull(client.ref("v1"), tmp_path / "folder")


@pytest.mark.parametrize("hard_links", [True, False])
async def test_a_file_that_appears_just_before_the_rename_is_not_replaced(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    serve(registry, layer("a"))
    target = tmp_path / "a"

    def appear() -> None:
        target.write_bytes(b"mine")

    before_each_new_name(appear, monkeypatch, hard_links=hard_links)
    async with client_of(registry) as client:
        with pytest.raises(FileExistsError, match="remove that file, or pass another path"):
            await client.download_blob(digest_of(GOOD), target)
    assert target.read_bytes() == b"mine"


@pytest.mark.parametrize("system", ["hard links", "no hard links", "no dir_fd"])
async def test_a_finished_download_has_the_usual_permissions_and_a_running_one_is_private(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    serve(registry, layer("a"))
    modes: list[int] = []
    if system == "no dir_fd":
        without_dir_fd(monkeypatch)
    before_each_new_name(
        lambda: modes.append(stat.S_IMODE((tmp_path / "a.part").stat().st_mode)),
        monkeypatch,
        hard_links=system != "no hard links",
    )
    umask = os.umask(0o002)
    try:
        async with client_of(registry) as client:
            await client.download_blob(digest_of(GOOD), tmp_path / "a")
    finally:
        os.umask(umask)
    assert modes and set(modes) == {0o600}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o664
    assert (tmp_path / "a").read_bytes() == GOOD
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("hard_links", [True, False])
async def test_another_file_in_the_place_of_the_part_file_does_not_get_the_name(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    serve(registry, layer("a"))
    part = tmp_path / "a.part"

    def swap() -> None:
        if not (tmp_path / "moved").exists():
            part.rename(tmp_path / "moved")
            part.write_bytes(b"EVIL")

    before_each_new_name(lambda: None, monkeypatch, hard_links=hard_links)
    before_each_flush(swap, monkeypatch)
    async with client_of(registry) as client:
        with pytest.raises(OSError, match="moved or replaced"):
            await client.download_blob(digest_of(GOOD), tmp_path / "a")
    assert not (tmp_path / "a").exists()
    assert part.read_bytes() == b"EVIL"


@pytest.mark.parametrize("has_dir_fd", [True, False])
async def test_a_folder_that_becomes_a_link_during_a_pull_leads_no_file_out(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_dir_fd: bool
) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    for new in (folder, outside):
        new.mkdir()
    (folder / "first").write_bytes(GOOD)  # it is skipped, which is reported before the downloads begin
    serve(registry, layer("first"), layer("sub/deep/second"))
    if not has_dir_fd:
        without_dir_fd(monkeypatch)

    def plant_link(_: Progress) -> None:
        if not os.path.lexists(folder / "sub"):
            (folder / "sub").symlink_to(outside)

    async with client_of(registry) as client:
        with pytest.raises(UnsafeTitleError, match="is a link or a file") as caught:
            await artifacts.async_pull(client.ref("v1"), folder, on_progress=plant_link)
    assert caught.value.title == "sub/deep/second"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("has_dir_fd", [True, False])
async def test_a_folder_that_becomes_a_link_while_its_file_is_written_leads_no_file_out(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_dir_fd: bool
) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    outside.mkdir()
    serve(registry, layer("sub/file"))
    if not has_dir_fd:
        without_dir_fd(monkeypatch)

    def move_folder() -> None:
        if not (tmp_path / "moved").exists():
            (folder / "sub").rename(tmp_path / "moved")
            (folder / "sub").symlink_to(outside)

    before_each_flush(move_folder, monkeypatch)
    async with client_of(registry) as client:
        if has_dir_fd:  # the file stays in the folder that was opened, under its new name
            await artifacts.async_pull(client.ref("v1"), folder)
            assert (tmp_path / "moved" / "file").read_bytes() == GOOD
        else:
            with pytest.raises(NotADirectoryError):
                await artifacts.async_pull(client.ref("v1"), folder)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", ["blobs", "blobs/sha256"])
async def test_a_folder_of_a_layout_that_becomes_a_link_during_a_pull_leads_no_file_out(
    embedded_registry: EmbeddedRegistry, tmp_path: Path, name: str
) -> None:
    store_image(embedded_registry, "a", IMAGE, "v1")
    layout, outside = tmp_path / "layout", tmp_path / "outside"
    outside.mkdir()

    def plant_link(_: Progress) -> None:
        if not (tmp_path / "moved").exists():
            (layout / name).rename(tmp_path / "moved")
            (layout / name).symlink_to(outside)

    with pytest.raises(ImageError, match="is a link"):
        await images.async_pull(f"{embedded_registry.url}/a:v1", layout, on_progress=plant_link)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("source", ["registry", "layout"])
async def test_changed_files_of_a_layout_are_not_taken_for_the_image(
    embedded_registry: EmbeddedRegistry, tmp_path: Path, source: str
) -> None:
    """Another program has changed bytes, but neither names nor sizes."""
    place = f"{embedded_registry.url}/a:v1"
    store_image(embedded_registry, "a", IMAGE, "v1")
    if source == "layout":
        await images.async_pull(place, tmp_path / "source")
        place = f"oci:{tmp_path}/source:v1"
    layout = tmp_path / "layout"
    await images.async_copy(place, f"oci:{layout}:v1")
    index = (layout / "index.json").read_text()
    for document in (index, json.dumps({"schemaVersion": 2, "manifests": []})):
        (layout / "index.json").write_text(document)
        for path in (layout / "blobs" / "sha256").iterdir():
            path.write_bytes(b"\0" * path.stat().st_size)
        result = await images.async_copy(place, f"oci:{layout}:v1")
        assert result.blobs_skipped == 0
        for path in (layout / "blobs" / "sha256").iterdir():
            assert digest_of(path.read_bytes()) == f"sha256:{path.name}"
    assert json.loads((layout / "index.json").read_text())["manifests"][0]["digest"] == IMAGE.root


@pytest.mark.parametrize("hard_links", [True, False])
async def test_a_file_that_appears_in_a_layout_is_not_replaced(
    embedded_registry: EmbeddedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    store_image(embedded_registry, "a", IMAGE, "v1")
    await images.async_pull(f"{embedded_registry.url}/a:v1", tmp_path / "source")
    blobs = tmp_path / "layout" / "blobs" / "sha256"

    def appear() -> None:
        for digest in IMAGE.blobs:
            if blobs.exists() and not (blobs / digest.removeprefix("sha256:")).exists():
                (blobs / digest.removeprefix("sha256:")).write_bytes(b"mine")

    before_each_new_name(appear, monkeypatch, hard_links=hard_links)
    with pytest.raises(FileExistsError):
        await images.async_copy(f"oci:{tmp_path}/source:v1", f"oci:{tmp_path}/layout:v1")
    assert {path.read_bytes() for path in blobs.iterdir() if len(path.name) == 64} == {b"mine"}


async def test_a_file_in_the_place_of_a_temporary_file_does_not_get_the_name_of_a_blob(
    embedded_registry: EmbeddedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_image(embedded_registry, "a", IMAGE, "v1")
    await images.async_pull(f"{embedded_registry.url}/a:v1", tmp_path / "source")
    blobs = tmp_path / "layout" / "blobs" / "sha256"

    def take_place() -> None:
        for path in blobs.glob(".*.tmp"):
            path.rename(tmp_path / "moved")
            path.write_bytes(b"mine")

    before_each_flush(take_place, monkeypatch)
    with pytest.raises(FileNotFoundError, match="moved or replaced"):
        await images.async_copy(f"oci:{tmp_path}/source:v1", f"oci:{tmp_path}/layout:v1")
    assert b"mine" not in {path.read_bytes() for path in blobs.iterdir() if len(path.name) == 64}


@pytest.mark.parametrize("shared", [False, True])
async def test_another_program_cannot_hold_the_lock_of_a_layout_forever(
    embedded_registry: EmbeddedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    store_image(embedded_registry, "a", IMAGE, "v1")
    await images.async_pull(f"{embedded_registry.url}/a:v1", tmp_path)
    monkeypatch.setattr("docker_registry_sdk.images.files._MAX_LOCK_SECONDS", 0.05)
    with (tmp_path / "index.json.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError, match="stop that program"):
            await images.async_copy(f"{embedded_registry.url}/a:v1", f"oci:{tmp_path}:v2")
    await images.async_copy(f"{embedded_registry.url}/a:v1", f"oci:{tmp_path}:v2")
