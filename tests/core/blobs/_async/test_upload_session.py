"""Tests of upload sessions: left open after a failure, and resumed, also by another process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk._core.blobs.upload_session import UploadSession
from docker_registry_sdk.errors import RegistryError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Reset, Status
from tests.core.blobs._async.helpers import AsyncReplayable, stored
from tests.core.blobs.upload_helpers import (
    CONTENT,
    DIGEST,
    REPO,
    SIZE,
    complete_log,
    open_uploads,
    pieces,
    received_body_bytes,
)

pytestmark = pytest.mark.anyio
CHUNK = 300_000
NAME_OF_CLIENT = AsyncRegistryClientV2.__name__


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
async def test_another_process_resumes_the_upload_of_a_killed_one(chunk_size: int | None, tmp_path: Path) -> None:
    blob, kept = tmp_path / "blob", tmp_path / "session"
    blob.write_bytes(CONTENT)
    with EmbeddedRegistry() as registry:
        url = f"{registry.url}/{REPO}"
        command = [sys.executable, "-m", "tests.core.blobs.uploading_process", url, NAME_OF_CLIENT, str(blob), str(kept)]
        with subprocess.Popen(
            [*command, *([str(chunk_size)] if chunk_size else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=Path(__file__).parents[4],
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"stuck\n"
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
        assert len(open_uploads(registry)) == 1
        before = received_body_bytes(registry)
        assert before > SIZE // 2 - (chunk_size or 0) - 100_000
        reports: list[Progress] = []
        session = UploadSession.from_dict(json.loads(kept.read_text(encoding="utf-8")))
        async with AsyncRegistryClientV2(url) as client:
            uploaded = await client.blob_upload(
                blob, session=session, chunk_size=chunk_size, on_progress=reports.append, on_session=lambda newer: None
            )
            assert (uploaded.digest, uploaded.size) == (DIGEST, SIZE)
            assert await stored(client) == CONTENT
        assert received_body_bytes(registry) - SIZE <= CHUNK
        assert reports[0].phase == "check"  # the bytes that the registry has are hashed, but not sent
        assert [record.method for record in complete_log(registry)].count("POST") == 1
        assert open_uploads(registry) == []


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("source", ["path", "iterator", "replayable"])
async def test_a_failed_upload_with_a_session_callback_stays_open(source: str, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(CONTENT)

    def new() -> Any:
        return {"path": tmp_path / "blob", "iterator": pieces(), "replayable": AsyncReplayable()}[source]

    kept: list[UploadSession] = []
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Status(403), operation="upload_blob_chunk", after=3))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(RegistryError) as caught:
                await client.blob_upload(new(), size=SIZE, chunk_size=CHUNK, on_session=kept.append)
            assert "stays open" in caught.value.__notes__[0] and str(3 * CHUNK) in caught.value.__notes__[0]
            assert [session.offset for session in kept] == [0, CHUNK, 2 * CHUNK, 3 * CHUNK]
            assert len(open_uploads(registry)) == 1
            assert (await client.blob_upload(new(), session=kept[-1])).digest == DIGEST
            assert await stored(client) == CONTENT
        assert open_uploads(registry) == []
        assert received_body_bytes(registry) == SIZE


@pytest.mark.parametrize("has_digest", [False, True])
async def test_resuming_a_closed_session_finds_the_blob_or_starts_over(has_digest: bool) -> None:
    kept: list[UploadSession] = []
    options: dict[str, Any] = {"digest": DIGEST} if has_digest else {}
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            await client.blob_upload(CONTENT, on_session=kept.append, **options)
            assert (await client.blob_upload(CONTENT, session=kept[-1], **options)).digest == DIGEST
            # Without a digest, the blob cannot be looked up, so all of it is sent again.
            assert received_body_bytes(registry) == (SIZE if has_digest else 2 * SIZE)


async def test_a_session_of_another_blob_or_repository() -> None:
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            session = await client.upload_blob_chunk(await client.start_blob_upload(), CONTENT)
            with pytest.raises(RegistryError, match="another blob"):
                await client.blob_upload(pieces(CONTENT[:1000]), session=session, on_session=lambda newer: None)
            assert len(open_uploads(registry)) == 1
            with pytest.raises(ValueError, match="with_repo"):
                await client.blob_upload(CONTENT, session=evolve(session, repo="other"))
            assert (await client.blob_upload(pieces(), session=session)).digest == DIGEST  # the registry has all bytes already
        assert received_body_bytes(registry) == SIZE


@pytest.mark.usefixtures("waits")
async def test_the_session_callback_is_called_after_each_step() -> None:
    kept: list[UploadSession] = []
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Reset(after=100_000, of="request"), operation="upload_blob_chunk", after=1))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            await client.blob_upload(AsyncReplayable(), size=SIZE, chunk_size=CHUNK, on_session=kept.append)
    offsets = [session.offset for session in kept]
    assert offsets == sorted(offsets)
    assert offsets[:3] == [0, CHUNK, CHUNK + 100_000] and offsets[-1] == SIZE


@pytest.mark.parametrize("wrong", [{"chunk_size": 0}, {"size": -1}])
async def test_invalid_options(wrong: dict[str, int]) -> None:
    async with AsyncRegistryClientV2("127.0.0.1:1/a") as client:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            await client.blob_upload(CONTENT, **wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="from_repo"):
            await client.blob_upload(CONTENT, from_repo="other")
