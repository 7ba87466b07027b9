"""Tests of verified sources: the right bytes from every offset that can be replayed, each hashed once."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs._sync.verified_source import VerifiedSource
from docker_registry_sdk.digest import Digest, Verifier, digest_of
from docker_registry_sdk.errors import DigestMismatchError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.blobs.upload_helpers import CONTENT, DIGEST, REPO

BLOCKS = st.lists(st.binary(max_size=30), max_size=12)
REQUESTS = st.lists(st.tuples(st.floats(0, 1), st.none() | st.integers(1, 40)), max_size=6)


class Source:
    """A replayable source with blocks of 7 bytes."""

    def __init__(self, blocks: list[bytes]) -> None:
        self.content = b"".join(blocks)

    def blocks(self, offset: int, /) -> Iterator[bytes]:
        return iter([self.content[at : at + 7] for at in range(offset, len(self.content), 7)])


@example(blocks=[bytes(1), bytes(3)], requests=[(0, None), (0.25, 1), (0, None)], size_known=False, is_replayable=False, keep=2)
@given(blocks=BLOCKS, requests=REQUESTS, size_known=st.booleans(), is_replayable=st.booleans(), keep=st.integers(0, 50))
def test_the_bytes_are_right_from_every_offset_that_can_be_replayed(
    blocks: list[bytes], requests: list[tuple[float, int | None]], size_known: bool, is_replayable: bool, keep: int
) -> None:
    content = b"".join(blocks)
    source = VerifiedSource(
        Source(blocks) if is_replayable else iter(blocks), "sha256", None, len(content) if size_known else None, keep
    )
    furthest = 0
    for share, length in requests:
        offset = min(int(share * len(content)), source.hashed)
        if not source.can_replay(offset):
            # Of the bytes that were yielded, as many of the last as `keep` says are kept.
            assert not is_replayable and offset < furthest - keep
            continue
        yielded = b"".join(source.blocks(offset, length))
        assert yielded == content[offset:][: len(content) if length is None else length]
        furthest = max(furthest, source.yielded_end)
    assert source.can_replay(source.yielded_end)
    assert b"".join(source.blocks(source.yielded_end)) == content[source.yielded_end :] or source.yielded_end == len(content)
    assert source.is_verified or not content
    source.verify_end()
    assert source.digest() == digest_of(content)
    assert (source.size, source.hashed) == (len(content), len(content))
    source.close()


@given(blocks=BLOCKS, chunk=st.integers(1, 25))
def test_chunks_of_a_source_that_can_be_read_only_once(blocks: list[bytes], chunk: int) -> None:
    content = b"".join(blocks)
    source = VerifiedSource(iter(blocks), "sha256", None, None, chunk)
    arrived = 0
    while length := source.read_ahead(arrived, chunk):
        assert length == min(chunk, len(content) - arrived)
        for _ in range(2):  # as after an interruption
            assert b"".join(source.blocks(arrived, length)) == content[arrived : arrived + length]
        arrived += length
        source.release(arrived)
    assert arrived == len(content)


def test_the_bytes_kept_in_memory_are_bounded() -> None:
    source = VerifiedSource(iter([bytes(1000)] * 1000), "sha256", None, None, 10_000)
    for _ in source.blocks(0):
        assert source.held_bytes <= 12_000
    assert source.can_replay(990_000) and not source.can_replay(980_000)


@pytest.mark.parametrize("size", [9, 11])
@pytest.mark.parametrize("is_replayable", [False, True])
def test_a_wrong_size_is_noticed_before_the_last_byte(size: int, is_replayable: bool) -> None:
    given = [b"01234", b"56789"]
    source = VerifiedSource(Source(given) if is_replayable else iter(given), "sha256", None, size, 100)
    out: list[bytes] = []
    with pytest.raises(DigestMismatchError) as caught:
        out.extend(source.blocks(0))
    assert len(b"".join(out)) < size
    assert source.error is caught.value


def test_a_wrong_digest_is_noticed_before_the_last_byte() -> None:
    for size in (10, None):
        source = VerifiedSource(iter([b"01234", b"56789"]), "sha256", Digest(DIGEST), size, 100)
        out: list[bytes] = []
        with pytest.raises(DigestMismatchError):
            out.extend(source.blocks(0))
        assert len(b"".join(out)) == (5 if size else 10)  # without a size, the last byte does not complete the upload


def test_a_file_that_has_shrunk_when_it_is_read_again() -> None:
    file = Source([b"0123456789"])
    source = VerifiedSource(file, "sha256", None, None, 0)
    assert b"".join(source.blocks(0)) == b"0123456789"
    file.content = b"01234"
    with pytest.raises(OSError, match="ends after 5 bytes"):
        list(source.blocks(2))


def test_a_source_that_reuses_its_buffer() -> None:
    def reused() -> Iterator[Any]:
        buffer = bytearray(200_000)
        for number in range(5):
            buffer[:] = bytes([number]) * len(buffer)
            yield buffer

    source = VerifiedSource(reused(), "sha256", None, None, 10**6)
    content = b"".join(source.blocks(0))
    assert content == b"".join(bytes([number]) * 200_000 for number in range(5))
    assert source.digest() == digest_of(content)
    assert b"".join(source.blocks(300_000)) == content[300_000:]


def test_no_byte_is_hashed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = 0
    update = Verifier.update

    def counted(self: Verifier, data: Any) -> None:
        nonlocal hashed
        hashed += len(data)
        update(self, data)

    monkeypatch.setattr(Verifier, "update", counted)
    content = CONTENT[:50_000]
    source = VerifiedSource(Source([content]), "sha256", None, len(content), 0)
    for offset in (0, 10, len(content) - 5, 0):
        for _ in source.blocks(offset):
            pass
    assert source.digest() == digest_of(content)
    assert hashed == len(content)


@pytest.mark.anyio
async def test_an_async_upload_reads_and_hashes_outside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set()
    update = Verifier.update

    class File(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            threads.add(threading.get_ident())
            return super().read(size)

    def watched(self: Verifier, data: Any) -> None:
        if len(data) > 200_000:
            threads.add(threading.get_ident())
        update(self, data)

    monkeypatch.setattr(Verifier, "update", watched)
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{REPO}") as client:
            assert (await client.blob_upload(File(CONTENT))).digest == DIGEST
    assert threads and threading.get_ident() not in threads
