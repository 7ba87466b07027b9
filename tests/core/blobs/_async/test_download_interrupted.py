"""Tests of downloads that are killed, interrupted or run out of disk space, and of the next download."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.progress import Progress
from tests.core.blobs.conftest import Server

pytestmark = pytest.mark.anyio
MIB = 1024 * 1024
SIZE = 12 * MIB
CONTENT = os.urandom(SIZE)
# The bytes that may not be on the disk yet: those in all four buffers.
ON_THE_WAY = 4 * MIB

_PROGRAM = """
import asyncio, json, os, resource, signal, sys
from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk import RegistryClientV2

client_class, end, name, options, digest, path, at = json.loads(sys.argv[1])

def progress(report):
    if report.phase == "download" and report.bytes >= at and end in ("SIGKILL", "SIGINT"):
        os.kill(os.getpid(), getattr(signal, end))

def limit():
    if end == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (at, at))

async def download():
    async with AsyncRegistryClientV2(name, **options) as client:
        await client.download_blob(digest, path, on_progress=progress)

try:
    limit()
    if client_class == "AsyncRegistryClientV2":
        asyncio.run(download())
    else:
        with RegistryClientV2(name, **options) as client:
            client.download_blob(digest, path, on_progress=progress)
except OSError as error:
    print(json.dumps([type(error).__name__, error.errno, error.filename]))
except KeyboardInterrupt:
    print("interrupted")
"""


def run(end: str, server: Server, digest: str, path: Path, at: int = 0) -> subprocess.CompletedProcess[str]:
    given: list[Any] = [AsyncRegistryClientV2.__name__, end, server.name, server.options, digest, str(path), at]
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(given)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("end", ["SIGKILL", "SIGINT"])
async def test_another_process_resumes_the_download_of_a_killed_one(
    server: Server, client: AsyncRegistryClientV2, tmp_path: Path, end: str
) -> None:
    digest = server.push(CONTENT)
    target = tmp_path / "blob"
    done = run(end, server, digest, target, 7 * MIB)
    if end == "SIGKILL":
        assert done.returncode == -signal.SIGKILL
    else:
        assert (done.stdout, done.stderr) == ("interrupted\n", "")
    assert os.listdir(tmp_path) == ["blob.part"]
    left = (tmp_path / "blob.part").read_bytes()
    assert CONTENT.startswith(left)
    assert len(left) >= 7 * MIB - ON_THE_WAY
    server.registry.requests.clear()
    reports: list[Progress] = []
    await client.download_blob(digest, target, on_progress=reports.append)
    assert target.read_bytes() == CONTENT
    assert server.sent_in_parts == SIZE - len(left)
    assert os.listdir(tmp_path) == ["blob"]
    assert reports[0].phase == "check"


async def test_a_download_is_resumed_after_two_killed_processes(
    server: Server, client: AsyncRegistryClientV2, tmp_path: Path
) -> None:
    digest = server.push(CONTENT)
    target = tmp_path / "blob"
    for at in (2, 4):
        assert run("SIGKILL", server, digest, target, at * MIB).returncode == -signal.SIGKILL
    await client.download_blob(digest, target)
    assert target.read_bytes() == CONTENT


async def test_a_full_disk_leaves_no_file(server: Server, tmp_path: Path) -> None:
    # RLIMIT_FSIZE simulates a full disk: no file can grow beyond it.
    digest = server.push(CONTENT)
    for at in (1000, 5 * MIB + 1):
        done = run("full", server, digest, tmp_path / "blob", at)
        assert done.stderr == ""
        assert json.loads(done.stdout)[2] == str(tmp_path / "blob.part")
        assert os.listdir(tmp_path) == []


async def test_a_disk_that_is_full_during_a_resumed_download_leaves_no_file(server: Server, tmp_path: Path) -> None:
    digest = server.push(CONTENT)
    (tmp_path / "blob.part").write_bytes(CONTENT[: 3 * MIB])
    assert run("full", server, digest, tmp_path / "blob", 4 * MIB).stderr == ""
    assert os.listdir(tmp_path) == []


async def test_a_folder_without_write_permission(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    with TemporaryDirectory() as name:  # a folder that other users may enter, unlike those of pytest
        folder = Path(name)
        await client.download_blob(digest, folder / "blob")
        server.registry.requests.clear()
        folder.chmod(0o555)
        try:
            with without_privileges():
                with pytest.raises(PermissionError) as caught:
                    await client.download_blob(digest, folder / "new")
                await client.download_blob(digest, folder / "blob")  # the file exists, so nothing is written
        finally:
            folder.chmod(0o755)
        assert caught.value.filename == str(folder / "new.part")
        assert os.listdir(folder) == ["blob"]
    assert len(server.registry.requests) == 0


@contextmanager
def without_privileges() -> Iterator[None]:
    """Drop the privileges of root, which ignores file permissions."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
