"""Tests of sources that fail, change, or do not match digest and size: no session stays open."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk.errors import DigestMismatchError, NotFoundError, RegistryError, TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Reset
from tests.core.blobs._async.helpers import AsyncReplayable
from tests.core.blobs.upload_helpers import (
    BODY_OPERATIONS,
    CONTENT,
    DIGEST,
    GIVEN,
    REPO,
    SIZE,
    SourceError,
    complete_log,
    failing,
    open_uploads,
    pieces,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("failure", ["plain", "without a message", "transport", "httpx"])
async def test_a_failing_source(given: dict[str, Any], failure: str) -> None:
    errors: dict[str, BaseException] = {
        "plain": SourceError("the disk is gone"),
        "without a message": SourceError(),
        # The source failed, not the upload, although the exception is the same when the source is a download.
        "transport": TransportError("was interrupted", method="GET", url="http://localhost/elsewhere"),
        "httpx": httpx.ReadError("was interrupted"),
    }
    error = errors[failure]
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(type(error)) as caught:
                await client.blob_upload(failing(error), **given)
            assert caught.value is error
            assert getattr(error, "__notes__", []) == []
            assert open_uploads(registry) == []
            assert [record.method for record in complete_log(registry)].count("POST") == 1
            with pytest.raises(NotFoundError):
                await client.head_blob(DIGEST)


@pytest.mark.parametrize("chunk_size", [None, 300_000])
@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1, 1, 0])
@pytest.mark.parametrize("source", ["iterator", "replayable", "file"])
async def test_a_source_of_the_wrong_size(source: str, size: int, chunk_size: int | None) -> None:
    given: Any = {"iterator": pieces(), "replayable": AsyncReplayable(), "file": io.BytesIO(CONTENT)}[source]
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(DigestMismatchError) as caught:
                await client.blob_upload(given, size=size, chunk_size=chunk_size)
            assert caught.value.expected_size == size
        assert open_uploads(registry) == []
        assert "PUT" not in [record.method for record in complete_log(registry)]


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("source", ["iterator", "replayable", "file"])
async def test_a_source_with_the_wrong_digest(source: str, given: dict[str, Any]) -> None:
    wrong = f"sha256:{'0' * 64}"
    bodies: Any = {"iterator": pieces(), "replayable": AsyncReplayable(), "file": io.BytesIO(CONTENT)}[source]
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            with pytest.raises(DigestMismatchError) as caught:
                await client.blob_upload(bodies, **{**given, "digest": wrong})
            assert (caught.value.expected, caught.value.actual) == (wrong, DIGEST)
        assert open_uploads(registry) == []


@pytest.mark.parametrize("change", ["longer", "shorter", "other"])
@pytest.mark.parametrize("given", [{}, {"digest": DIGEST}])
async def test_a_file_that_changes_during_the_upload(change: str, given: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    changed = {"longer": CONTENT + b"more", "shorter": CONTENT[:-1000], "other": bytes(SIZE)}[change]

    def touch(progress: Progress) -> None:
        if 0 < progress.bytes < SIZE:
            path.write_bytes(changed)

    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            if change == "other" and not given:  # the blob is either content, and its digest is computed
                blob = await client.blob_upload(path, on_progress=touch)
                assert (await client.head_blob(blob.digest)).size == SIZE
                assert blob.digest != DIGEST
            else:
                with pytest.raises(DigestMismatchError):
                    await client.blob_upload(path, on_progress=touch, **given)
        assert open_uploads(registry) == []


@pytest.mark.parametrize("given", [{}, {"digest": DIGEST}])
async def test_a_file_that_has_changed_when_it_is_read_again(given: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)

    def touch(progress: Progress) -> None:
        if progress.bytes == SIZE:
            path.write_bytes(bytes(SIZE))

    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(Reset(after=500_000, of="request"), operation=BODY_OPERATIONS))
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}", max_retries=1) as client:
            with pytest.raises(RegistryError) as caught:
                await client.blob_upload(path, on_progress=touch, **given)
            assert "source may have changed" in " ".join(caught.value.__notes__)
            with pytest.raises(NotFoundError):
                await client.head_blob(DIGEST)
        assert open_uploads(registry) == []


async def test_an_exception_of_the_progress_callback_ends_the_upload() -> None:
    def refuse(progress: Progress) -> None:
        if progress.bytes:
            raise SourceError("enough")

    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            for given in GIVEN:
                with pytest.raises(SourceError):
                    await client.blob_upload(AsyncReplayable(), on_progress=refuse, **given)
        assert open_uploads(registry) == []
