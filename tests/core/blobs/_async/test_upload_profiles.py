"""Tests of uploads and mounts against the profiles of real registries, also in chunks and with an interruption."""

from __future__ import annotations

from typing import get_args

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.errors import BadRequestError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Reset, SetHeader
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.storage.records import RepositoryRecord
from tests.core.blobs._async.helpers import ALL_SOURCES, AsyncReplayable, stored
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

PROFILES = get_args(ProfileName)
SMALL = CONTENT[:400_000]
LARGE = CONTENT * 4  # more than GHCR accepts in one chunk
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]


def of_profile(profile: ProfileName) -> EmbeddedRegistry:
    """Return a registry that has the repository already, since ECR requires that."""
    registry = EmbeddedRegistry(profile=profile)
    registry.storage.save(REPO, RepositoryRecord())
    return registry


@pytest.mark.parametrize("profile", PROFILES)
async def test_every_kind_of_source_and_option(profile: ProfileName) -> None:
    with of_profile(profile) as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            number = 0
            for source in ("once", "once, size", "replayable"):
                for options in ("", "digest", "chunk_size"):
                    if profile == "gar" and "chunk_size" in options:
                        continue
                    number += 1
                    content = SMALL + bytes([number])
                    digest = digest_of(content)
                    blob = await client.blob_upload(
                        AsyncReplayable(content) if source == "replayable" else pieces(content),
                        size=None if source == "once" else len(content),
                        digest=digest if "digest" in options else None,
                        chunk_size=150_000 if "chunk_size" in options else None,
                    )
                    assert (blob.digest, blob.size) == (digest, len(content))
                    assert await stored(client, digest) == content
        assert open_uploads(registry) == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("has_digest", [False, True])
async def test_an_interruption_in_the_middle(profile: ProfileName, has_digest: bool) -> None:
    with of_profile(profile) as registry:
        registry.faults.add(Fault(Reset(after=200_000, of="request"), operation=BODY_OPERATIONS))
        digest = digest_of(SMALL)
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            blob = await client.blob_upload(AsyncReplayable(SMALL), size=len(SMALL), digest=digest if has_digest else None)
            assert blob.digest == digest
            assert await stored(client, digest) == SMALL


async def test_artifact_registry_refuses_a_second_chunk() -> None:
    with of_profile("gar") as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            with pytest.raises(BadRequestError, match="chunk"):
                await client.blob_upload(CONTENT, chunk_size=700_000)
        assert open_uploads(registry) == []


@pytest.mark.parametrize("interrupt", [False, True])
@pytest.mark.parametrize("chunk_size", [None, 6_000_000])
async def test_large_chunks_are_sent_to_ghcr_without_content_range(chunk_size: int | None, interrupt: bool) -> None:
    with of_profile("ghcr") as registry:
        if interrupt:
            registry.faults.add(Fault(Reset(after=SIZE // 2, of="request"), operation="upload_blob_chunk"))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            blob = await client.blob_upload(AsyncReplayable(LARGE), size=len(LARGE), chunk_size=chunk_size)
            assert blob.size == len(LARGE)
            assert await stored(client, blob.digest) == LARGE


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_mount_sends_no_bytes(profile: ProfileName) -> None:
    reports: list[Progress] = []
    with of_profile(profile) as registry:
        registry.storage.save("tests/other", RepositoryRecord())
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            other = client.with_repo("tests/other" if profile != "docker-hub" else f"{registry.host}/tests/other")
            await other.blob_upload(CONTENT)
            before = received_body_bytes(registry)
            blob = await client.blob_upload(pieces(), digest=DIGEST, from_repo="tests/other", on_progress=reports.append)
            assert (blob.digest, blob.size) == (DIGEST, SIZE)
            assert await stored(client) == CONTENT
        if received_body_bytes(registry) == before:
            assert [(one.phase, one.bytes, one.total) for one in reports] == [("mount", SIZE, SIZE)]
        else:
            assert profile == "docker-hub"
        assert open_uploads(registry) == []


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_refused_mount_falls_back_to_an_upload(profile: ProfileName) -> None:
    with of_profile(profile) as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
            blob = await client.blob_upload(CONTENT, digest=DIGEST, from_repo="unknown/project")
            assert (blob.digest, blob.size) == (DIGEST, SIZE)
            assert await stored(client) == CONTENT
        assert received_body_bytes(registry) == SIZE
        assert open_uploads(registry) == []


async def test_the_session_of_a_refused_mount_is_used() -> None:
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            await client.blob_upload(CONTENT, digest=DIGEST, from_repo="unknown/project")
        assert [record.method for record in complete_log(registry)].count("POST") == 1


async def test_a_mounted_blob_has_its_size_although_the_registry_does_not_state_the_size() -> None:
    with EmbeddedRegistry() as registry:
        registry.storage.save("tests/other", RepositoryRecord())
        registry.faults.add(Fault(SetHeader("Content-Length", None), operation="head_blob"))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            await client.with_repo("tests/other").blob_upload(CONTENT)
            blob = await client.blob_upload(pieces(), digest=DIGEST, from_repo="tests/other")
            assert (blob.digest, blob.size) == (DIGEST, SIZE)


@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_progress_ends_with_all_bytes(source: str, tmp_path: object) -> None:
    reports: list[Progress] = []
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            given, options = ALL_SOURCES[source](tmp_path)  # type: ignore[arg-type]
            await client.blob_upload(given, on_progress=reports.append, **options)
            assert {one.phase for one in reports} == {"upload"}
            assert [one.bytes for one in reports] == sorted({one.bytes for one in reports})
            assert (reports[-1].bytes, reports[-1].total) == (SIZE, SIZE)
            assert 2 <= len(reports) <= 4  # one at the beginning, one per MiB, one at the end
            reports.clear()
            await client.blob_upload(CONTENT, digest=DIGEST, on_progress=reports.append)
            assert reports == [Progress(phase="skip", digest=DIGEST, bytes=SIZE, total=SIZE)]
