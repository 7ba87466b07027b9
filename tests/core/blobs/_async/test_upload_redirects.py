"""Tests of uploads whose requests are redirected: the bytes are sent again as long as the source can yield them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import RedirectError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, OperationName
from tests.core.blobs._async.helpers import ALL_SOURCES, ONE_TIME_SOURCES, AsyncReplayable, stored
from tests.core.blobs.upload_helpers import (
    BODY_OPERATIONS,
    CONTENT,
    DIGEST,
    REPO,
    SIZE,
    Move,
    complete_log,
    open_uploads,
    options_of,
    pieces,
)
from tests.core.wire.loopback import Handler, run_loopback

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
CHUNK = 700_000


def moved(
    status: int = 307, operation: OperationName | tuple[OperationName, ...] = BODY_OPERATIONS, *, early: bool = False
) -> Fault:
    """Return a fault that redirects each request with a body once, to the same path with another query."""
    return Fault(Move(status, early=early), operation=operation, when=lambda call: "moved" not in call.query, times=None)


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_a_redirected_body_is_sent_again(source: str, chunk_size: int | None, tmp_path: Path) -> None:
    early = (chunk_size is None) == ("digest" in source)  # whether the redirect is sent before the body was read
    with EmbeddedRegistry(auth="token") as registry:
        registry.faults.add(moved(early=early))
        given, options = ALL_SOURCES[source](tmp_path)
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            blob = await client.blob_upload(given, chunk_size=chunk_size, **options)
            assert (blob.digest, blob.size) == (DIGEST, SIZE)
            assert await stored(client) == CONTENT
        assert open_uploads(registry) == []
        assert [record.method for record in complete_log(registry) if record.status == 202].count("POST") == 1


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("operation", ["start_blob_upload", *BODY_OPERATIONS])
async def test_each_redirect_that_keeps_the_method_is_followed(status: int, operation: OperationName) -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(moved(status, operation))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            assert (await client.blob_upload(AsyncReplayable(), size=SIZE, chunk_size=CHUNK)).digest == DIGEST
            session = await client.start_blob_upload()
            session = await client.upload_blob_chunk(session, CONTENT[:CHUNK])
            assert session.offset == CHUNK
            await client.cancel_blob_upload(session)


@pytest.mark.parametrize("operation", BODY_OPERATIONS)
@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_would_drop_the_body_is_an_error_that_says_so(status: int, operation: OperationName) -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(moved(status, operation))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(RedirectError) as caught:
                await client.blob_upload(AsyncReplayable(), size=SIZE, digest=DIGEST, chunk_size=CHUNK)
        assert caught.value.status == status
        assert "307 or 308" in caught.value.hint and "operator" in caught.value.hint
        assert open_uploads(registry) == []


@pytest.mark.parametrize("source", ONE_TIME_SOURCES)
async def test_a_body_that_can_be_sent_only_once_is_an_error_that_says_what_to_pass(source: str, tmp_path: Path) -> None:
    content = CONTENT * 5  # more than is kept in memory
    with EmbeddedRegistry() as registry:
        registry.faults.add(moved())
        options = ONE_TIME_SOURCES[source](tmp_path)[1]
        given: dict[str, Any] = {"size": len(content)} if "size" in options else {}
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(RedirectError) as caught:
                await client.blob_upload(pieces(content), **given)
        assert caught.value.status == 307
        assert "only once" in caught.value.hint and "chunk_size" in caught.value.hint
        assert open_uploads(registry) == []


async def test_another_host_gets_the_bytes_without_the_credential_and_cannot_redirect_them() -> None:
    def answer(handler: Handler) -> None:
        if len(storage.seen) == 1:
            handler.reply(202, Location="/uploads/1")
        else:
            handler.reply(307, Location=f"{registry.url}/v2/{REPO}/blobs/uploads/x")

    with EmbeddedRegistry(auth="basic") as registry, run_loopback(answer) as storage:
        registry.faults.add(Fault(Move(307, origin=storage.url), operation="upload_blob_chunk"))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            with pytest.raises(RedirectError) as caught:
                await client.blob_upload(AsyncReplayable(), size=SIZE, chunk_size=CHUNK)
    assert [one.body for one in storage.seen[:2]] == [CONTENT[:CHUNK], CONTENT[CHUNK : 2 * CHUNK]]
    assert not any("authorization" in one.headers for one in storage.seen)
    assert caught.value.redirected_to is not None
    assert "only the registry itself" in caught.value.hint


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
@pytest.mark.parametrize("status", [307, 308])
async def test_an_upload_that_is_opened_elsewhere_stays_there(status: int, chunk_size: int | None) -> None:
    """A relative Location counts from the server that has sent it (apple/swift-container-plugin#44)."""
    with EmbeddedRegistry() as registry, EmbeddedRegistry() as other:
        registry.faults.add(Fault(Move(status, origin=other.url), operation="start_blob_upload"))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            assert (await client.blob_upload(CONTENT, chunk_size=chunk_size)).digest == DIGEST
        async with AsyncRegistryClientV2(f"{other.url}/{REPO}") as client:
            assert await stored(client) == CONTENT
        assert {record.method for record in complete_log(registry)} <= {"HEAD", "GET", "POST"}
