"""Ranges of a blob from the embedded registry, as bytes and as streams, sync and async."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk.errors import RangeNotSatisfiableError
from docker_registry_sdk.v2.api import create_blob_read_stream, head_blob
from docker_registry_sdk.v2.models import ErrorCode
from tests.interop.test_push_and_pull import upload
from tests.support.images import digest_of

pytestmark = pytest.mark.only_on("embedded")

CONTENT = bytes(range(256)) * 4096
DIGEST = digest_of(CONTENT)
SIZE = len(CONTENT)
PARTS = [
    ("bytes=0-0", 0, 1),
    ("bytes=100-", 100, SIZE),
    ("bytes=-100", SIZE - 100, SIZE),
    (f"bytes=-{SIZE * 2}", 0, SIZE),
    (f"bytes=5-{SIZE * 2}", 5, SIZE),
    ("bytes=300000-900000", 300_000, 900_001),
    ("bytes=0-9,10-19", 0, 20),
    ("BYTES=1-2", 1, 3),
]


@pytest.mark.parametrize(("byte_range", "first", "end"), PARTS)
def test_a_range_returns_a_part(http: httpx.Client, repo: str, byte_range: str, first: int, end: int) -> None:
    upload(http, repo, CONTENT)
    part = create_blob_read_stream.sync(http, repo, DIGEST, byte_range=byte_range)
    assert isinstance(part, create_blob_read_stream.CreateBlobReadStreamPartialContent)
    assert part.body == CONTENT[first:end]
    assert (part.content_range, part.content_length) == (f"bytes {first}-{end - 1}/{SIZE}", end - first)
    with create_blob_read_stream.stream(http, repo, DIGEST, byte_range=byte_range) as streamed:
        assert isinstance(streamed, create_blob_read_stream.CreateBlobReadStreamPartialContent)
        assert b"".join(streamed.body) == CONTENT[first:end]


@pytest.mark.anyio
@pytest.mark.parametrize(("byte_range", "first", "end"), PARTS)
async def test_a_range_returns_a_part_async(
    async_http: httpx.AsyncClient, http: httpx.Client, repo: str, byte_range: str, first: int, end: int
) -> None:
    upload(http, repo, CONTENT)
    async with create_blob_read_stream.asyncio_stream(async_http, repo, DIGEST, byte_range=byte_range) as part:
        assert isinstance(part, create_blob_read_stream.CreateBlobReadStreamPartialContent)
        assert part.content_range == f"bytes {first}-{end - 1}/{SIZE}"
        assert b"".join([piece async for piece in part.body]) == CONTENT[first:end]


@pytest.mark.parametrize("byte_range", [f"bytes={SIZE}-", f"bytes={SIZE * 2}-{SIZE * 3}", "bytes=3-1", "bytes=-0", "bytes=x"])
def test_an_unsatisfiable_range(http: httpx.Client, repo: str, byte_range: str) -> None:
    upload(http, repo, CONTENT)
    with pytest.raises(RangeNotSatisfiableError) as caught:
        create_blob_read_stream.sync(http, repo, DIGEST, byte_range=byte_range)
    assert caught.value.codes == (ErrorCode.RANGE_INVALID,)
    assert caught.value.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.anyio
async def test_an_unsatisfiable_range_async(async_http: httpx.AsyncClient, http: httpx.Client, repo: str) -> None:
    upload(http, repo, CONTENT)
    with pytest.raises(RangeNotSatisfiableError):
        async with create_blob_read_stream.asyncio_stream(async_http, repo, DIGEST, byte_range=f"bytes={SIZE}-"):
            pass


def test_an_ignored_range_returns_the_whole_blob(http: httpx.Client, repo: str) -> None:
    upload(http, repo, CONTENT)
    head = head_blob.sync(http, repo, DIGEST)
    assert (head.accept_ranges, head.content_length) == ("bytes", SIZE)
    assert head.etag is not None
    for condition, kind in [
        (head.etag, create_blob_read_stream.CreateBlobReadStreamPartialContent),
        ('"another"', create_blob_read_stream.CreateBlobReadStreamOk),
    ]:
        answer = create_blob_read_stream.sync(http, repo, DIGEST, byte_range="bytes=0-9", if_range=condition)
        assert type(answer) is kind
    other_unit = create_blob_read_stream.sync(http, repo, DIGEST, byte_range="lines=0-9")
    assert isinstance(other_unit, create_blob_read_stream.CreateBlobReadStreamOk)
    assert other_unit.body == CONTENT


@pytest.mark.deviation("an answer to several ranges is multipart/byteranges, which is not described")
def test_several_ranges_return_a_multipart_body_verbatim(http: httpx.Client, repo: str) -> None:
    upload(http, repo, CONTENT)
    parts = create_blob_read_stream.sync(http, repo, DIGEST, byte_range="bytes=0-1,10-11")
    assert isinstance(parts, create_blob_read_stream.CreateBlobReadStreamPartialContent)
    assert (parts.media_type, parts.content_range) == ("multipart/byteranges", None)
    assert parts.body.count(b"Content-Range: bytes ") == 2
