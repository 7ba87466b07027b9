"""Tests of upload sessions: stored as plain values, left open, and resumed by another process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk._core.blobs.upload_session import UploadSession, received_bytes
from docker_registry_sdk.errors import ParseError, RegistryError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Exchange, Fault, Reset, Status
from tests.core.blobs.upload_helpers import (
    CONTENT,
    DIGEST,
    REPO,
    SIZE,
    complete_log,
    open_uploads,
    pieces,
    received_body_bytes,
    replayable,
    stored,
)
from tests.support.awaited import connect

CHUNK = 300_000


@given(
    st.builds(
        UploadSession,
        repo=st.text(),
        location=st.text(),
        offset=st.integers(0),
        chunk_min_length=st.none() | st.integers(0),
    )
)
def test_a_session_survives_json(session: UploadSession) -> None:
    assert UploadSession.from_dict(json.loads(json.dumps(session.to_dict()))) == session


@pytest.mark.parametrize(
    "wrong",
    [
        {"repo": None},
        {"location": 7},
        {"offset": -1},
        {"offset": "1"},
        {"offset": True},
        {"chunk_min_length": "x"},
        {"chunk_min_length": -5},
    ],
)
def test_malformed_session_dicts(wrong: dict[str, Any]) -> None:
    document = {**UploadSession(repo="a", location="http://localhost/?sig=s3cret").to_dict(), **wrong}
    with pytest.raises(ParseError) as caught:
        UploadSession.from_dict(document)
    assert caught.value.field == next(iter(wrong))
    assert "s3cret" not in str(caught.value)
    document.pop(next(iter(wrong)))
    if "chunk_min_length" not in wrong:
        with pytest.raises(ParseError):
            UploadSession.from_dict(document)


def test_ranges_of_registries_old_and_new() -> None:
    assert [received_bytes(text) for text in ("0-0", "0-9", "bytes=0-9", " 0-9 ")] == [1, 10, 10, 10]
    assert {received_bytes(text) for text in (None, "", "0--1", "1-9", "0-9/10", "0-" + "9" * 30, "٠-٩")} == {None}


@pytest.mark.anyio
@pytest.mark.parametrize("chunk_size", [None, CHUNK])
async def test_another_process_resumes_the_upload_of_a_killed_one(kind: str, chunk_size: int | None, tmp_path: Path) -> None:
    blob, kept = tmp_path / "blob", tmp_path / "session"
    blob.write_bytes(CONTENT)
    with EmbeddedRegistry() as registry:
        url = f"{registry.url}/{REPO}"
        command = [sys.executable, "-m", "tests.core.blobs.uploading_process", url, kind, str(blob), str(kept)]
        with subprocess.Popen(
            [*command, *([str(chunk_size)] if chunk_size else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=Path(__file__).parents[3],
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
        async with connect(kind, url) as client:
            uploaded = await client.blob_upload(
                blob, session=session, chunk_size=chunk_size, on_progress=reports.append, on_session=lambda newer: None
            )
            assert (uploaded.digest, uploaded.size) == (DIGEST, SIZE)
            assert await stored(client) == CONTENT
        assert received_body_bytes(registry) - SIZE <= CHUNK
        assert reports[0].phase == "check"  # the bytes that the registry has are hashed, but not sent
        assert [record.method for record in complete_log(registry)].count("POST") == 1
        assert open_uploads(registry) == []


@pytest.mark.anyio
@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("source", ["path", "iterator", "replayable"])
async def test_a_failed_upload_with_a_session_callback_stays_open(kind: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(CONTENT)

    def new() -> Any:
        return {"path": tmp_path / "blob", "iterator": pieces(), "replayable": replayable(kind)}[source]

    kept: list[UploadSession] = []
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Status(403), operation="upload_blob_chunk", after=3))
        async with connect(kind, f"{registry.url}/{REPO}") as client:
            with pytest.raises(RegistryError) as caught:
                await client.blob_upload(new(), size=SIZE, chunk_size=CHUNK, on_session=kept.append)
            assert "stays open" in caught.value.__notes__[0] and str(3 * CHUNK) in caught.value.__notes__[0]
            assert [session.offset for session in kept] == [0, CHUNK, 2 * CHUNK, 3 * CHUNK]
            assert len(open_uploads(registry)) == 1
            assert (await client.blob_upload(new(), session=kept[-1])).digest == DIGEST
            assert await stored(client) == CONTENT
        assert open_uploads(registry) == []
        assert received_body_bytes(registry) == SIZE


@pytest.mark.anyio
@pytest.mark.parametrize("has_digest", [False, True])
async def test_resuming_a_closed_session_finds_the_blob_or_starts_over(kind: str, has_digest: bool) -> None:
    kept: list[UploadSession] = []
    options: dict[str, Any] = {"digest": DIGEST} if has_digest else {}
    with EmbeddedRegistry() as registry:
        async with connect(kind, f"{registry.url}/{REPO}") as client:
            await client.blob_upload(CONTENT, on_session=kept.append, **options)
            assert (await client.blob_upload(CONTENT, session=kept[-1], **options)).digest == DIGEST
            # Without a digest, the blob cannot be looked up, so all of it is sent again.
            assert received_body_bytes(registry) == (SIZE if has_digest else 2 * SIZE)


@pytest.mark.anyio
async def test_a_session_of_another_blob_or_repository(kind: str) -> None:
    with EmbeddedRegistry() as registry:
        async with connect(kind, f"{registry.url}/{REPO}") as client:
            session = await client.upload_blob_chunk(await client.start_blob_upload(), CONTENT)
            with pytest.raises(RegistryError, match="another blob"):
                await client.blob_upload(pieces(CONTENT[:1000]), session=session, on_session=lambda newer: None)
            assert len(open_uploads(registry)) == 1
            with pytest.raises(ValueError, match="with_repo"):
                await client.blob_upload(CONTENT, session=evolve(session, repo="other"))
            assert (await client.blob_upload(pieces(), session=session)).digest == DIGEST  # the registry has all bytes already
        assert received_body_bytes(registry) == SIZE


@pytest.mark.anyio
@pytest.mark.usefixtures("waits")
async def test_the_session_callback_is_called_after_each_step(kind: str) -> None:
    kept: list[UploadSession] = []
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Reset(after=100_000, of="request"), operation="upload_blob_chunk", after=1))
        async with connect(kind, f"{registry.url}/{REPO}") as client:
            await client.blob_upload(replayable(kind), size=SIZE, chunk_size=CHUNK, on_session=kept.append)
    offsets = [session.offset for session in kept]
    assert offsets == sorted(offsets)
    assert offsets[:3] == [0, CHUNK, CHUNK + 100_000] and offsets[-1] == SIZE


@pytest.mark.anyio
@pytest.mark.parametrize("wrong", [{"chunk_size": 0}, {"size": -1}])
async def test_invalid_options(kind: str, wrong: dict[str, int]) -> None:
    async with connect(kind, "127.0.0.1:1/a") as client:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            await client.blob_upload(CONTENT, **wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="from_repo"):
            await client.blob_upload(CONTENT, from_repo="other")


class PressCtrlC:
    """A fault that presses Ctrl-C when a request has arrived, and answers after that: with a session, or with an error status.

    Args:
        opens: Whether the registry opens a session.
    """

    def __init__(self, opens: bool = True) -> None:
        self.opens = opens

    async def play(self, exchange: Exchange, app: Any) -> None:
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
