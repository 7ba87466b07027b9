"""Tests of uploads and downloads of cancelled tasks, and of uploads that Ctrl-C interrupts."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.blobs._async.ranged_fetch import AsyncRangedFetch
from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk._core.concurrency import threads
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, FaultExchange, Status
from tests.core.blobs.conftest import Server
from tests.core.blobs.upload_helpers import (
    CONTENT,
    DIGEST,
    GIVEN,
    REPO,
    SIZE,
    complete_log,
    failing,
    open_uploads,
    pieces,
)

MIB = 1024 * 1024
BLOB = os.urandom(12 * MIB)


@pytest.mark.anyio
@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("given", GIVEN)
async def test_a_cancelled_task_leaves_no_session_open(given: dict[str, Any]) -> None:
    stuck = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT[: SIZE // 2]
        stuck.set()
        await asyncio.sleep(60)

    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            task = asyncio.create_task(client.blob_upload(slow(), **given))
            await stuck.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert open_uploads(registry) == []


@pytest.mark.anyio
async def test_a_cancelled_task_leaves_a_part_file(server: Server, tmp_path: Path) -> None:
    digest = server.push(BLOB)
    target = tmp_path / "blob"
    async with AsyncRegistryClientV2(server.name, **server.options) as client:
        with anyio.CancelScope() as scope:

            def stop(progress: Progress) -> None:
                if progress.bytes > 3 * MIB:
                    scope.cancel()

            await client.download_blob(digest, target, on_progress=stop)
        assert scope.cancelled_caught
        assert os.listdir(tmp_path) == ["blob.part"]
        left = (tmp_path / "blob.part").stat().st_size
        assert left > 3 * MIB
        assert not [one for one in threading.enumerate() if one.name == "docker_registry_sdk download"]
        server.registry.requests.clear()
        await client.download_blob(digest, target)
    assert server.sent_in_parts == len(BLOB) - left
    assert target.read_bytes() == BLOB


@pytest.mark.anyio
async def test_bytes_are_written_although_the_connection_does_not_close(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MAX_SHIELDED_SECONDS", 0.01)
    aclose = AsyncRangedFetch.aclose

    async def close_slowly(fetch: AsyncRangedFetch) -> None:
        await aclose(fetch)
        await asyncio.sleep(0.2)

    monkeypatch.setattr(AsyncRangedFetch, "aclose", close_slowly)
    digest = server.push(BLOB)
    async with AsyncRegistryClientV2(server.name, **server.options) as client:
        await client.download_blob(digest, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert not [one for one in threading.enumerate() if one.name == "docker_registry_sdk download"]


class PressCtrlC:
    """A fault that presses Ctrl-C when a request has arrived, and answers after that: with a session, or with an error status.

    Args:
        opens: Whether the registry opens a session.
    """

    def __init__(self, opens: bool = True) -> None:
        self.opens = opens

    async def play(self, exchange: FaultExchange, app: Any) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        await asyncio.sleep(0.3)
        if self.opens:
            await app({**exchange.scope, "query_string": b""}, exchange.receive, exchange.send)
        else:
            await Status(400).play(exchange, app)


@pytest.mark.parametrize("given", [{}, {"digest": DIGEST, "from_repo": "other"}])
def test_ctrl_c_while_a_session_is_opened_closes_it(given: dict[str, Any]) -> None:
    with EmbeddedRegistry() as registry, RegistryClientV2(f"{registry.url}/{REPO}") as client:
        registry.faults.add(Fault(PressCtrlC(), method="POST"))
        with pytest.raises(KeyboardInterrupt):
            client.blob_upload(pieces(), **given)
        assert [record.method for record in complete_log(registry)][-2:] == ["POST", "DELETE"]
        assert open_uploads(registry) == []


def test_ctrl_c_while_a_session_is_refused() -> None:
    with EmbeddedRegistry() as registry, RegistryClientV2(f"{registry.url}/{REPO}") as client:
        registry.faults.add(Fault(PressCtrlC(opens=False), method="POST"))
        with pytest.raises(KeyboardInterrupt):
            client.blob_upload(pieces())
        assert open_uploads(registry) == []


@pytest.mark.parametrize("given", GIVEN)
def test_ctrl_c_while_a_source_is_read_closes_the_session(given: dict[str, Any]) -> None:
    error = KeyboardInterrupt()
    with EmbeddedRegistry() as registry, RegistryClientV2(f"{registry.url}/{REPO}") as client:
        with pytest.raises(KeyboardInterrupt) as caught:
            client.blob_upload(failing(error), **given)
        assert caught.value is error
        assert getattr(error, "__notes__", []) == []
        assert open_uploads(registry) == []
        assert [record.method for record in complete_log(registry)].count("POST") == 1
        with pytest.raises(NotFoundError):
            client.head_blob(DIGEST)
