"""Cancelled and interrupted copies: no upload session or temporary file is left."""

from __future__ import annotations

import asyncio
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import images
from docker_registry_sdk.images import Progress
from docker_registry_sdk.testing.faults import Fault, FaultExchange, Slow
from tests.images.built_images import build_image, check_pushed_image, store_image
from tests.images.conftest import StartRegistry
from tests.support.request_log import open_uploads

pytestmark = pytest.mark.anyio

MEBIBYTE = 1024 * 1024
IMAGE = build_image([bytes([number]) * (200_000 + number) for number in range(12)])
BIG = build_image([bytes([number]) * (4 * MEBIBYTE) for number in range(4)])


@pytest.mark.parametrize("to", ["registry", "layout"])
async def test_a_cancelled_copy_leaves_no_upload_and_no_file(start_registry: StartRegistry, tmp_path: Path, to: str) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", BIG, "v1")
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

    def __init__(self) -> None:
        self.begun = threading.Event()

    async def play(self, exchange: FaultExchange, app: Any) -> None:
        self.begun.set()
        await asyncio.sleep(0.5)
        await app({**exchange.scope, "query_string": b""}, exchange.receive, exchange.send)


@pytest.mark.parametrize("kind", ["upload", "mount"])
async def test_an_upload_session_opened_during_cancellation_is_closed(start_registry: StartRegistry, kind: str) -> None:
    registry = start_registry()
    store_image(registry, "a", IMAGE, "v1")
    registry.requests.clear()
    delayed = DelayedUpload()
    registry.faults.add(Fault(delayed, method="POST", times=None))
    source = f"{registry.url}/a:v1"
    if kind == "upload":
        other = start_registry()
        store_image(other, "a", IMAGE, "v1")
        source = f"{other.url}/a:v1"
    task = asyncio.ensure_future(images.async_copy(source, f"{registry.url}/b:v1"))
    while not delayed.begun.is_set():
        await asyncio.sleep(0.01)
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while registry.requests.under_way:
        await asyncio.sleep(0.01)
    assert any(record.method == "POST" for record in registry.requests.snapshot())
    assert open_uploads(registry) == []


@pytest.mark.parametrize("to", ["registry", "layout"])
def test_ctrl_c_leaves_no_upload_and_no_file(start_registry: StartRegistry, tmp_path: Path, to: str) -> None:
    source, target = start_registry(), start_registry()
    store_image(source, "a", BIG, "v1")
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
