"""Tests of the bound on repeated requests: against a server that cuts every body, `max_retries` + 1 requests are sent."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.concurrency.waiting import async_sleep
from docker_registry_sdk.errors import (
    DeadlineExceededError,
    RegistryError,
    ServerError,
    TransportError,
)
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Reset, Status
from tests.core.blobs._async.helpers import ALL_SOURCES, read_all
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.conftest import REPO
from tests.core.blobs.helpers import descriptor
from tests.core.blobs.upload_helpers import BODY_OPERATIONS, CONTENT, SIZE, complete_log, open_uploads
from tests.core.wire.loopback import Handler, Loopback
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
BLOB = random.Random(7).randbytes(3_000_000)
HEAD = b"HTTP/1.1 202 Accepted\r\nLocation: /v2/x/blobs/uploads/1\r\nContent-Length: 100\r\n\r\n"
bounds = pytest.mark.parametrize(("max_retries", "requests"), [(0, 1), (2, 3)])


async def fetch(client: AsyncRegistryClientV2, call: str, path: Path) -> None:
    """Fetch the blob in one of three ways."""
    match call:
        case "stream":
            await read_all(client, digest_of(BLOB))
        case "download":
            await client.download_blob(digest_of(BLOB), path)
        case _:
            async with await client.open_blob(descriptor(BLOB)) as blob:
                await blob.read()


@pytest.mark.usefixtures("waits")
@bounds
@pytest.mark.parametrize("cut_after", [0, 1, 500_000])
@pytest.mark.parametrize("call", ["stream", "download", "open"])
async def test_a_server_that_cuts_every_blob(
    loopback: Loopback, tmp_path: Path, call: str, cut_after: int, max_retries: int, requests: int
) -> None:
    BlobServer(BLOB, cut_after=cut_after).attach(loopback)
    async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", max_retries=max_retries) as client:
        with pytest.raises(TransportError):
            await fetch(client, call, tmp_path / "blob")
    assert len(loopback.seen) == requests


@pytest.mark.usefixtures("waits")
@bounds
async def test_cut_bodies_and_error_statuses_count_together(loopback: Loopback, max_retries: int, requests: int) -> None:
    blob_server = BlobServer(BLOB, cut_after=500_000)
    loopback.answer = lambda handler: handler.reply(503) if len(loopback.seen) % 2 == 0 else blob_server.answer(handler)
    async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", max_retries=max_retries) as client:
        with pytest.raises(RegistryError):
            await read_all(client, digest_of(BLOB))
    assert len(loopback.seen) == requests


@pytest.mark.usefixtures("waits")
@bounds
@pytest.mark.parametrize("chunk_size", [None, 300_000])
@pytest.mark.parametrize("source", [*ALL_SOURCES, "small"])
async def test_a_registry_that_cuts_every_request_body(
    tmp_path: Path, source: str, chunk_size: int | None, max_retries: int, requests: int
) -> None:
    given, options = (CONTENT[:100_000], {}) if source == "small" else ALL_SOURCES[source](tmp_path)
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Reset(after=20_000, of="request"), operation=BODY_OPERATIONS, times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=max_retries) as client:
            with pytest.raises(TransportError):
                await client.blob_upload(given, chunk_size=chunk_size, **options)
        assert sum(record.method in ("PATCH", "PUT") for record in complete_log(registry)) == requests
        assert open_uploads(registry) == []


@pytest.mark.usefixtures("waits")
@bounds
async def test_a_registry_that_cuts_every_response_body_of_an_upload(loopback: Loopback, max_retries: int, requests: int) -> None:
    loopback.answer = lambda handler: handler.cut(HEAD)
    async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", max_retries=max_retries) as client:
        with pytest.raises(TransportError):
            await client.blob_upload(CONTENT)
    assert [seen.line.split(" ")[0] for seen in loopback.seen] == ["POST"] * requests


@pytest.mark.usefixtures("waits")
@bounds
async def test_a_registry_that_answers_every_upload_with_an_error_status(max_retries: int, requests: int) -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Status(503), operation="start_blob_upload", times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=max_retries) as client:
            with pytest.raises(ServerError):
                await client.blob_upload(CONTENT)
        assert [record.method for record in complete_log(registry)] == ["POST"] * requests


@pytest.mark.usefixtures("waits")
async def test_each_accepted_chunk_starts_the_count_anew() -> None:
    with EmbeddedRegistry() as registry:
        for chunk in range(5):
            registry.faults.add(Fault(Reset(after=0, of="request"), operation="upload_blob_chunk", after=2 * chunk))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=1) as client:
            assert (await client.blob_upload(CONTENT, chunk_size=400_000)).size == SIZE


@pytest.mark.parametrize("call", ["stream", "download", "open"])
async def test_the_deadline_ends_a_slow_blob(loopback: Loopback, tmp_path: Path, call: str) -> None:
    """The server sends a byte every 0.2 seconds, so that no read times out."""

    def trickle(handler: Handler) -> None:
        handler.send_response(206 if "Range" in handler.headers else 200)
        if "Range" in handler.headers:
            handler.send_header("Content-Range", f"bytes 0-{len(BLOB) - 1}/{len(BLOB)}")
        handler.send_header("Content-Length", str(len(BLOB)))
        handler.end_headers()
        for at in range(100):
            handler.wfile.write(BLOB[at : at + 1])
            time.sleep(0.2)
        handler.close_connection = True

    loopback.answer = trickle
    async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", deadline=0.5) as client:
        with pytest.raises(DeadlineExceededError):
            await fetch(client, call, tmp_path / "blob")
    assert len(loopback.seen) <= 1


@pytest.mark.parametrize("options", [{}, {"size": SIZE}, {"chunk_size": 300_000}])
async def test_the_deadline_ends_an_upload_from_a_slow_source(options: dict[str, Any]) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for at in range(0, SIZE, 10_000):
            await async_sleep(0.05)
            yield CONTENT[at : at + 10_000]

    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", deadline=0.5) as client:
            with pytest.raises(DeadlineExceededError):
                await client.blob_upload(slow(), **options)
        assert "PUT" not in [record.method for record in complete_log(registry)]
        assert open_uploads(registry) == []


async def test_the_deadline_bounds_the_waits_before_repetitions(loopback: Loopback) -> None:
    BlobServer(BLOB, cut_after=0).attach(loopback)
    async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", max_retries=1000, deadline=1.0) as client:
        with pytest.raises(TransportError):
            await read_all(client, digest_of(BLOB))
    assert 1 <= len(loopback.seen) <= 4
