"""Uploads of whole blobs: from every kind of source, verified, not sent twice, and cancelled when they fail."""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import DigestMismatchError, InvalidDigestError, NotFoundError, RegistryError, StatusError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.client._async.conftest import AsyncConnect
from tests.client.conftest import Server, StartRegistry, cancelled, options_of
from tests.core.wire.loopback import Handler, Loopback
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
CONTENT = os.urandom(700_000)
DIGEST = digest_of(CONTENT)
OTHER = digest_of(b"other")


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 50_000):
        yield content[at : at + 50_000]


def blocks(content: bytes) -> Iterator[bytes]:
    return iter([content[at : at + 50_000] for at in range(0, len(content), 50_000)])


class Pipe(io.RawIOBase):
    """A file that cannot seek."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._inner.readinto(buffer)


def at_offset(path: Path) -> Any:
    longer = path.with_name("longer")
    longer.write_bytes(b"before" + path.read_bytes())
    file = longer.open("rb")
    file.seek(6)
    return file


def temporary(path: Path) -> Any:
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - the test closes it
    file.write(path.read_bytes())
    file.seek(0)
    return file


SOURCES: dict[str, Callable[[Path], Any]] = {
    "bytes": lambda path: path.read_bytes(),
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memoryview": lambda path: memoryview(path.read_bytes()),
    "path": lambda path: path,
    "file": lambda path: path.open("rb"),
    "file at an offset": at_offset,
    "BytesIO": lambda path: io.BytesIO(path.read_bytes()),
    "temporary file": temporary,
    "pipe": lambda path: Pipe(path.read_bytes()),
    "list": lambda path: list(blocks(path.read_bytes())),
    "iterator": lambda path: blocks(path.read_bytes()),
    "generator": lambda path: pieces(path.read_bytes()),
}


def sent(registry: EmbeddedRegistry) -> list[str]:
    return [record.method for record in registry.requests if "/blobs/" in record.path]


@pytest.mark.only_on("token", "docker-registry")
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("source", SOURCES)
async def test_every_source_uploads_the_same_bytes(
    client: AsyncRegistryClientV2, source: str, known: bool, tmp_path: Path
) -> None:
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    given = SOURCES[source](path)
    with closing(given) if hasattr(given, "close") else nullcontext():
        options: dict[str, Any] = {"digest": DIGEST, "size": len(CONTENT)} if known else {}
        blob = await client.blob_upload(given, **options)
        assert (blob.digest, blob.size, blob.media_type) == (DIGEST, len(CONTENT), "application/octet-stream")
        assert await read_blob(client, DIGEST) == CONTENT


@pytest.mark.parametrize("given", [{"digest": DIGEST}, {"size": len(CONTENT)}])
async def test_an_iterator_is_uploaded_with_only_its_digest_or_its_size(
    client: AsyncRegistryClientV2, given: dict[str, Any]
) -> None:
    blob = await client.blob_upload(blocks(CONTENT), **given)
    assert (blob.digest, blob.size) == (DIGEST, len(CONTENT))


@pytest.mark.parametrize("source", [b"", iter(()), [b"", b""]])
async def test_an_empty_blob_is_uploaded(client: AsyncRegistryClientV2, source: Any) -> None:
    blob = await client.blob_upload(source)
    assert (blob.digest, blob.size) == (digest_of(b""), 0)


async def test_an_mmap_is_uploaded(client: AsyncRegistryClientV2, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(CONTENT)
    with (tmp_path / "blob").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert (await client.blob_upload(mapped)).digest == DIGEST


async def test_an_existing_blob_is_not_sent_again(start_registry: StartRegistry, connect_to: AsyncConnect) -> None:
    registry = start_registry()
    client = await connect_to(registry.url)
    await client.blob_upload(CONTENT)
    for given in (CONTENT, io.BytesIO(CONTENT)):
        assert (await client.blob_upload(given)).size == len(CONTENT)
    assert (await client.blob_upload(blocks(CONTENT), digest=DIGEST)).size == len(CONTENT)
    for _ in range(200):
        if len(sent(registry)) >= 6:  # a response without a body may arrive before it is logged
            break
        time.sleep(0.01)
    assert sorted(sent(registry)) == [*["HEAD"] * 4, "POST", "PUT"]


async def test_a_source_known_to_be_wrong_sends_no_request(
    start_registry: StartRegistry, connect_to: AsyncConnect, tmp_path: Path
) -> None:
    registry = start_registry()
    client = await connect_to(registry.url)
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    for given in (CONTENT, io.BytesIO(CONTENT), path):
        wrongs: list[dict[str, Any]] = [{"digest": OTHER}, {"size": 5}, {"digest": DIGEST, "size": 5}]
        for wrong in wrongs:
            with pytest.raises(DigestMismatchError):
                await client.blob_upload(given, **wrong)
    with pytest.raises(InvalidDigestError):
        await client.blob_upload(CONTENT, digest="sha256:abc")
    with pytest.raises(InvalidDigestError):
        await client.blob_upload(CONTENT, digest=f"blake3:{'0' * 64}")
    for source in ("text", 7, None, io.StringIO("text")):
        with pytest.raises(TypeError):
            await client.blob_upload(source)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="absent"):
        await client.blob_upload(tmp_path / "absent")
    assert len(registry.requests) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"digest": OTHER},
        {"digest": OTHER, "size": len(CONTENT)},
        {"size": len(CONTENT) - 1},
        {"size": len(CONTENT) + 1},
        {"size": 0},
        {"digest": DIGEST, "size": len(CONTENT) - 1},
        {"digest": DIGEST, "size": len(CONTENT) + 1},
    ],
)
async def test_a_source_found_to_be_wrong_cancels_the_upload(
    start_registry: StartRegistry, connect_to: AsyncConnect, wrong: dict[str, Any]
) -> None:
    registry = start_registry(auth="token")
    client = await connect_to(registry.url, **options_of(registry))
    with pytest.raises(DigestMismatchError) as caught:
        await client.blob_upload(blocks(CONTENT), **wrong)
    if "size" in wrong:
        assert caught.value.expected_size == wrong["size"]
    assert cancelled(registry)
    for digest in (DIGEST, OTHER):
        with pytest.raises(NotFoundError):
            await client.head_blob(digest)


class SourceError(Exception):
    pass


def failing() -> Iterator[bytes]:
    yield CONTENT[:100_000]
    raise SourceError("the disk is gone")


@pytest.mark.parametrize("given", [{}, {"size": len(CONTENT)}, {"digest": DIGEST}, {"digest": DIGEST, "size": len(CONTENT)}])
async def test_a_source_that_fails_cancels_the_upload(
    start_registry: StartRegistry, connect_to: AsyncConnect, given: dict[str, Any]
) -> None:
    registry = start_registry(auth="token")
    client = await connect_to(registry.url, **options_of(registry))
    with pytest.raises(SourceError):
        await client.blob_upload(failing(), **given)
    assert cancelled(registry)
    assert (await client.blob_upload(b"still works")).size == 11


async def test_a_registry_that_fails_cancels_the_upload(connect_to: AsyncConnect, loopback: Loopback) -> None:
    def reply(handler: Handler) -> None:
        if handler.command == "HEAD":
            handler.reply(404)
        elif handler.command == "POST":
            handler.reply(202, Location="/upload/first?secret=1")
        elif handler.command == "PATCH":
            handler.reply(202, Location="/upload/second", Range=f"0-{len(CONTENT) - 1}")
        elif handler.command == "PUT":
            handler.reply(400, b'{"errors": [{"code": "DIGEST_INVALID"}]}', Content_Type="application/json")
        else:
            handler.reply(500)

    loopback.answer = reply
    client = await connect_to(loopback.url, max_retries=0)
    for given, location in ((CONTENT, "/upload/first?secret=1"), (blocks(CONTENT), "/upload/second")):
        loopback.seen.clear()
        with pytest.raises(StatusError) as caught:  # not the error of the failed cancellation
            await client.blob_upload(given)
        assert caught.value.codes == ("DIGEST_INVALID",)
        assert loopback.seen[-1].line.startswith("DELETE ")
        assert loopback.seen[-1].target == location


async def test_a_201_to_the_start_of_an_upload_is_an_error(connect_to: AsyncConnect, loopback: Loopback) -> None:
    loopback.answer = lambda handler: handler.reply(404 if handler.command == "HEAD" else 201, Location="/v2/x")
    client = await connect_to(loopback.url)
    with pytest.raises(RegistryError, match="201"):
        await client.blob_upload(CONTENT)


@pytest.mark.only_on("none", "basic", "token")
async def test_a_blob_is_uploaded_by_sha512(client: AsyncRegistryClientV2, server: Server) -> None:
    digest = f"sha512:{hashlib.sha512(CONTENT).hexdigest()}"
    for given in (CONTENT, blocks(CONTENT)):
        assert (await client.blob_upload(given, digest=digest)).digest == digest
