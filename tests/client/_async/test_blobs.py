"""Streams of blobs: reads of any size, and verification before the last bytes are returned."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import DigestMismatchError, InvalidDigestError, NotFoundError, ParseError, TransportError
from tests.client.conftest import Server
from tests.core.wire.loopback import Handler, Loopback
from tests.support.connections import open_connections
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
CONTENT = os.urandom(300_000)
UNKNOWN = "sha256:" + "0" * 64


def answer(loopback: Loopback, content: bytes, *, promised: int | None = None, chunk: int = 10_000) -> None:
    """Answer with a blob, with the given Content-Length or chunked."""

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        if promised is None:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(promised))
        handler.end_headers()
        for at in range(0, len(content), chunk):
            part = content[at : at + chunk]
            handler.wfile.write(part if promised is not None else b"%x\r\n%s\r\n" % (len(part), part))
        if promised is None:
            handler.wfile.write(b"0\r\n\r\n")
        elif promised > len(content):
            handler.close_connection = True

    loopback.answer = reply


@pytest.mark.only_on("none", "docker-registry")
@pytest.mark.parametrize("size", [1, 7, 4096, 65_536, 299_999, 300_000, 300_001, -1])
async def test_reads_of_any_size_return_the_same_bytes(client: AsyncRegistryClientV2, size: int) -> None:
    content = CONTENT[:5000] if size == 1 else CONTENT
    digest = (await client.blob_upload(content)).digest
    async with client.create_blob_read_stream(digest) as blob:
        assert (blob.digest, blob.size) == (digest_of(content), len(content))
        assert await blob.read(0) == b""
        parts = []
        while part := await blob.read(size):
            parts.append(part)
        assert await blob.read() == b""
    assert b"".join(parts) == content
    if size > 0:
        assert {len(part) for part in parts[:-1]} <= {size}  # a read is short only at the end


async def test_iteration_and_reads_can_be_mixed(client: AsyncRegistryClientV2) -> None:
    digest = (await client.blob_upload(CONTENT)).digest
    async with client.create_blob_read_stream(digest) as blob:
        first = await blob.read(10)
        second = await blob.read_chunk()
        rest = [chunk async for chunk in blob]
    assert first + second + b"".join(rest) == CONTENT
    assert len(first) == 10
    assert all(rest)


async def test_an_empty_blob_is_read(client: AsyncRegistryClientV2) -> None:
    empty = await client.blob_upload(b"")
    assert (empty.digest, empty.size) == (digest_of(b""), 0)
    async with client.create_blob_read_stream(empty.digest) as blob:
        assert blob.size == 0
        assert await blob.read(5) == b""
        assert [chunk async for chunk in blob] == []
    assert (await client.head_blob(empty.digest)).size == 0


@pytest.mark.only_on("none", "basic", "token")  # docker-registry 2.8 links blobs by sha256 alone
async def test_a_blob_is_identified_by_sha512(client: AsyncRegistryClientV2, server: Server) -> None:
    digest = f"sha512:{hashlib.sha512(CONTENT).hexdigest()}"
    assert (await client.blob_upload(CONTENT, digest=digest)).digest == digest
    async with client.create_blob_read_stream(digest) as blob:
        assert await blob.read() == CONTENT
    assert (await client.head_blob(digest)).digest == digest


async def test_missing_blobs_are_not_found(client: AsyncRegistryClientV2) -> None:
    with pytest.raises(NotFoundError):
        async with client.create_blob_read_stream(UNKNOWN):
            pass
    with pytest.raises(NotFoundError):
        await client.head_blob(UNKNOWN)
    with pytest.raises(NotFoundError):
        await client.delete_blob(UNKNOWN)


async def test_a_blob_is_deleted(client: AsyncRegistryClientV2) -> None:
    digest = (await client.blob_upload(b"to be deleted")).digest
    head = await client.head_blob(digest)
    assert (head.digest, head.size) == (digest, 13)
    await client.delete_blob(digest)
    with pytest.raises(NotFoundError):
        await client.head_blob(digest)


async def test_invalid_digests_send_no_request(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    for digest in ("latest", "sha256:abc", f"blake3:{'0' * 64}"):
        with pytest.raises(InvalidDigestError):
            async with loopback_client.create_blob_read_stream(digest):
                pass
    for digest in ("latest", "sha256:abc"):
        with pytest.raises(InvalidDigestError):
            await loopback_client.head_blob(digest)
        with pytest.raises(InvalidDigestError):
            await loopback_client.delete_blob(digest)
    assert loopback.seen == []


@pytest.mark.parametrize("promised", [len(CONTENT), None])
@pytest.mark.parametrize("chunk", [10_000, 300_000])
async def test_the_last_bytes_of_a_wrong_blob_are_never_returned(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, promised: int | None, chunk: int
) -> None:
    answer(loopback, CONTENT, promised=promised, chunk=chunk)
    requested = digest_of(b"other")
    got = b""
    async with loopback_client.create_blob_read_stream(requested) as blob:
        with pytest.raises(DigestMismatchError) as caught:  # noqa: PT012 - the parts read before count
            async for part in blob:
                got += part
        with pytest.raises(DigestMismatchError):  # and again on each further read
            await blob.read()
    assert len(got) < len(CONTENT)
    assert (caught.value.expected, caught.value.actual) == (requested, digest_of(CONTENT))
    for size in (-1, len(CONTENT), len(CONTENT) + 1):
        async with loopback_client.create_blob_read_stream(requested) as blob:
            with pytest.raises(DigestMismatchError):
                await blob.read(size)


async def test_a_blob_of_unknown_size_is_read(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    for content in (CONTENT, b"x", b""):
        answer(loopback, content)
        async with loopback_client.create_blob_read_stream(digest_of(content)) as blob:
            assert blob.size is None
            assert b"".join([part async for part in blob]) == content
        async with loopback_client.create_blob_read_stream(digest_of(content)) as blob:
            assert await blob.read(3) + await blob.read() == content


async def test_a_cut_body_is_a_transport_error(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    answer(loopback, CONTENT[:100_000], promised=len(CONTENT))
    async with loopback_client.create_blob_read_stream(digest_of(CONTENT)) as blob:
        with pytest.raises(TransportError):
            await blob.read()


async def test_leaving_the_block_early_closes_the_connection(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    loopback.answer = endless
    async with loopback_client.create_blob_read_stream(UNKNOWN) as blob:
        assert len(await blob.read(100_000)) == 100_000
    assert loopback.client_closed.wait(5)
    assert open_connections(loopback_client) == 0


async def test_a_stream_is_not_read_outside_its_block(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    content = bytes(3_000_000)  # more than one read of the socket returns
    answer(loopback, content, promised=len(content))
    async with loopback_client.create_blob_read_stream(digest_of(content)) as blob:
        await blob.read(1)
    with pytest.raises((ValueError, TransportError)):
        await blob.read()


@pytest.mark.parametrize("exact", [True, False])
async def test_a_connection_is_reused_after_a_blob_was_read(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, exact: bool
) -> None:
    answer(loopback, CONTENT, promised=len(CONTENT))
    for _ in range(3):
        async with loopback_client.create_blob_read_stream(digest_of(CONTENT)) as blob:
            await blob.read(len(CONTENT) if exact else -1)
    assert open_connections(loopback_client) == 1
    assert not loopback.client_closed.is_set()


async def test_many_small_reads_take_linear_time(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    content = bytes(200_000)
    answer(loopback, content, promised=len(content), chunk=200_000)
    async with loopback_client.create_blob_read_stream(digest_of(content)) as blob:
        started = time.process_time()
        while await blob.read(2):
            pass
    assert time.process_time() - started < 1.5


async def test_head_blob_requires_a_size(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    def without_length(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()

    loopback.answer = without_length
    with pytest.raises(ParseError, match="Content-Length"):
        await loopback_client.head_blob(UNKNOWN)
