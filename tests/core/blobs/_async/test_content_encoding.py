"""Bodies of blobs with a Content-Encoding that was not requested: the blob by its digest, decoded or as sent; else an error."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import DigestMismatchError, ParseError, RegistryError, SizeLimitError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v2.models import Descriptor
from tests.core.blobs._async.helpers import read_all
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.conftest import MAX_RETRIES, REPO
from tests.core.blobs.helpers import descriptor, part_of
from tests.core.wire.loopback import Loopback
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
CONTENT = b"some text, " * 20_000 + os.urandom(100_000)


def raw_deflate(content: bytes) -> bytes:
    """Return the content as servers send it that leave out the header of zlib."""
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(content) + encoder.flush()


# The coding that is stated, and the encoded blob.
ENCODED = {
    "gzip": gzip.compress(CONTENT, mtime=0),
    "x-gzip": gzip.compress(CONTENT[:1000], mtime=0) + gzip.compress(CONTENT[1000:], mtime=0),
    "deflate": zlib.compress(CONTENT),
    "DEFLATE": raw_deflate(CONTENT),
    "deflate, gzip": gzip.compress(zlib.compress(CONTENT), mtime=0),
    "gzip, identity": gzip.compress(CONTENT, mtime=0),
}


@pytest.fixture(params=["own engine", "httpx"])
async def client(request: pytest.FixtureRequest, loopback: Loopback) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of `loopback`, with each of the HTTP engines."""
    if request.param == "httpx":
        async with (
            httpx.AsyncClient(trust_env=False) as http,
            AsyncRegistryClientV2(
                f"{loopback.url}/{REPO}", max_retries=MAX_RETRIES, transport=AsyncHttpxTransport(http)
            ) as connected,
        ):
            yield connected
    else:
        async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", max_retries=MAX_RETRIES) as connected:
            yield connected


async def check_all(client: AsyncRegistryClientV2, blob: str | Descriptor, folder: Path, content: bytes = CONTENT) -> None:
    """Read the blob as a stream and download it, and compare the bytes."""
    assert await read_all(client, blob) == content
    await client.download_blob(blob, folder / "file")
    assert (folder / "file").read_bytes() == content
    assert sorted(path.name for path in folder.iterdir()) == ["file"]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("coding", ENCODED)
async def test_decoded_bytes_with_the_digest_are_the_blob(
    client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, coding: str, known: bool, chunked: bool
) -> None:
    BlobServer(ENCODED[coding], coding=coding, chunked=chunked).attach(loopback)
    await check_all(client, descriptor(CONTENT) if known else digest_of(CONTENT), tmp_path)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br", "*"])
async def test_bytes_as_sent_with_the_digest_are_the_blob(
    client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, coding: str, known: bool, chunked: bool
) -> None:
    layer = ENCODED["gzip"]  # a layer is often a file in gzip itself
    BlobServer(layer, coding=coding, chunked=chunked).attach(loopback)
    await check_all(client, descriptor(layer) if known else digest_of(layer), tmp_path, layer)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"another blob", mtime=0)),
        ("gzip", b"no gzip at all"),
        ("gzip", ENCODED["gzip"][:-100]),
        ("deflate", b"\xffno deflate"),
        ("br", b"unknown"),
        ("gzip, gzip, gzip, gzip", ENCODED["gzip"]),
        ("gzip", CONTENT[:-1] + b"x"),
    ],
)
async def test_other_bytes_are_an_error_that_names_the_coding(
    client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, coding: str, body: bytes, known: bool, chunked: bool
) -> None:
    BlobServer(body, coding=coding, chunked=chunked).attach(loopback)
    blob = descriptor(CONTENT) if known else digest_of(CONTENT)
    with pytest.raises((DigestMismatchError, ParseError), match=coding):
        await read_all(client, blob)
    with pytest.raises((DigestMismatchError, ParseError), match=coding):
        await client.download_blob(blob, tmp_path / "file")
    assert not (tmp_path / "file").exists()
    assert len(loopback.seen) <= 3


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_decodes_to_too_much_is_stopped(
    client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, chunked: bool
) -> None:
    bomb = gzip.compress(bytes(50_000_000), 1)
    BlobServer(bomb, coding="gzip", chunked=chunked).attach(loopback)
    blob = descriptor(b"x" * 900_000)
    with pytest.raises(RegistryError, match="decodes to more than 900000 bytes"):
        await read_all(client, blob)
    with pytest.raises(RegistryError, match="decodes to more than 900000 bytes"):
        await client.download_blob(blob, tmp_path / "file")
    part = part_of(tmp_path / "file")
    assert not part.exists() or part.stat().st_size <= 900_000
    with pytest.raises(SizeLimitError):
        await client.download_blob(digest_of(b"x"), tmp_path / "other", max_size=900_000)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("ranges", [False, True])
async def test_an_interrupted_encoded_body_is_requested_as_a_whole(
    client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, known: bool, ranges: bool
) -> None:
    server = BlobServer(ENCODED["gzip"], coding="gzip", ranges=ranges, cut_after=70_000, etag=lambda: '"e"')

    def answer(handler: object) -> None:
        server.cut_after = 70_000 if len(loopback.seen) % 3 else None  # the third response is complete
        server.answer(handler)  # type: ignore[arg-type]

    loopback.answer = answer
    await check_all(client, descriptor(CONTENT) if known else digest_of(CONTENT), tmp_path)
    assert all("range" not in one.headers for one in loopback.seen)


@pytest.mark.parametrize("ranges", [False, True])
async def test_a_part_file_is_resumed_with_decoded_bytes(
    client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path, ranges: bool
) -> None:
    BlobServer(ENCODED["gzip"], coding="gzip", ranges=ranges).attach(loopback)
    part_of(tmp_path / "file").write_bytes(CONTENT[:150_000])
    part_of(tmp_path / "file").chmod(0o600)
    await client.download_blob(descriptor(CONTENT), tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


async def test_a_part_file_is_resumed_by_a_range_if_only_the_header_is_wrong(
    client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path
) -> None:
    server = BlobServer(CONTENT, coding="gzip")
    server.attach(loopback)
    part_of(tmp_path / "file").write_bytes(CONTENT[:150_000])
    part_of(tmp_path / "file").chmod(0o600)
    await client.download_blob(descriptor(CONTENT), tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.served == len(CONTENT) - 150_000


async def test_blob_files_read_decoded_bytes_or_raise(client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    for body in (ENCODED["gzip"], CONTENT):
        BlobServer(body, coding="gzip").attach(loopback)
        async with await client.open_blob(descriptor(CONTENT)) as file:
            await file.seek(200_000)
            assert await file.read(100) == CONTENT[200_000:200_100]
    BlobServer(ENCODED["gzip"], coding="gzip").attach(loopback)
    with pytest.raises(ParseError, match="gzip"):
        await client.head_blob(digest_of(CONTENT))


async def test_a_copied_blob_is_the_decoded_one(client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    BlobServer(ENCODED["gzip"], coding="gzip").attach(loopback)
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a") as target:
            async with client.create_blob_read_stream(descriptor(CONTENT)) as stream:
                stored = await target.blob_upload(stream, digest=digest_of(CONTENT), size=len(CONTENT))
            assert await read_blob(target, stored.digest) == CONTENT
