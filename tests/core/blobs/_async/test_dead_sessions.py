"""Tests of upload sessions that a registry cannot continue: the upload starts over once if the source can be read again."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.errors import NotFoundError, RangeNotSatisfiableError, RegistryError, StatusError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, LoseResponse, Reset, SetHeader, Status
from tests.core.blobs._async.helpers import AsyncReplayable, stored, yield_pieces
from tests.core.blobs.upload_helpers import (
    BODY_OPERATIONS,
    CONTENT,
    REPO,
    FirstSessions,
    Refuse,
    complete_log,
    open_uploads,
    pieces,
    received_body_bytes,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
SMALL = random.Random(7).randbytes(300_000)
DIGEST = digest_of(SMALL)
CHUNK = 100_000
# Sources that can be read from the start again: of the last one, all bytes are in memory until a chunk is accepted.
SOURCES: list[tuple[Callable[[], Any], dict[str, Any]]] = [
    (lambda: AsyncReplayable(SMALL), {"size": len(SMALL)}),
    (lambda: AsyncReplayable(SMALL), {"size": len(SMALL), "digest": DIGEST}),
    (lambda: SMALL, {}),
    (lambda: yield_pieces(SMALL, 30_000), {}),
]


def methods(registry: EmbeddedRegistry, method: str) -> int:
    """Return the number of requests with a method that a registry has received."""
    return [record.method for record in complete_log(registry)].count(method)


async def upload(registry: EmbeddedRegistry, repo: str = REPO, source: Any = None, retries: int = 3, **options: Any) -> None:
    """Upload the small blob, and check that the registry has it."""
    async with AsyncRegistryClientV2(f"{registry.url}/{repo}", max_retries=retries) as client:
        blob = await client.blob_upload(AsyncReplayable(SMALL) if source is None else source, **options)
        assert (blob.digest, blob.size) == (DIGEST, len(SMALL))
        assert await stored(client, DIGEST) == SMALL


STATUSES = [404, 416, 500, 502, 503, 504]
STATES = [204, 404, 405, 500]


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("status", STATUSES)
async def test_a_session_that_never_continues_is_replaced(status: int, state: int, chunk_size: int | None) -> None:
    """All requests with bytes, or all but the first, are answered with `status`, requests for the status with `state`.

    Each kind of source occurs with each status and with each state.
    """
    sources = SOURCES if chunk_size is None else SOURCES[:-1]
    number = STATUSES.index(status) + STATES.index(state)
    make, options = sources[number % len(sources)]
    with EmbeddedRegistry() as registry:
        dead = FirstSessions(after=0 if chunk_size is None else 1)
        registry.faults.add(Fault(Refuse(status), operation=BODY_OPERATIONS, when=dead, times=None))
        if state != 204:
            registry.faults.add(Fault(Status(state), operation="get_blob_upload_status", when=dead, times=None))
        await upload(registry, REPO, make(), 2 + number % 2, chunk_size=chunk_size, **options)
        assert methods(registry, "POST") == 2
        registry.faults.clear()
        assert len(open_uploads(registry)) == (state in (404, 405))  # the session cannot be cancelled: the registry denies it


@pytest.mark.parametrize(("status", "chunk_size"), [(404, None), (416, None), (404, CHUNK), (416, CHUNK), (500, CHUNK)])
async def test_an_upload_starts_over_only_once(status: int, chunk_size: int | None) -> None:
    with EmbeddedRegistry() as registry:
        dead = FirstSessions(9, after=0 if chunk_size is None else 1)
        registry.faults.add(Fault(Refuse(status), operation=BODY_OPERATIONS, when=dead, times=None))
        if status == 404:
            registry.faults.add(Fault(Status(404), operation="get_blob_upload_status", when=dead, times=None))
        with pytest.raises(StatusError) as caught:
            await upload(registry, retries=5, size=len(SMALL), chunk_size=chunk_size)
        assert caught.value.status == status
        assert any("started over" in note for note in caught.value.__notes__)
        assert methods(registry, "POST") == 2
        assert methods(registry, "PATCH") <= 10


@pytest.mark.parametrize("state", [204, 404])
@pytest.mark.parametrize("status", [404, 416, 500, 503])
async def test_a_source_that_can_be_read_once_does_not_start_over_and_the_error_says_so(status: int, state: int) -> None:
    content = CONTENT * 5  # more than is kept in memory
    with EmbeddedRegistry() as registry:
        dead = FirstSessions(after=1)
        registry.faults.add(Fault(Refuse(status), operation=BODY_OPERATIONS, when=dead, times=None))
        if state != 204:
            registry.faults.add(Fault(Status(state), operation="get_blob_upload_status", when=dead, times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=2) as client:
            with pytest.raises(RegistryError) as caught:
                await client.blob_upload(pieces(content), chunk_size=9_000_000)
        words = " ".join([str(caught.value), *caught.value.__notes__])
        assert "second time" in words and "path" in words
        assert methods(registry, "POST") == 1


async def test_a_registry_that_loses_what_it_has_accepted_ends_the_upload() -> None:
    """Every second chunk is answered 416, and the session is empty again: without a limit, the upload would never end."""
    with EmbeddedRegistry() as registry:
        registry.faults.add(
            Fault(Refuse(416), operation="upload_blob_chunk", when=lambda call: _starts_at(call.headers) > 0, times=None),
            Fault(SetHeader("Range", "0-0"), operation="get_blob_upload_status", times=None),
        )
        with pytest.raises(RangeNotSatisfiableError):
            await upload(registry, size=len(SMALL), chunk_size=CHUNK)
        assert methods(registry, "PATCH") <= 12


def _starts_at(headers: Any) -> int:
    return int(headers.get("content-range", "0-").partition("-")[0])


async def test_a_registry_that_has_the_blob_after_a_failed_commit_gets_no_second_one() -> None:
    """GHCR may answer 404 to the request that closes an upload, although it has stored the blob (jib#4301)."""
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(LoseResponse(), operation="complete_blob_upload"))
        await upload(registry, size=len(SMALL))
        assert methods(registry, "POST") == 1
        assert received_body_bytes(registry) == len(SMALL)


async def test_each_session_that_is_lost_with_its_connection_is_replaced() -> None:
    with EmbeddedRegistry() as registry:
        lost = FirstSessions(3)
        registry.faults.add(
            Fault(Reset(after=50_000, of="request"), operation="upload_blob_chunk", when=lost, times=None),
            Fault(Status(404), operation="get_blob_upload_status", times=None),
        )
        await upload(registry, size=len(SMALL))
        assert methods(registry, "POST") == 4


async def test_a_session_that_cannot_be_cancelled_is_named_when_the_upload_fails() -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(
            Fault(Refuse(500), operation=BODY_OPERATIONS, times=None),
            Fault(Status(500), operation="cancel_blob_upload"),
        )
        with pytest.raises(StatusError) as caught:
            await upload(registry, size=len(SMALL))
        [location] = open_uploads(registry)
        assert any(location in note for note in caught.value.__notes__)


@pytest.mark.parametrize("stated", [None, "0-0", "bytes=0-99999", "0-99999", "0-100000", "0-999999999", "100000-199999", "x"])
async def test_forms_of_the_range_in_the_status_of_a_session(stated: str | None) -> None:
    """The registry has received the first chunk, but its response was lost. Gitea counts one byte too many."""
    with EmbeddedRegistry() as registry:
        registry.faults.add(
            Fault(LoseResponse(), operation="upload_blob_chunk"),
            Fault(SetHeader("Range", stated), operation="get_blob_upload_status"),
        )
        await upload(registry, size=len(SMALL), chunk_size=CHUNK)
        assert open_uploads(registry) == []


async def test_a_repository_that_does_not_exist_is_the_error_of_the_registry() -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Status(404), operation="start_blob_upload", times=None))
        with pytest.raises(NotFoundError):
            await upload(registry, size=len(SMALL))
        assert methods(registry, "POST") == 1


@pytest.mark.parametrize("minimum", ["9223372036854775807", "9" * 23, "-5", "abc", "0", "150000", "150000.5", ""])
async def test_any_minimum_length_of_chunks_is_survived(minimum: str) -> None:
    """Registries state limits that no client can keep (open-component-model#3642)."""
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(SetHeader("OCI-Chunk-Min-Length", minimum), operation="start_blob_upload", times=None))
        for number, (make, options) in enumerate(SOURCES):
            await upload(registry, f"tests/{number}", make(), chunk_size=CHUNK, **options)
        lengths = [record.request_bytes for record in complete_log(registry) if record.method == "PATCH"]
        assert min(lengths) >= (150_000 if minimum == "150000" else CHUNK)
