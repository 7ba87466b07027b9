"""Tests of verified streams: every byte once in spite of interruptions, no wrong byte, and a bounded number of requests."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import DigestMismatchError, ParseError, RangeNotSatisfiableError, RegistryError, TransportError
from docker_registry_sdk.testing.faults import ExpireTokens, LoseResponse, Reset, RevokeTokens, Slow, Status, Truncate, WrongBytes
from tests.core.blobs._async.helpers import read_all
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.conftest import MAX_RETRIES, REPO, Server
from tests.core.blobs.helpers import descriptor
from tests.core.wire.loopback import Handler, Loopback
from tests.support.images import digest_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
SIZE = 3_000_000
CONTENT = os.urandom(SIZE)


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("effect", [Reset, Truncate])
async def test_an_interruption_at_every_tenth_is_resumed(
    server: Server, client: AsyncRegistryClientV2, effect: type[Reset | Truncate], tenth: int
) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(effect(after=tenth * SIZE // 10))
    assert await read_all(client, digest) == CONTENT
    first, second = server.reads
    assert first.header("range") is None
    arrived = int((second.header("range") or "bytes=0-")[6:-1])
    assert server.sent == tenth * SIZE // 10 + SIZE - arrived  # only bytes that were lost on the way are sent again
    if effect is Truncate:  # a connection that is closed properly loses no byte
        assert server.sent == SIZE


async def test_interruptions_at_all_tenths_of_one_stream(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Truncate(after=SIZE // 10), times=9)
    assert await read_all(client, digest) == CONTENT
    assert (len(server.reads), server.sent) == (10, SIZE)
    assert [one.header("if-range") for one in server.reads] == [None] + [f'"{digest}"'] * 9


async def test_interruptions_lost_responses_and_expired_tokens_in_one_stream(
    server: Server, client: AsyncRegistryClientV2
) -> None:
    digest = server.push(CONTENT)
    for effect in (ExpireTokens(), RevokeTokens()):
        server.registry.faults.clear()
        server.add_read_fault(Truncate(after=1_000_000))
        server.add_read_fault(LoseResponse(), after=1)
        server.add_read_fault(effect, after=2)
        server.add_read_fault(Truncate(after=1_000_000), after=3)
        server.registry.requests.clear()
        assert await read_all(client, digest) == CONTENT
        assert any(one.status == 401 for one in server.registry.requests)


async def test_a_416_after_an_interruption_leads_to_a_request_for_the_whole(
    server: Server, client: AsyncRegistryClientV2
) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Truncate(after=1_000_000))
    server.add_read_fault(Status(416), after=1)
    assert await read_all(client, digest) == CONTENT
    assert [one.header("range") for one in server.reads] == [None, "bytes=1000000-", None]


async def test_a_416_without_a_range_request_is_raised(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Status(416))
    with pytest.raises(RangeNotSatisfiableError):
        await read_all(client, digest)


@pytest.mark.parametrize("at", [0, 1_500_000, SIZE - 1])
async def test_wrong_bytes_before_and_after_an_interruption(server: Server, client: AsyncRegistryClientV2, at: int) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Truncate(after=1_000_000))
    server.add_read_fault(WrongBytes(at=at if at < 1_000_000 else at - 1_000_000), after=0 if at < 1_000_000 else 1)
    got = b""
    async with client.create_blob_read_stream(digest) as blob:
        with pytest.raises(DigestMismatchError):  # noqa: PT012 - the bytes before the exception count
            async for chunk in blob:
                got += chunk
    assert len(got) < SIZE


async def test_as_many_interruptions_as_max_retries_allows(loopback: Loopback) -> None:
    content = os.urandom(20 * 1024 * 1024)
    blob_server = BlobServer(content, cut_after=256 * 1024)
    blob_server.attach(loopback)
    async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", max_retries=79) as client:
        assert await read_all(client, digest_of(content)) == content
    assert blob_server.served == len(content)
    assert len(loopback.seen) == 80


@pytest.mark.parametrize("step", [0, 1])
async def test_a_server_that_cuts_every_body_after_a_byte(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, waits: list[float], step: int
) -> None:
    BlobServer(CONTENT, cut_after=step).attach(loopback)
    with pytest.raises(TransportError):
        await read_all(loopback_client, digest_of(CONTENT))
    assert len(loopback.seen) == MAX_RETRIES + 1
    assert len(waits) == MAX_RETRIES
    assert waits[:6] == sorted(waits[:6])  # later waits are at most 8 seconds


async def test_a_server_without_ranges_sends_the_whole_a_bounded_number_of_times(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    content = os.urandom(20_000_000)
    blob_server = BlobServer(content, ranges=False)
    breaks = iter([5_000_000, 10_000_000, None])

    def answer(handler: Handler) -> None:
        blob_server.cut_after = next(breaks)
        blob_server.answer(handler)

    loopback.answer = answer
    assert await read_all(loopback_client, digest_of(content)) == content
    steps = count(1)

    def answer_more_each_time(handler: Handler) -> None:
        blob_server.cut_after = next(steps) * 1_000_000
        blob_server.answer(handler)

    loopback.answer = answer_more_each_time
    loopback.seen.clear()
    with pytest.raises(TransportError):
        await read_all(loopback_client, digest_of(content))
    assert len(loopback.seen) == MAX_RETRIES + 1


WRONG_RANGES = ["bytes 0-{2}/{3}", "bytes {0}-{1}/4000000", "", "missing", "bytes {0}-{0}/{3}", "bytes 5-1/{3}", "{0}-{1}"]


@pytest.mark.parametrize("content_range", WRONG_RANGES)
async def test_after_a_wrong_range_the_whole_blob_is_requested(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, content_range: str
) -> None:
    """A registry that answers each range wrongly must not make a download fail each time (openai/tart#1255)."""
    blob_server = BlobServer(CONTENT)
    blob_server.content_range = lambda first, last, size: content_range.format(first, last, last - first, size)
    cuts = iter([1_000_000])

    def answer(handler: Handler) -> None:
        blob_server.cut_after = next(cuts, None)
        blob_server.answer(handler)

    loopback.answer = answer
    assert await read_all(loopback_client, digest_of(CONTENT)) == CONTENT
    assert len(loopback.seen) == 3
    cuts, loopback.seen[:] = iter([1_000_000]), []
    await loopback_client.download_blob(digest_of(CONTENT), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["blob"]


async def test_a_download_whose_part_cannot_be_resumed_is_completed_by_the_next_call(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path
) -> None:
    blob_server = BlobServer(CONTENT, cut_after=1_000_000, content_range=lambda *_: "missing")
    blob_server.attach(loopback)
    with pytest.raises(TransportError):
        await loopback_client.download_blob(digest_of(CONTENT), tmp_path / "blob")
    blob_server.cut_after = None
    await loopback_client.download_blob(digest_of(CONTENT), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == CONTENT


async def test_shorter_ranges_than_requested_are_joined(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    blob_server = BlobServer(CONTENT, cut_after=1_000_000)
    blob_server.attach(loopback)

    def answer(handler: Handler) -> None:
        if len(loopback.seen) > 1:  # a valid range of at most 600,000 bytes, after the whole was interrupted
            first = int(loopback.seen[-1].headers["range"][6:-1])
            part = CONTENT[first : first + 600_000]
            handler.reply(206, part, Content_Range=f"bytes {first}-{first + len(part) - 1}/{SIZE}")
            return
        blob_server.answer(handler)

    loopback.answer = answer
    assert await read_all(loopback_client, digest_of(CONTENT)) == CONTENT
    assert len(loopback.seen) == 5


async def test_another_etag_fetches_the_whole_again(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    numbers = count()
    blob_server = BlobServer(CONTENT, cut_after=1_000_000, etag=lambda: f'"{next(numbers)}"')

    def answer(handler: Handler) -> None:
        blob_server.cut_after = 1_000_000 if not loopback.seen[1:] else None
        blob_server.answer(handler)

    loopback.answer = answer
    assert await read_all(loopback_client, digest_of(CONTENT)) == CONTENT
    assert loopback.seen[1].headers["if-range"] == '"0"'
    assert blob_server.served == SIZE + 1_000_000


async def test_another_blob_after_an_interruption_is_noticed(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    first, other = BlobServer(CONTENT, cut_after=1_000_000), BlobServer(os.urandom(SIZE))
    loopback.answer = lambda handler: (other if loopback.seen[1:] else first).answer(handler)
    with pytest.raises(DigestMismatchError):
        await read_all(loopback_client, digest_of(CONTENT))


@pytest.mark.parametrize("chunked", [True, False])
async def test_bytes_beyond_the_blob_are_never_returned(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, chunked: bool
) -> None:
    BlobServer(CONTENT, chunked=chunked, more=b"more").attach(loopback)
    got = b""
    async with loopback_client.create_blob_read_stream(descriptor(CONTENT)) as blob:
        with pytest.raises(DigestMismatchError):  # noqa: PT012 - the bytes before the exception count
            async for chunk in blob:
                got += chunk
        with pytest.raises(DigestMismatchError):
            await blob.read()
    assert len(got) < SIZE
    assert CONTENT.startswith(got)


async def test_an_endless_body_is_left_at_the_size_in_the_descriptor(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    blob_server = BlobServer(bytes(200_000_000), chunked=True)
    blob_server.attach(loopback)
    with pytest.raises(DigestMismatchError):
        await read_all(loopback_client, descriptor(CONTENT[:10], 100_000))
    assert loopback.client_closed.wait(5)
    assert blob_server.served < 100_000_000


@pytest.mark.parametrize("wrong", [-1, 1])
async def test_the_size_of_a_descriptor_is_checked(server: Server, client: AsyncRegistryClientV2, wrong: int) -> None:
    server.push(CONTENT)
    assert await read_all(client, descriptor(CONTENT)) == CONTENT
    with pytest.raises(DigestMismatchError) as caught:
        await read_all(client, descriptor(CONTENT, SIZE + wrong))
    assert caught.value.expected_size == SIZE + wrong


async def test_a_negative_size_sends_nothing(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    with pytest.raises(ParseError, match="size"):
        await read_all(loopback_client, descriptor(b"", -1))
    assert loopback.seen == []


async def test_a_blob_of_unknown_size_is_resumed(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    blob_server = BlobServer(CONTENT, chunked=True, cut_after=1_000_000)
    blob_server.attach(loopback)
    async with loopback_client.create_blob_read_stream(digest_of(CONTENT)) as blob:
        assert blob.size is None
        assert b"".join([chunk async for chunk in blob]) == CONTENT
        assert blob.size == SIZE
    assert len(loopback.seen) == 3


async def test_a_blob_of_unknown_size_that_was_complete_before_the_interruption(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    # All bytes arrived, but not the end of the chunked body: only the 416 shows that there are no more.
    def answer(handler: Handler) -> None:
        blob_server = BlobServer(CONTENT[:1000] + b"x", chunked=True, cut_after=1000)
        (blob_server if len(loopback.seen) == 1 else BlobServer(CONTENT[:1000])).answer(handler)

    loopback.answer = answer
    assert await read_all(loopback_client, digest_of(CONTENT[:1000])) == CONTENT[:1000]
    assert len(loopback.seen) == 2


async def test_an_interruption_after_the_last_byte_is_ignored(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, waits: list[float]
) -> None:
    BlobServer(CONTENT + b"x", chunked=True, cut_after=SIZE).attach(loopback)
    assert await read_all(loopback_client, descriptor(CONTENT)) == CONTENT
    assert (len(loopback.seen), waits) == (1, [])


async def test_a_slow_body_times_out_and_is_resumed(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT[:2000])
    server.add_read_fault(Slow(1))  # one byte per second
    async with client.create_blob_read_stream(digest, timeout=0.5) as blob:
        assert await blob.read() == CONTENT[:2000]
    assert any(one.header("range") == "bytes=1-" for one in server.reads)


async def test_an_error_status_after_an_interruption_is_raised(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(CONTENT)
    server.add_read_fault(Truncate(after=1_000_000))
    server.add_read_fault(Status(404), after=1, times=None)
    with pytest.raises(RegistryError, match="404"):
        await read_all(client, digest)
