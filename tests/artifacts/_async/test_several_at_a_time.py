"""Artifacts of many files, which are pushed and pulled several at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, Progress, artifacts
from docker_registry_sdk.artifacts.manifest import ArtifactBlob
from docker_registry_sdk.errors import DigestMismatchError, ForbiddenError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow, Status, WrongBytes
from tests.artifacts.together import Together
from tests.support.images import digest_of
from tests.support.request_log import open_uploads

pytestmark = pytest.mark.anyio

KIND = "application/vnd.example.files.v1"
FILES = {f"{number % 3}/{number % 2}/{number:03}.txt": b"%d" % number * 100 for number in range(40)}
BLOBS = [ArtifactBlob(content, title=title) for title, content in FILES.items()]
BAD = digest_of(FILES["0/0/006.txt"])


@pytest.fixture
async def client(embedded_registry: EmbeddedRegistry) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a registry for this test only."""
    async with AsyncRegistryClientV2(f"{embedded_registry.url}/a", max_retries=0) as connected:
        yield connected


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Reports:
    """A progress callback that checks that it is called once at a time."""

    def __init__(self) -> None:
        self.seen: list[Progress] = []
        self._running = 0

    def __call__(self, progress: Progress) -> None:
        self._running += 1
        assert self._running == 1
        self.seen.append(progress)
        self._running -= 1

    def last(self, phase: str) -> dict[str | None, tuple[int, int | None]]:
        return {one.digest: (one.bytes, one.total) for one in self.seen if one.phase == phase}


async def test_six_files_at_a_time(embedded_registry: EmbeddedRegistry, client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    uploads, downloads, reports = Together(6), Together(6), Reports()
    embedded_registry.faults.add(Fault(uploads, operation="complete_blob_upload", times=None, after=1))
    embedded_registry.faults.add(Fault(downloads, operation="create_blob_read_stream", times=None))
    await artifacts.async_push(client.ref("v1"), BLOBS, artifact_type=KIND, on_progress=reports)
    paths = await artifacts.async_pull(client.ref("v1"), tmp_path, on_progress=reports)
    assert (uploads.most, downloads.most) == (6, 6)
    assert paths == [tmp_path / title for title in FILES]
    assert files_below(tmp_path) == FILES
    sizes = {digest_of(content): (len(content), len(content)) for content in FILES.values()}
    assert reports.last("download") == sizes
    assert reports.last("upload") == {**sizes, digest_of(b"{}"): (2, 2)}
    found = await client.get_manifest("v1")
    assert [one["annotations"]["org.opencontainers.image.title"] for one in found.manifest.to_dict()["layers"]] == list(FILES)


async def test_equal_sources_are_uploaded_once(
    embedded_registry: EmbeddedRegistry, client: AsyncRegistryClientV2, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"of a file")
    blobs = [ArtifactBlob(tmp_path / "file", title=str(number)) for number in range(8)]
    blobs += [ArtifactBlob(b"of bytes", title=f"bytes-{number}") for number in range(8)]
    await artifacts.async_push(client.ref("v1"), blobs, artifact_type=KIND)
    await client.list_tags()  # its response is logged after all requests before it
    assert [one.method for one in embedded_registry.requests if "/uploads/" in one.path].count("POST") == 3
    await artifacts.async_pull(client.ref("v1"), tmp_path / "target")
    assert files_below(tmp_path / "target") == {
        **{str(number): b"of a file" for number in range(8)},
        **{f"bytes-{number}": b"of bytes" for number in range(8)},
    }


@pytest.mark.parametrize("effect", [Status(403), WrongBytes()], ids=["refused", "wrong bytes"])
async def test_a_failed_file_ends_the_others_and_leaves_no_half_file(
    embedded_registry: EmbeddedRegistry, client: AsyncRegistryClientV2, tmp_path: Path, effect: Status | WrongBytes
) -> None:
    await artifacts.async_push(client.ref("v1"), BLOBS, artifact_type=KIND)
    embedded_registry.requests.clear()
    embedded_registry.faults.add(Fault(effect, operation="create_blob_read_stream", path=f".*/{BAD}", times=None))
    with pytest.raises(ForbiddenError if isinstance(effect, Status) else DigestMismatchError):
        await artifacts.async_pull(client.ref("v1"), tmp_path)
    left = files_below(tmp_path)
    assert {title: content for title, content in left.items() if not title.endswith(".part")}.items() <= FILES.items()
    assert "0/0/006.txt" not in left
    read = [one for one in embedded_registry.requests if one.method == "GET" and "/blobs/" in one.path]
    assert len(read) < len(FILES)
    embedded_registry.faults.clear()
    await artifacts.async_pull(client.ref("v1"), tmp_path)
    assert files_below(tmp_path) == FILES


async def test_a_failed_upload_cancels_the_others_and_pushes_no_manifest(
    embedded_registry: EmbeddedRegistry, client: AsyncRegistryClientV2
) -> None:
    blobs = [ArtifactBlob(bytes([number]) * 2_000_000, title=str(number)) for number in range(12)]
    embedded_registry.faults.add(
        Fault(Slow(bytes_per_second=4_000_000, of="request"), operation="complete_blob_upload", times=None)
    )
    embedded_registry.faults.add(Fault(Status(403), operation="start_blob_upload", after=4))
    with pytest.raises(ForbiddenError):
        await artifacts.async_push(client.ref("v1"), blobs, artifact_type=KIND)
    assert open_uploads(embedded_registry) == []
    assert not await client.exists("v1")
    assert len([one for one in embedded_registry.requests if one.method == "POST"]) < len(blobs)


async def test_an_exception_of_the_progress_callback_ends_the_pull(
    embedded_registry: EmbeddedRegistry, client: AsyncRegistryClientV2, tmp_path: Path
) -> None:
    await artifacts.async_push(client.ref("v1"), BLOBS, artifact_type=KIND)
    embedded_registry.requests.clear()

    def stop(progress: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await artifacts.async_pull(client.ref("v1"), tmp_path, on_progress=stop)
    assert len([one for one in embedded_registry.requests if "/blobs/" in one.path]) < len(FILES)
