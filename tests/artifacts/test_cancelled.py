"""Cancelled pushes and pulls of artifacts: no upload session and no half file is left."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import artifacts
from docker_registry_sdk.artifacts.manifest import ArtifactBlob
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, FaultExchange
from tests.support.request_log import open_uploads

pytestmark = pytest.mark.anyio

FILES = {f"{number}.bin": bytes([number]) * 300_000 for number in range(12)}


class Hold:
    """An effect that holds each request after the first three, and shows that one is held."""

    def __init__(self) -> None:
        self.arrived = 0

    async def play(self, exchange: FaultExchange, app: Any) -> None:
        self.arrived += 1
        if self.arrived > 3:
            await asyncio.sleep(5)
        await app(exchange.scope, exchange.receive, exchange.send)


async def until_held(hold: Hold, task: asyncio.Task[Any]) -> None:
    while hold.arrived < 4:
        await asyncio.sleep(0.01)
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_push_and_pull_leave_nothing_behind(embedded_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    name = f"{embedded_registry.url}/a:v1"
    blobs = [ArtifactBlob(content, title=title) for title, content in FILES.items()]
    hold = Hold()
    embedded_registry.faults.add(Fault(hold, operation="complete_blob_upload", times=None))
    push = asyncio.ensure_future(artifacts.async_push(name, blobs, artifact_type="x/y"))
    await until_held(hold, push)
    assert open_uploads(embedded_registry) == []
    embedded_registry.faults.clear()
    await artifacts.async_push(name, blobs, artifact_type="x/y")

    hold = Hold()
    embedded_registry.faults.add(Fault(hold, operation="create_blob_read_stream", times=None))
    await until_held(hold, asyncio.ensure_future(artifacts.async_pull(name, tmp_path)))
    for path in tmp_path.iterdir():
        assert path.suffix == ".part" or path.read_bytes() == FILES[path.name]
    embedded_registry.faults.clear()
    await artifacts.async_pull(name, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == FILES
