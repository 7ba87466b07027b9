"""Endless bodies, and small bodies that decompress to large ones."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import (
    AuthError,
    NotFoundError,
    RegistryError,
    ResponseError,
    SizeLimitError,
    StatusError,
    TransportError,
)
from docker_registry_sdk.v2.models import Descriptor
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at
from tests.support._async.blobs import read_blob
from tests.support.images import OCI_MANIFEST, digest_of, make_image

pytestmark = pytest.mark.anyio

MEBIBYTE = 1024 * 1024


@cache
def bomb() -> bytes:
    """Return 100 MiB of blanks, compressed, made when first needed."""
    return gzip.compress(b" " * (100 * MEBIBYTE))


def endless(handler: Handler, status: int, sent: list[int], **headers: str) -> None:
    """Send an endless body until the client closes the connection or has read far too much."""
    handler.send_response(status)
    for name, value in {"Content_Type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    block = b" " * 65536
    while sum(sent) < 64 * MEBIBYTE:
        handler.wfile.write(block)
        sent.append(len(block))


@contextmanager
def no_more_than(limit: int) -> Iterator[None]:
    """Check that the memory in use does not grow beyond the limit."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("call", "media_type", "limit"),
    [
        (lambda client: client.get_manifest("latest"), OCI_MANIFEST, 4),
        (lambda client: client.list_tags(), "application/json", 16),
        (lambda client: client.ping(), "application/json", 16),
    ],
    ids=["get_manifest", "list_tags", "ping"],
)
async def test_an_endless_success_is_an_error(
    registry: Loopback, call: Callable[[AsyncRegistryClientV2], Any], media_type: str, limit: int
) -> None:
    sent: list[int] = []
    registry.answer = lambda handler: endless(handler, 200, sent, Content_Type=media_type)
    async with client_of(registry) as client:
        with pytest.raises(ResponseError, match="longer than"):
            await call(client)
    assert limit * MEBIBYTE <= sum(sent) < (limit + 12) * MEBIBYTE


async def test_an_endless_chunked_success_is_an_error_despite_its_content_length(registry: Loopback) -> None:
    """RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length, so a small Content-Length does not limit the body."""
    sent: list[int] = []

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "5")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.close_connection = True
        while sum(sent) < 64 * MEBIBYTE:
            handler.wfile.write(b"10000\r\n%s\r\n" % (b" " * 65536))
            sent.append(65536)

    registry.answer = answer
    async with client_of(registry) as client:
        with pytest.raises(ResponseError, match="longer than"):
            await client.list_tags()
    assert 16 * MEBIBYTE <= sum(sent) < 28 * MEBIBYTE


async def test_a_manifest_with_a_content_length_above_the_limit_is_an_error(registry: Loopback) -> None:
    body = b" " * (4 * MEBIBYTE + 1)
    registry.answer = lambda handler: handler.reply(200, body, Content_Type=OCI_MANIFEST)
    async with client_of(registry) as client:
        with pytest.raises(ResponseError, match="longer than the limit of 4194304 bytes"):
            await client.get_manifest("latest")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_an_endless_error_body_raises_the_error_of_its_status(registry: Loopback, status: int) -> None:
    sent: list[int] = []
    registry.answer = lambda handler: endless(handler, status, sent)
    async with client_of(registry) as client:
        with pytest.raises(StatusError) as caught:
            await client.list_tags()
    assert caught.value.status == status
    assert sum(sent) < 16 * MEBIBYTE
    assert len(caught.value.raw) <= 65536


def token_service(registry: Loopback, answer: Callable[[Handler], None]) -> None:
    """Let the registry's token service answer with this body."""
    realm = f"{at(registry, 'registry.example.com')}/token"

    def respond(handler: Handler) -> None:
        if handler.path.startswith("/token"):
            answer(handler)
        else:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}"')

    registry.answer = respond


@pytest.mark.parametrize(("status", "expected"), [(200, ResponseError), (401, AuthError), (500, StatusError)])
async def test_an_endless_token_is_an_error(registry: Loopback, status: int, expected: type[RegistryError]) -> None:
    sent: list[int] = []
    token_service(registry, lambda handler: endless(handler, status, sent))
    async with client_of(registry) as client:
        with pytest.raises(expected):
            await client.list_tags()
    assert sum(sent) < 16 * MEBIBYTE


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("status", [200, 401, 404])
@pytest.mark.parametrize("of_the_token_service", [True, False])
async def test_a_gzip_bomb_is_not_decompressed(registry: Loopback, coding: str, status: int, of_the_token_service: bool) -> None:
    body = bomb()

    def answer(handler: Handler) -> None:
        handler.reply(status, body, Content_Encoding=coding, Content_Type="application/json")

    registry.answer = answer
    if of_the_token_service:
        token_service(registry, answer)
    async with client_of(registry) as client:
        with no_more_than(50 * MEBIBYTE), pytest.raises(RegistryError):
            await client.list_tags()


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "x" * 1000])
async def test_an_unrequested_content_coding_is_an_error(registry: Loopback, coding: str) -> None:
    body = gzip.compress(make_image().oci)
    registry.answer = lambda handler: handler.reply(200, body, Content_Encoding=coding, Content_Type=OCI_MANIFEST)
    async with client_of(registry) as client:
        with pytest.raises(RegistryError) as caught:
            await client.get_manifest("latest")
    assert len(str(caught.value)) < 500


def raw_deflate(plain: bytes) -> bytes:
    """Return bytes in the format of deflate without the header of zlib."""
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(plain) + encoder.flush()


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        (" GZIP ", gzip.compress),
        ("gzip", lambda plain: gzip.compress(plain[:9]) + gzip.compress(plain[9:]) + b"\0\0"),
        ("gzip", zlib.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate", gzip.compress),
        ("gzip, gzip", lambda plain: gzip.compress(gzip.compress(plain))),
        ("deflate,x-gzip", lambda plain: gzip.compress(zlib.compress(plain))),
        ("identity", bytes),
        ("identity, gzip", gzip.compress),
        ("gzip,identity", gzip.compress),
        ("aws-chunked,gzip", gzip.compress),
        ("aws-chunked", bytes),
    ],
)
@pytest.mark.parametrize("kind", ["list", "manifest", "token", "error"])
async def test_an_encoded_document_is_decoded(
    registry: Loopback, coding: str, encode: Callable[[bytes], bytes], kind: str
) -> None:
    manifest = make_image().oci
    documents = {
        "list": (b'{"name": "a", "tags": ["1", "2"]}', "application/json"),
        "manifest": (manifest, OCI_MANIFEST),
        "token": (b'{"token": "abc"}', "application/json"),
        "error": (b'{"errors": [{"code": "NAME_UNKNOWN"}]}', "application/json"),
    }

    def answer(handler: Handler) -> None:
        if kind == "token" and not handler.path.startswith("/token"):
            if handler.headers["Authorization"] == "Bearer abc":
                handler.reply(200, documents["list"][0])
            else:
                handler.reply(401, WWW_Authenticate='Bearer realm="/token"')
            return
        plain, media_type = documents[kind]
        status = 404 if kind == "error" else 200
        handler.reply(status, encode(plain), Content_Encoding=coding, Content_Type=media_type)

    registry.answer = answer
    async with client_of(registry) as client:
        if kind == "manifest":
            assert (await client.get_manifest("latest")).raw == manifest
        elif kind == "error":
            with pytest.raises(NotFoundError, match="NAME_UNKNOWN"):
                await client.list_tags()
        else:
            assert await client.list_tags() == ["1", "2"]


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
async def test_a_document_of_empty_members_ends_early(registry: Loopback, coding: str) -> None:
    body = gzip.compress(b"") * 100_000
    if coding == "gzip, gzip":
        body = gzip.compress(body)
    registry.answer = lambda handler: handler.reply(200, body, Content_Encoding=coding, Content_Type="application/json")
    async with client_of(registry) as client:
        with pytest.raises(TransportError, match=r"Content-Encoding: gzip, .* without Content-Encoding"):
            await client.list_tags()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, br"])
async def test_json_that_is_not_encoded_is_read_whatever_the_header_says(registry: Loopback, coding: str) -> None:
    plain = b' {"name": "a", "tags": ["1", "2"]}'
    registry.answer = lambda handler: handler.reply(200, plain, Content_Encoding=coding, Content_Type="application/json")
    async with client_of(registry) as client:
        assert await client.list_tags() == ["1", "2"]


@pytest.mark.parametrize("cut", [1, 10, 25])
async def test_a_cut_gzipped_body_is_an_error(registry: Loopback, cut: int) -> None:
    coded = gzip.compress(b'{"name": "a", "tags": ["1", "2"]}')[:-cut]
    registry.answer = lambda handler: handler.reply(200, coded, Content_Encoding="gzip", Content_Type="application/json")
    async with client_of(registry) as client:
        with pytest.raises(RegistryError):
            await client.list_tags()


async def read_stream(client: AsyncRegistryClientV2, digest: str, max_size: int) -> None:
    """Read a blob as a stream."""
    async with client.create_blob_read_stream(digest, max_size=max_size) as stream:
        async for _ in stream:
            pass


@pytest.mark.parametrize("states_length", [True, False])
async def test_a_blob_without_a_known_size_ends_at_the_limit_of_the_caller(
    registry: Loopback, tmp_path: Path, states_length: bool
) -> None:
    sent: list[int] = []
    headers = {"Content_Length": str(64 * MEBIBYTE)} if states_length else {}
    registry.answer = lambda handler: endless(handler, 200, sent, **headers)
    digest = "sha256:" + "0" * 64
    async with client_of(registry) as client:
        with pytest.raises(SizeLimitError) as caught:
            await client.download_blob(digest, tmp_path / "blob", max_size=3 * MEBIBYTE)
        assert (caught.value.digest, caught.value.max_size) == (digest, 3 * MEBIBYTE)
        with pytest.raises(SizeLimitError):
            await client.read_blob(digest, max_size=0)
        with pytest.raises(SizeLimitError):
            await read_stream(client, digest, max_size=MEBIBYTE)
        asked = len(registry.seen)
        with pytest.raises(SizeLimitError):
            await client.download_blob(
                Descriptor(media_type="x/y", digest=digest, size=MEBIBYTE + 1), tmp_path / "blob", max_size=MEBIBYTE
            )
        with pytest.raises(ValueError, match="max_size is -1"):
            await client.read_blob(digest, max_size=-1)
    assert len(registry.seen) == asked
    assert list(tmp_path.iterdir()) == []


async def test_a_blob_of_exactly_the_limit_is_downloaded(registry: Loopback, tmp_path: Path) -> None:
    registry.answer = lambda handler: handler.reply(200, b"good")
    async with client_of(registry) as client:
        assert await client.read_blob(digest_of(b"good"), max_size=4) == b"good"
        assert (await client.download_blob(digest_of(b"good"), tmp_path / "blob", max_size=4)).size == 4


async def test_a_part_file_beyond_the_limit_is_deleted(registry: Loopback, tmp_path: Path) -> None:
    (tmp_path / "blob.part").write_bytes(b"x" * 10)
    (tmp_path / "blob.part").chmod(0o600)
    registry.answer = lambda handler: handler.reply(200, b"x" * 20)
    async with client_of(registry) as client:
        with pytest.raises(SizeLimitError):
            await client.download_blob(digest_of(b"x" * 20), tmp_path / "blob", max_size=9)
    assert list(tmp_path.iterdir()) == []


async def test_a_stream_is_not_kept_in_memory_although_the_registry_requires_large_chunks(registry: Loopback) -> None:
    taken = 0

    async def source() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(300):
            taken += 1
            yield bytes(MEBIBYTE)

    def answer(handler: Handler) -> None:
        if handler.command == "POST":
            handler.reply(202, Location="/v2/a/blobs/uploads/1", OCI_Chunk_Min_Length=str(10**18))
        else:
            handler.reply(500, Connection="close")
            handler.close_connection = True

    registry.answer = answer
    async with client_of(registry) as client:
        with pytest.raises(RegistryError):
            await client.blob_upload(source())
    assert 0 < taken <= 66


async def test_cookies_of_a_registry_are_not_kept(registry: Loopback) -> None:
    registry.answer = lambda handler: handler.reply(200, b"x", Set_Cookie="a=b")
    async with client_of(registry) as client:
        await client.ping()
        assert await read_blob(client, digest_of(b"x")) == b"x"
        pipeline: Any = client._pipeline
        assert not pipeline._http.cookies
