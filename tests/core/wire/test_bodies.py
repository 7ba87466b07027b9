"""Request bodies: accepted types, lengths, and verbatim transfer."""

from __future__ import annotations

import array
import gc
import io
import mmap
import os
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from docker_registry_sdk._core.wire.bodies import BLOCK, body_length
from docker_registry_sdk.errors import TransportError
from docker_registry_sdk.v2.api import complete_blob_upload, put_manifest, start_blob_upload
from tests.core.wire.loopback import Loopback

CONTENT = bytes(range(256)) * 2100  # more than two blocks
URL = "/v2/a/blobs/uploads/1"


def file_at_an_offset(folder: Path) -> io.BufferedReader:
    """Return a file that is open at offset 7."""
    path = folder / "content"
    path.write_bytes(b"skipped" + CONTENT)
    file = path.open("rb")
    file.seek(7)
    return file


def blocks() -> Iterator[bytes]:
    """Yield the content in blocks of different sizes, one of them empty."""
    yield CONTENT[:1]
    yield b""
    yield CONTENT[1:1000]
    yield CONTENT[1000:]


async def async_blocks() -> AsyncIterator[bytes]:
    """Yield the content in blocks of different sizes, one of them empty."""
    for block in blocks():
        yield block


class Unseekable(io.RawIOBase):
    """A file that can be read but not seeked, such as the file of a socket."""

    def __init__(self) -> None:
        self._source = io.BytesIO(CONTENT)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to 1000 bytes."""
        return self._source.readinto(memoryview(buffer)[:1000])


class SeekWithoutResult:
    """A file whose `seek` returns nothing, like that of `mmap` before Python 3.13."""

    def __init__(self) -> None:
        self._source = io.BytesIO(CONTENT)

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes."""
        return self._source.read(size)

    def tell(self) -> int:
        """Return the position."""
        return self._source.tell()

    def seek(self, offset: int, whence: int = 0, /) -> None:
        """Change the position."""
        self._source.seek(offset, whence)


def mapped(folder: Path) -> mmap.mmap:
    """Return a file mapped into memory."""
    path = folder / "mapped"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


# For each body: a function that creates it, and whether its length is sent as Content-Length.
SYNC_BODIES: dict[str, tuple[Callable[[Path], Any], bool]] = {
    "bytes": (lambda _: CONTENT, True),
    "bytearray": (lambda _: bytearray(CONTENT), True),
    "memoryview": (lambda _: memoryview(CONTENT), True),
    "memoryview of numbers": (lambda _: memoryview(array.array("I", CONTENT)), True),
    "BytesIO": (lambda _: io.BytesIO(CONTENT), True),
    "file at an offset": (file_at_an_offset, True),
    "unseekable file": (lambda _: Unseekable(), False),
    "file whose seek returns nothing": (lambda _: SeekWithoutResult(), False),
    "mmap": (mapped, False),
    "list": (lambda _: [CONTENT[:5], b"", CONTENT[5:]], False),
    "list of bytearrays and memoryviews": (lambda _: [bytearray(CONTENT[:5]), memoryview(CONTENT[5:])], False),
    "list with a memoryview of numbers": (lambda _: [memoryview(array.array("I", CONTENT))], False),
    "generator": (lambda _: blocks(), False),
    "httpx stream": (lambda _: httpx.ByteStream(CONTENT), False),
}


@pytest.mark.parametrize("name", SYNC_BODIES)
def test_body_is_sent_verbatim(loopback: Loopback, http: httpx.Client, tmp_path: Path, name: str) -> None:
    make, sized = SYNC_BODIES[name]
    body = make(tmp_path)
    complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=body)
    check(loopback, CONTENT, sized, name)
    if isinstance(body, io.IOBase):
        assert not body.closed
        body.close()


@pytest.mark.anyio
@pytest.mark.parametrize("name", SYNC_BODIES)
async def test_body_is_sent_verbatim_async(loopback: Loopback, async_http: httpx.AsyncClient, tmp_path: Path, name: str) -> None:
    make, sized = SYNC_BODIES[name]
    body = make(tmp_path)
    await complete_blob_upload.asyncio(async_http, "a", URL, "sha256:ab", body=body)
    check(loopback, CONTENT, sized, name)
    if isinstance(body, io.IOBase):
        assert not body.closed
        body.close()


def check(loopback: Loopback, content: bytes, sized: bool, name: str) -> None:
    """Check that the body arrived verbatim, with Content-Length if `sized`, else in chunks."""
    (seen,) = loopback.seen
    assert len(seen.body) == len(content)
    assert seen.body == content
    assert seen.headers["content-type"] == "application/octet-stream"
    if sized:
        assert seen.headers["content-length"] == str(len(content))
    elif name not in ("mmap", "file whose seek returns nothing"):  # either framing is allowed for these
        assert seen.headers["transfer-encoding"] == "chunked"


def test_pipe_is_sent_in_chunks(loopback: Loopback, http: httpx.Client) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb") as sink:
        sink.write(b"x" * 1000)
        sink.close()
        complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=source)
    assert (loopback.seen[0].body, loopback.seen[0].headers["transfer-encoding"]) == (b"x" * 1000, "chunked")


@pytest.mark.anyio
async def test_async_iterable_is_sent(loopback: Loopback, async_http: httpx.AsyncClient) -> None:
    await complete_blob_upload.asyncio(async_http, "a", URL, "sha256:ab", body=async_blocks())
    check(loopback, CONTENT, sized=False, name="")


@pytest.mark.anyio
async def test_async_file_is_sent_without_a_warning(loopback: Loopback, async_http: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(CONTENT)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with await anyio.open_file(tmp_path / "content", "rb") as file:
            await complete_blob_upload.asyncio(async_http, "a", URL, "sha256:ab", body=file)
        gc.collect()
    assert [str(one.message) for one in caught] == []
    assert loopback.seen[0].body == CONTENT


def test_length_of_an_iterable_can_be_given(loopback: Loopback, http: httpx.Client) -> None:
    complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=blocks(), content_length=len(CONTENT))
    assert loopback.seen[0].headers["content-length"] == str(len(CONTENT))
    assert "transfer-encoding" not in loopback.seen[0].headers
    assert loopback.seen[0].body == CONTENT


def test_empty_body_and_no_body_both_send_nothing(loopback: Loopback, http: httpx.Client) -> None:
    complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=b"")
    complete_blob_upload.sync(http, "a", URL, "sha256:ab")
    complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=io.BytesIO())
    assert [(seen.body, seen.headers["content-length"]) for seen in loopback.seen] == [(b"", "0")] * 3
    assert ["content-type" in seen.headers for seen in loopback.seen] == [True, False, True]


def test_files_are_read_in_blocks(http: httpx.Client) -> None:
    sizes: list[int] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(size or -1)
            return super().read(size)

    complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=Watched(CONTENT))
    assert set(sizes) == {BLOCK}


INVALID_BODIES: dict[str, Callable[[], Any]] = {
    "text": lambda: "text",
    "file of text": lambda: io.StringIO("text"),
    "list of text": lambda: ["text"],
    "dict": lambda: {"a": "b"},
    "list of numbers": lambda: [1],
    "number": lambda: 5,
}


@pytest.mark.parametrize("name", INVALID_BODIES)
def test_other_bodies_are_refused(http: httpx.Client, name: str) -> None:
    with pytest.raises(TypeError, match="the body of a request must"):
        complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=INVALID_BODIES[name]())
    with pytest.raises(TypeError, match="the body of a request must"):
        put_manifest.sync(http, "a", "b", INVALID_BODIES[name](), content_type="application/json")


@pytest.mark.anyio
@pytest.mark.parametrize("name", INVALID_BODIES)
async def test_other_bodies_are_refused_async(async_http: httpx.AsyncClient, name: str) -> None:
    with pytest.raises(TypeError, match="the body of a request must"):
        await complete_blob_upload.asyncio(async_http, "a", URL, "sha256:ab", body=INVALID_BODIES[name]())


@pytest.mark.anyio
async def test_async_iterable_of_text_is_refused(async_http: httpx.AsyncClient) -> None:
    async def words() -> AsyncIterator[Any]:
        yield "text"

    with pytest.raises(TypeError, match="the body of a request must produce bytes, not str"):
        await complete_blob_upload.asyncio(async_http, "a", URL, "sha256:ab", body=words())


def test_error_for_an_async_iterable_in_a_sync_call_names_the_async_function(http: httpx.Client) -> None:
    with pytest.raises(TypeError, match="asyncio"):
        complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=async_blocks())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


WRONG_LENGTHS: list[tuple[Any, int]] = [
    (b"abc", 2),
    (b"abc", 5),
    ([b"abc"], 2),
    ([b"abc"], 5),
    (io.BytesIO(b"abc"), 2),
    (None, 5),
    (b"abc", -1),
]


@pytest.mark.parametrize(
    ("body", "length"), WRONG_LENGTHS, ids=["less", "more", "list-less", "list-more", "file", "none", "negative"]
)
def test_wrong_length_is_a_transport_error(http: httpx.Client, body: Any, length: int) -> None:
    with pytest.raises(TransportError, match=r"^PUT http://127\.0\.0\.1.*ength"):
        complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=body, content_length=length)
    check_that_the_client_works(http)


@pytest.mark.anyio
@pytest.mark.parametrize(("body", "length"), WRONG_LENGTHS[:4])
async def test_wrong_length_is_a_transport_error_async(async_http: httpx.AsyncClient, body: Any, length: int) -> None:
    with pytest.raises(TransportError, match=r"^PUT http://127\.0\.0\.1.*ength"):
        await complete_blob_upload.asyncio(async_http, "a", URL, "sha256:ab", body=body, content_length=length)
    await complete_blob_upload.asyncio(async_http, "a", URL, "sha256:ab")


def check_that_the_client_works(http: httpx.Client) -> None:
    """Check that the client can still send a request."""
    assert start_blob_upload.sync(http, "a", digest="sha256:ab", body=b"x").status == 201


def test_error_of_the_callers_iterator_is_raised_and_frees_the_connection(http: httpx.Client) -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise KeyError("mine")

    for _ in range(3):
        with pytest.raises(KeyError, match="mine"):
            complete_blob_upload.sync(http, "a", URL, "sha256:ab", body=failing())
    check_that_the_client_works(http)


def test_length_of_a_file_is_counted_from_its_position(tmp_path: Path) -> None:
    with file_at_an_offset(tmp_path) as file:
        assert body_length(file) == len(CONTENT)
        assert file.tell() == 7
        file.seek(10 * len(CONTENT))
        assert body_length(file) == 0


@pytest.mark.parametrize("make", [SeekWithoutResult, Unseekable, lambda: io.BytesIO(CONTENT)])
def test_measuring_a_file_keeps_its_position(make: Callable[[], Any]) -> None:
    file = make()
    body_length(file)
    assert file.read(4) == CONTENT[:4]
