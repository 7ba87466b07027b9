"""Tests of uploads to Debian's docker-registry, which loses a session when a request is interrupted, and answers 404."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.upload_session import UploadSession
from docker_registry_sdk.errors import RegistryError
from tests.core.blobs._async.helpers import ONE_TIME_SOURCES, REPLAYABLE_SOURCES, AsyncReplayable, stored
from tests.core.blobs.cutting_proxy import run_cutting_proxy
from tests.core.blobs.upload_helpers import CONTENT, DIGEST, SIZE, SourceError, failing, pieces
from tests.support.docker_registry import DockerRegistry, run_docker_registry

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
CHUNK = 300_000


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A running docker-registry."""
    with run_docker_registry(tmp_path_factory.mktemp("debian")) as running:
        yield running


@pytest.fixture
def repo(request: pytest.FixtureRequest) -> str:
    """The name of a repository that only this test uses."""
    return f"tests/r{abs(hash(request.node.name))}"


def uploads(registry: DockerRegistry, repo: str) -> list[str]:
    """Return the ids of the uploads in the storage of the registry."""
    folder = registry.storage / "docker/registry/v2/repositories" / repo / "_uploads"
    # A cancelled upload leaves a folder with a hash state, but without the uploaded bytes.
    return sorted(path.name for path in folder.iterdir() if (path / "startedat").exists()) if folder.exists() else []


@pytest.mark.parametrize("chunk_size", [None, CHUNK])
@pytest.mark.parametrize("tenth", [0, 3, 6, 9])
@pytest.mark.parametrize("source", REPLAYABLE_SOURCES)
async def test_a_reset_starts_another_upload(
    source: str, tenth: int, chunk_size: int | None, debian: DockerRegistry, repo: str, tmp_path: Path
) -> None:
    with run_cutting_proxy(debian.url) as proxy:
        proxy.limits = [max(20_000, tenth * SIZE // 10)]
        given, options = REPLAYABLE_SOURCES[source](tmp_path)
        async with AsyncRegistryClientV2(f"{proxy.url}/{repo}") as client:
            assert (await client.blob_upload(given, chunk_size=chunk_size, **options)).digest == DIGEST
            assert await stored(client) == CONTENT
        assert proxy.limits == []
        assert len(uploads(debian, repo)) <= 1  # the interrupted upload stays until the registry cleans up


@pytest.mark.parametrize("source", ONE_TIME_SOURCES)
async def test_bytes_kept_in_memory_are_sent_again(source: str, debian: DockerRegistry, repo: str, tmp_path: Path) -> None:
    with run_cutting_proxy(debian.url) as proxy:
        proxy.limits = [SIZE // 2]
        given, options = ONE_TIME_SOURCES[source](tmp_path)
        async with AsyncRegistryClientV2(f"{proxy.url}/{repo}") as client:
            assert (await client.blob_upload(given, **options)).digest == DIGEST


async def test_an_upload_that_cannot_resume_names_the_session_that_stays_open(debian: DockerRegistry, repo: str) -> None:
    content = CONTENT * 10
    with run_cutting_proxy(debian.url) as proxy:
        proxy.limits = [len(content) - SIZE // 2]
        async with AsyncRegistryClientV2(f"{proxy.url}/{repo}") as client:
            with pytest.raises(RegistryError, match="cannot be read from that byte a second time") as caught:
                await client.blob_upload(pieces(content))
    [note] = caught.value.__notes__
    [left] = uploads(debian, repo)
    assert left in note and "for some time" in note
    assert "_state=…" in note  # the secret state is redacted


@pytest.mark.parametrize("given", [{}, {"chunk_size": CHUNK}, {"digest": DIGEST, "chunk_size": CHUNK}])
async def test_a_failing_source_leaves_no_session_open(given: dict[str, Any], debian: DockerRegistry, repo: str) -> None:
    async with AsyncRegistryClientV2(f"{debian.url}/{repo}") as client:
        with pytest.raises(SourceError) as caught:
            await client.blob_upload(failing(SourceError()), **given)
    assert getattr(caught.value, "__notes__", []) == []
    assert uploads(debian, repo) == []


async def test_a_failing_source_of_known_size_names_the_session_that_stays_open(debian: DockerRegistry, repo: str) -> None:
    async with AsyncRegistryClientV2(f"{debian.url}/{repo}") as client:
        with pytest.raises(SourceError) as caught:
            await client.blob_upload(failing(SourceError()), size=SIZE)
    # Until docker-registry has noticed the interruption, it still finds the upload, and cancels it.
    notes, left = getattr(caught.value, "__notes__", []), uploads(debian, repo)
    assert len(notes) == len(left) <= 1
    assert all(location in note and "may stay open" in note for location, note in zip(left, notes, strict=True))


async def test_a_session_is_resumed_between_chunks(debian: DockerRegistry, repo: str) -> None:
    kept: list[UploadSession] = []

    def keep(session: UploadSession) -> None:
        kept.append(session)
        if session.offset >= SIZE // 2:
            raise SourceError

    async with AsyncRegistryClientV2(f"{debian.url}/{repo}") as client:
        with pytest.raises(SourceError):
            await client.blob_upload(pieces(), chunk_size=CHUNK, on_session=keep)
        assert len(uploads(debian, repo)) == 1
        resumed = UploadSession.from_dict(kept[-1].to_dict())
        assert (await client.blob_upload(AsyncReplayable(), size=SIZE, session=resumed)).digest == DIGEST
        assert await stored(client) == CONTENT
    assert uploads(debian, repo) == []
