"""Failed, cancelled and interrupted copies: no upload session or temporary file is left, and the next copy resumes."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import RegistryClientV2, images
from docker_registry_sdk.errors import ForbiddenError, NotFoundError
from docker_registry_sdk.images import Progress
from docker_registry_sdk.images import files as files_module
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Call, Exchange, Fault, Slow, Status
from tests.images.built_images import BuiltImage, build_image, build_index, check_pushed_image, push_image
from tests.images.calls import Calls
from tests.images.conftest import StartRegistry

pytestmark = pytest.mark.anyio

MEBIBYTE = 1024 * 1024
IMAGE = build_image([bytes([number]) * (200_000 + number) for number in range(12)])
BIG = build_image([bytes([number]) * (4 * MEBIBYTE) for number in range(4)])


def closes_upload_of(made: BuiltImage, number: int) -> Callable[[Call], bool]:
    """Return a function that returns whether a call closes the upload of a certain layer."""
    digest = list(made.blobs)[number]
    return lambda call: call.query.get("digest") == digest


def open_uploads(registry: EmbeddedRegistry) -> list[str]:
    """Return the upload sessions that were neither closed nor cancelled."""
    begun: set[str] = set()
    ended: set[str] = set()
    for record in registry.requests.snapshot():
        if record.method == "POST" and record.status == 202:
            location = next(value for name, value in record.response_headers if name == "location")
            begun.add(location.partition("?")[0].rpartition("/")[2])
        if "/uploads/" in record.path and record.method in ("PUT", "DELETE") and (record.status or 500) < 300:
            ended.add(record.path.partition("?")[0].rpartition("/")[2])
    return sorted(begun - ended)


async def test_a_failed_layer_ends_the_copy_and_the_next_copy_resumes(calls: Calls, start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", IMAGE, "v1")
    target.faults.add(Fault(Status(403), when=closes_upload_of(IMAGE, 5), times=None))
    with pytest.raises(ForbiddenError):
        await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert open_uploads(target) == []
    with RegistryClientV2(f"{target.url}/b") as client:
        with pytest.raises(NotFoundError):
            client.head_manifest("v1")
        there = [digest for digest in IMAGE.blobs if has_blob(client, digest)]
    assert 0 < len(there) < len(IMAGE.blobs)
    target.faults.clear()
    result = await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.blobs_skipped == len(there)
    assert result.bytes_moved == sum(len(content) for digest, content in IMAGE.blobs.items() if digest not in there)
    check_pushed_image(f"{target.url}/b", IMAGE, "v1")


async def test_a_failed_manifest_leaves_the_tag_unchanged(calls: Calls, start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    parts = {"linux/amd64": build_image([b"1"]), "linux/arm64": build_image([b"2"], "linux/arm64")}
    made = build_index(parts)
    push_image(f"{source.url}/a", made, "v1")
    push_image(f"{target.url}/b", IMAGE, "v1")
    path = f"/v2/b/manifests/{re.escape(parts['linux/arm64'].root)}"
    target.faults.add(Fault(Status(403), method="PUT", path=path, times=None))
    with pytest.raises(ForbiddenError):
        await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    check_pushed_image(f"{target.url}/b", IMAGE, "v1")
    target.faults.clear()
    result = await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert result.manifests_pushed <= 2 and result.blobs_moved == 0
    check_pushed_image(f"{target.url}/b", made, "v1")


async def test_an_exception_of_the_progress_callback_ends_the_copy(
    calls: Calls, start_registry: StartRegistry, tmp_path: Path
) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", BIG, "v1")

    def stop(progress: Progress) -> None:
        if progress.bytes >= 2 * MEBIBYTE:
            raise LookupError("enough")

    for dst in (f"{target.url}/b:v1", f"oci:{tmp_path}/layout:v1"):
        with pytest.raises(LookupError, match="enough"):
            await calls("copy", f"{source.url}/a:v1", dst, on_progress=stop)
    assert open_uploads(target) == []
    assert not (tmp_path / "layout" / "index.json").exists()
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []
    await calls("copy", f"{source.url}/a:v1", f"oci:{tmp_path}/layout:v1")
    assert [path.name for path in tmp_path.rglob("*.part")] == []


@pytest.mark.parametrize("to", ["registry", "layout"])
async def test_a_cancelled_copy_leaves_no_upload_and_no_file(start_registry: StartRegistry, tmp_path: Path, to: str) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", BIG, "v1")
    begun = asyncio.Event()

    def tell(progress: Progress) -> None:
        if progress.bytes >= MEBIBYTE:
            begun.set()

    source.faults.add(Fault(Slow(bytes_per_second=2 * MEBIBYTE), operation="create_blob_read_stream", times=None))
    dst = f"{target.url}/b:v1" if to == "registry" else f"oci:{tmp_path}:v1"
    task = asyncio.ensure_future(images.async_copy(f"{source.url}/a:v1", dst, on_progress=tell))
    await asyncio.wait_for(begun.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert open_uploads(target) == []
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []
    source.faults.clear()
    await images.async_copy(f"{source.url}/a:v1", dst)
    if to == "registry":
        check_pushed_image(f"{target.url}/b", BIG, "v1")


class DelayedUpload:
    """A fault that delays a request and removes its query, so that nothing is mounted."""

    async def play(self, exchange: Exchange, app: Any) -> None:
        await asyncio.sleep(0.5)
        await app({**exchange.scope, "query_string": b""}, exchange.receive, exchange.send)


@pytest.mark.parametrize("kind", ["upload", "mount"])
async def test_an_upload_session_opened_during_cancellation_is_closed(start_registry: StartRegistry, kind: str) -> None:
    registry = start_registry()
    push_image(f"{registry.url}/a", IMAGE, "v1")
    registry.requests.clear()
    registry.faults.add(Fault(DelayedUpload(), method="POST", times=None))
    source = f"{registry.url}/a:v1"
    if kind == "upload":
        other = start_registry()
        push_image(f"{other.url}/a", IMAGE, "v1")
        source = f"{other.url}/a:v1"
    task = asyncio.ensure_future(images.async_copy(source, f"{registry.url}/b:v1"))
    for _ in range(200):
        await asyncio.sleep(0.01)
        if sum(record.method == "HEAD" for record in registry.requests.snapshot()) >= 2 + len(IMAGE.blobs):
            break
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.6)
    assert any(record.method == "POST" for record in registry.requests.snapshot())
    assert open_uploads(registry) == []


@pytest.mark.parametrize("to", ["registry", "layout"])
def test_ctrl_c_leaves_no_upload_and_no_file(start_registry: StartRegistry, tmp_path: Path, to: str) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", BIG, "v1")
    pressed = threading.Event()

    def press(progress: Progress) -> None:
        if progress.bytes >= MEBIBYTE and not pressed.is_set():
            pressed.set()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    source.faults.add(Fault(Slow(bytes_per_second=2 * MEBIBYTE), operation="create_blob_read_stream", times=None))
    dst = f"{target.url}/b:v1" if to == "registry" else f"oci:{tmp_path}:v1"
    with pytest.raises(KeyboardInterrupt):
        images.copy(f"{source.url}/a:v1", dst, on_progress=press)
    assert open_uploads(target) == []
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("copy")] == []
    source.faults.clear()
    images.copy(f"{source.url}/a:v1", dst)
    if to == "registry":
        check_pushed_image(f"{target.url}/b", BIG, "v1")


async def test_a_full_disk_leaves_no_temporary_file(
    calls: Calls, start_registry: StartRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = start_registry()
    push_image(f"{source.url}/a", BIG, "v1")
    await calls("pull", f"{source.url}/a:v1", tmp_path / "one")
    written = []

    def write(self: files_module.AtomicFile, content: bytes) -> None:
        written.append(len(content))
        if sum(written) > 6 * MEBIBYTE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        real(self, content)

    real = files_module.AtomicFile.write
    monkeypatch.setattr(files_module.AtomicFile, "write", write)
    with pytest.raises(OSError, match="No space left"):
        await calls("copy", f"oci:{tmp_path}/one", f"oci:{tmp_path}/two")
    assert [path.name for path in (tmp_path / "two").rglob("*.tmp")] == []
    monkeypatch.undo()
    result = await calls("copy", f"oci:{tmp_path}/one", f"oci:{tmp_path}/two")
    assert result.digest == BIG.root


async def test_the_error_names_a_layer_missing_in_the_source(calls: Calls, start_registry: StartRegistry) -> None:
    source, target = start_registry(), start_registry()
    push_image(f"{source.url}/a", IMAGE, "v1")
    missing = list(IMAGE.blobs)[3]
    with RegistryClientV2(f"{source.url}/a") as client:
        client.delete_blob(missing)
    with pytest.raises(NotFoundError, match=missing):
        await calls("copy", f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert open_uploads(target) == []


def has_blob(client: RegistryClientV2, digest: str) -> bool:
    """Return whether a repository has a blob."""
    try:
        client.head_blob(digest)
    except NotFoundError:
        return False
    return True
