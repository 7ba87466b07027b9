"""OCI image layouts: folders that are links, unsupported manifests, and several writers at once."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import images
from docker_registry_sdk._core.folders import FolderEntry
from docker_registry_sdk.digest import Digest, Verifier, digest_of
from docker_registry_sdk.errors import ImageError
from docker_registry_sdk.images import Layout, files
from docker_registry_sdk.images.files import find_file, open_folder
from docker_registry_sdk.images.layout_writer import LayoutWriter
from docker_registry_sdk.images.manifest_contents import StoredManifest
from docker_registry_sdk.images.temporary_files import AtomicFile
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.built_images import build_image, check_pushed_image, store_image
from tests.images.conftest import StartRegistry
from tests.images.layout_entries import add_entries, index_entries

BIG_IMAGES = [build_image([b"x" * (4 * 1024 * 1024), number]) for number in (b"one", b"two")]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    LayoutWriter(Layout(tmp_path / "link")).prepare()
    assert (tmp_path / "real" / "oci-layout").is_file()
    assert find_file(tmp_path / "link", "oci-layout") is not None


def test_signed_schema_1_cannot_be_written_to_a_layout(tmp_path: Path) -> None:
    LayoutWriter(Layout(tmp_path)).prepare()
    with pytest.raises(ImageError, match="another digest"):
        LayoutWriter(Layout(tmp_path)).write_manifest(
            StoredManifest(digest=Digest("sha256:" + "0" * 64), media_type="x", raw=b"{}")
        )


def test_a_blob_that_another_process_replaces_while_it_is_read_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"a good blob"
    digest = digest_of(content)
    LayoutWriter(Layout(tmp_path)).prepare()
    path = tmp_path / "blobs" / "sha256" / digest.encoded
    path.parent.mkdir()
    path.write_bytes(b"damaged")

    class ReplacingVerifier(Verifier):
        def update(self, data: bytes | bytearray | memoryview) -> None:
            super().update(data)
            file = AtomicFile(FolderEntry(folder, digest.encoded))
            file.write(content)
            file.commit(replace=True)
            file.close()

    monkeypatch.setattr(files, "Verifier", ReplacingVerifier)
    with open_folder(tmp_path, "blobs", "sha256") as folder:
        LayoutWriter(Layout(tmp_path)).open_blob(digest, len(content)).folder.close()
    assert path.read_bytes() == content


def test_concurrent_processes_and_threads_keep_all_entries(tmp_path: Path) -> None:
    LayoutWriter(Layout(tmp_path)).prepare()
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(4)
    processes = [context.Process(target=add_entries, args=(str(tmp_path), start, number)) for number in range(2)]
    threads = [threading.Thread(target=add_entries, args=(str(tmp_path), start, number)) for number in range(2, 4)]
    workers: list[Any] = [*processes, *threads]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(index_entries(tmp_path)) == 80
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "index.json", "oci-layout"]


def check_shared_layout(registry: EmbeddedRegistry, folder: Path) -> None:
    """Check that a layout has both images, and that each of them can be pushed."""
    assert sorted(index_entries(folder)) == [("v0", BIG_IMAGES[0].root), ("v1", BIG_IMAGES[1].root)]
    for number, made in enumerate(BIG_IMAGES):
        images.push(folder, f"{registry.url}/b:v{number}", tag=f"v{number}")
        check_pushed_image(f"{registry.url}/b", made, f"v{number}")


def test_two_threads_that_pull_into_one_layout_share_its_blobs(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    for number, made in enumerate(BIG_IMAGES):
        store_image(registry, "a", made, f"v{number}")
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(images.pull, f"{registry.url}/a:v{number}", tmp_path) for number in range(2)]:
            done.result(timeout=60)
    check_shared_layout(registry, tmp_path)


@pytest.mark.anyio
async def test_two_tasks_that_pull_into_one_layout_share_its_blobs(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    for number, made in enumerate(BIG_IMAGES):
        store_image(registry, "a", made, f"v{number}")
    await asyncio.gather(*[images.async_pull(f"{registry.url}/a:v{number}", tmp_path) for number in range(2)])
    check_shared_layout(registry, tmp_path)
