"""Tests of uploads with interruptions, error statuses, lost responses and expired tokens: no byte is lost, few are repeated."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, artifacts, images
from docker_registry_sdk.errors import RangeNotSatisfiableError, RegistryError, ServerError, StatusError, TransportError
from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.testing.faults import ExpireTokens, Fault, LoseResponse, OperationName, Reset, Status
from tests.core.blobs._async.helpers import ALL_SOURCES, ONE_TIME_SOURCES, REPLAYABLE_SOURCES, AsyncReplayable, stored
from tests.core.blobs.upload_helpers import (
    BODY_OPERATIONS,
    CONTENT,
    DIGEST,
    REPO,
    SIZE,
    complete_log,
    open_uploads,
    options_of,
    pieces,
    received_body_bytes,
)
from tests.images.built_images import AMD64, store_image

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
TENTH = SIZE // 10
CHUNK = 400_000
# The registry may have read, but not stored, so many bytes of a body when it was cut: at most a chunk.
READ_AHEAD = 300_000


async def upload(registry: EmbeddedRegistry, source: Any, **options: Any) -> None:
    """Upload the blob; check that the registry has all of it, and that no session is left open."""
    async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=9, **options_of(registry)) as client:
        blob = await client.blob_upload(source, **options)
        assert (blob.digest, blob.size) == (DIGEST, SIZE)
        assert await stored(client) == CONTENT
    assert open_uploads(registry) == []


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_a_reset_at_every_tenth_of_the_body_is_resumed(source: str, chunk_size: int | None, tmp_path: Path) -> None:
    with EmbeddedRegistry() as registry:
        after = TENTH if chunk_size is None else CHUNK // 2
        registry.faults.add(Fault(Reset(after=after, of="request"), operation=BODY_OPERATIONS, times=9))
        given, options = ALL_SOURCES[source](tmp_path)
        await upload(registry, given, chunk_size=chunk_size, **options)
        faults = 9 if chunk_size is None else SIZE // (CHUNK // 2) - 1
        assert sum(record.fault is not None for record in complete_log(registry)) == faults
        assert received_body_bytes(registry) - SIZE <= 9 * READ_AHEAD


@pytest.mark.parametrize("source", ALL_SOURCES)
@pytest.mark.parametrize("tenth", [0, 5, 9])
async def test_a_reset_repeats_at_most_a_chunk(source: str, tenth: int, tmp_path: Path) -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Reset(after=tenth * TENTH, of="request"), operation=BODY_OPERATIONS))
        given, options = ALL_SOURCES[source](tmp_path)
        await upload(registry, given, **options)
        assert 0 <= received_body_bytes(registry) - SIZE <= READ_AHEAD


LOST: list[OperationName] = ["start_blob_upload", *BODY_OPERATIONS]


@pytest.mark.parametrize("operation", LOST)
@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_a_lost_response(source: str, operation: OperationName, tmp_path: Path) -> None:
    """Each source and each operation occurs with and without chunks."""
    chunk_size = [None, CHUNK][(list(ALL_SOURCES).index(source) + LOST.index(operation)) % 2]
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(LoseResponse(), operation=operation))
        given, options = ALL_SOURCES[source](tmp_path)
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            blob = await client.blob_upload(given, chunk_size=chunk_size, **options)
            assert (blob.digest, blob.size) == (DIGEST, SIZE)
            assert await stored(client) == CONTENT
        assert received_body_bytes(registry) == SIZE  # the bytes had arrived, so none is sent again
        assert open_uploads(registry) == []


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
@pytest.mark.parametrize("status", [408, 416, 429, 500, 503])
@pytest.mark.parametrize("source", ["path", "iterator, digest"])
async def test_transient_error_statuses(source: str, status: int, chunk_size: int | None, tmp_path: Path) -> None:
    with EmbeddedRegistry() as registry:
        for operation, after in itertools.product(BODY_OPERATIONS, range(2)):
            registry.faults.add(Fault(Status(status), operation=operation, after=after * 2))
        given, options = ALL_SOURCES[source](tmp_path)
        await upload(registry, given, chunk_size=chunk_size, **options)


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_tokens_that_expire_during_an_upload(source: str, chunk_size: int | None, tmp_path: Path) -> None:
    with EmbeddedRegistry(auth="token") as registry:
        registry.faults.add(Fault(ExpireTokens(), operation=BODY_OPERATIONS, after=0 if chunk_size is None else 2, times=2))
        given, options = ALL_SOURCES[source](tmp_path)
        await upload(registry, given, chunk_size=chunk_size, **options)
        assert 401 in [record.status for record in complete_log(registry) if record.method in ("PATCH", "PUT")]


@pytest.mark.parametrize("source", REPLAYABLE_SOURCES)
@pytest.mark.parametrize("chunk_size", [None, CHUNK])
async def test_an_upload_that_the_registry_has_lost_starts_over(source: str, chunk_size: int | None, tmp_path: Path) -> None:
    with EmbeddedRegistry(profile="distribution-2.8") as registry:
        for share in (2, 5, 8):
            registry.faults.add(
                Fault(Reset(after=share * CHUNK // 10, of="request"), operation=BODY_OPERATIONS, after=share // 5)
            )
        given, options = REPLAYABLE_SOURCES[source](tmp_path)
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=5) as client:
            assert (await client.blob_upload(given, chunk_size=chunk_size, **options)).digest == DIGEST
            assert await stored(client) == CONTENT


@pytest.mark.parametrize("source", ONE_TIME_SOURCES)
async def test_a_source_that_can_be_read_only_once_cannot_start_over(source: str, tmp_path: Path) -> None:
    content = CONTENT * 10  # more than is kept in memory
    with EmbeddedRegistry(profile="distribution-2.8") as registry:
        registry.faults.add(Fault(Reset(after=len(content) - 1000, of="request"), operation=BODY_OPERATIONS))
        options = ONE_TIME_SOURCES[source](tmp_path)[1]
        given: dict[str, Any] = {"size": len(content)} if "size" in options else {}
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(RegistryError, match="cannot be read from that byte a second time") as caught:
                await client.blob_upload(pieces(content), **given)
        assert isinstance(caught.value.__cause__, StatusError)
        assert "may keep its bytes for some time" in caught.value.__notes__[0]


async def test_a_registry_that_is_down_gets_no_more_requests_than_max_retries_allows() -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Status(503), operation=(*BODY_OPERATIONS, "get_blob_upload_status"), times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=1) as client:
            with pytest.raises(ServerError):
                await client.blob_upload(AsyncReplayable(), size=SIZE)
        assert [record.method for record in complete_log(registry)].count("PATCH") == 1
        registry.faults.clear()
        assert open_uploads(registry) == []


async def test_max_retries_bounds_the_requests_of_an_interrupted_upload() -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Reset(of="request"), operation="upload_blob_chunk", times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=2) as client:
            with pytest.raises(TransportError) as caught:
                await client.blob_upload(AsyncReplayable(), size=SIZE)
        assert [record.method for record in complete_log(registry)].count("PATCH") == 3
        assert open_uploads(registry) == []
        assert getattr(caught.value, "__notes__", []) == []


async def test_a_permanent_error_status_is_raised_at_once() -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Status(400, code="UNSUPPORTED"), operation="upload_blob_chunk", after=1, times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(StatusError) as caught:
                await client.blob_upload(CONTENT, chunk_size=CHUNK)
        assert caught.value.status == 400
        assert [record.method for record in complete_log(registry)].count("PATCH") == 2
        assert open_uploads(registry) == []


async def test_a_failed_cancellation_is_noted() -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Status(405), operation="cancel_blob_upload"), Fault(Status(403), operation="upload_blob_chunk"))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(StatusError) as caught:
                await client.blob_upload(AsyncReplayable(), size=SIZE)
        assert caught.value.status == 403
        [note] = caught.value.__notes__
        [location] = open_uploads(registry)
        assert location in note and "405" in note and "stay open" in note


async def test_a_first_byte_that_may_or_may_not_have_arrived() -> None:
    """A registry reports the range 0-0 for an upload of one byte, and also for an empty one."""
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Reset(after=1, of="request"), operation=BODY_OPERATIONS))
        await upload(registry, AsyncReplayable(), size=SIZE)


@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_the_minimum_length_of_chunks(source: str, tmp_path: Path) -> None:
    with EmbeddedRegistry(settings=RegistrySettings(chunk_min_length=CHUNK)) as registry:
        registry.faults.add(Fault(Reset(after=300_000, of="request"), operation="upload_blob_chunk", after=1))
        given, options = ALL_SOURCES[source](tmp_path)
        await upload(registry, given, chunk_size=1000, **options)
        chunks = [record for record in complete_log(registry) if record.method == "PATCH" and record.fault is None]
        assert [record.request_bytes for record in chunks[:-1]] == [CHUNK] * (len(chunks) - 1)


@pytest.mark.parametrize(
    ("words", "expected"), [("the request body is too large and exceeds the limit of 4.00MiB", True), ("", False)]
)
async def test_a_416_for_a_body_that_is_too_large_names_the_chunk_size(words: str, expected: bool) -> None:
    with EmbeddedRegistry(auth="none") as registry:
        for operation in ("upload_blob_chunk", "complete_blob_upload"):
            effect = Status(416, code=words or "RANGE_INVALID")
            registry.faults.add(Fault(effect, operation=operation, times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/a/b", max_retries=1, max_retry_wait=0.01) as client:
            with pytest.raises(RangeNotSatisfiableError) as caught:
                await client.blob_upload(b"x" * 2_000_000, chunk_size=1_000_000)
            assert ("pass a smaller chunk_size" in caught.value.hint) is expected
            with pytest.raises(RangeNotSatisfiableError) as by_hand:
                await client.upload_blob_chunk(await client.start_blob_upload(), b"x")
    for error in (caught.value, by_hand.value):
        assert ("current offset" in error.hint) is not expected
    assert ("send a smaller chunk" in by_hand.value.hint) is expected


@pytest.mark.parametrize("status", [413, 416])
async def test_calls_without_chunk_size_say_what_to_do_about_a_body_that_is_too_large(tmp_path: Path, status: int) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with EmbeddedRegistry(auth="none") as registry:
        store_image(registry, "a", AMD64, "v1")
        for operation in ("start_blob_upload", "upload_blob_chunk", "complete_blob_upload"):
            effect = Status(status, message="the request body is too large")
            registry.faults.add(Fault(effect, operation=operation, path=".*/uploads/.+", times=None))
        async with AsyncRegistryClientV2(f"{registry.url}/b", max_retry_wait=0.01) as client:
            with pytest.raises(StatusError, match="pass a smaller chunk_size") as caught:
                await client.blob_upload(b"x" * 2_000_000)
            assert caught.value.status == status
        async with AsyncRegistries(max_retry_wait=0.01) as registries:
            await images.async_copy(f"{registry.url}/a:v1", f"oci:{tmp_path}/layout:v1", registries=registries)
            with pytest.raises(StatusError, match=r"upload_blob and a chunk_size .* then copy again"):
                await images.async_copy(f"oci:{tmp_path}/layout:v1", f"{registry.url}/b:v1", registries=registries)
            with pytest.raises(StatusError, match=r"upload_blob and a chunk_size .* put_manifest"):
                await artifacts.async_push(
                    f"{registry.url}/b:v1", [tmp_path / "file"], artifact_type="a/b", registries=registries
                )
