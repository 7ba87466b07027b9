"""The files of an image's layer, and what they change about those of its ancestors."""

import asyncio
import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, TypeAlias, cast

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import BlobReader, Storage
from docker_registry_sdk.testing.storage.records import V1Image
from docker_registry_sdk.testing.v1.authorization import Gate
from docker_registry_sdk.testing.v1.images import existing, open_image, open_layer
from docker_registry_sdk.testing.v1.responses import V1Error, cache_headers, not_modified, raw_reply, reply

FileInfo: TypeAlias = tuple[str, str, bool, int, int | float, int, int, int]
"""Path, kind, whether the layer deletes it, size, time of change, mode, user id, group id."""

HEADER_LIMIT = 1024 * 1024
"""How many bytes of the tar may speak of one file."""

FILES_LIMIT = 1_000_000
"""How many files a layer may have."""

_KINDS = {
    tarfile.REGTYPE: "f",
    tarfile.AREGTYPE: "f",
    tarfile.LNKTYPE: "l",
    tarfile.SYMTYPE: "s",
    tarfile.CHRTYPE: "c",
    tarfile.BLKTYPE: "b",
    tarfile.DIRTYPE: "d",
    tarfile.FIFOTYPE: "i",
    tarfile.CONTTYPE: "t",
    tarfile.GNUTYPE_SPARSE: "S",
}
_WHITEOUT = "/.wh."
_BROKEN = (
    tarfile.TarError,
    OSError,
    EOFError,
    ValueError,
    ArithmeticError,
    LookupError,
    RecursionError,
    lzma.LZMAError,
    zlib.error,
)


def list_files(reader: BlobReader) -> list[FileInfo]:
    """List the files in a layer; it may block, and closes the reader.

    Args:
        reader: The layer: a tar, plain or compressed with gzip, bzip2 or xz.

    Returns:
        What the tar says of each file, in its order. Of the whiteouts only those at the root are seen as deletions, and only
        where the tar has `./` in front of its paths; the other metadata of a union file system there is left out.

    Raises:
        V1Error: 400: the layer is no tar that can be read.

    Source: docker-registry 0.9, lib/layers.py.
    """
    try:
        with _buffered(reader) as raw, _decompress(raw) as content:
            return list(_infos(content))
    except _BROKEN as error:
        raise V1Error("Layer format not supported") from error


def _infos(content: IO[bytes]) -> Iterator[FileInfo]:
    headers = _Headers(content)
    with tarfile.open(fileobj=cast("IO[bytes]", headers), mode="r:", errors="surrogateescape") as tar:
        for _ in range(FILES_LIMIT):
            headers.budget = HEADER_LIMIT
            member = tar.next()
            if member is None:
                return
            if member.size < 0:
                raise tarfile.ReadError("a negative size")  # it would be read again and again
            vars(tar)["members"].clear()  # else it would keep all of them
            info = _info(member)
            if info is not None:
                yield info
    raise tarfile.ReadError("too many files")


def _info(member: tarfile.TarInfo) -> FileInfo | None:
    path = "/" if member.name == "." else member.name
    if path.startswith("./"):
        path = path[1:]
    deleted = path.startswith(_WHITEOUT)
    if deleted:
        path = "/" + path.removeprefix(_WHITEOUT)
        if path.startswith(_WHITEOUT):
            return None
    kind = _KINDS.get(member.type, "u")
    return path, kind, deleted, member.size, member.mtime, member.mode, member.uid, member.gid


def _buffered(reader: BlobReader) -> "io.BufferedReader[io.RawIOBase]":
    raw: io.RawIOBase = _Layer(reader)
    return io.BufferedReader(raw)


def _decompress(raw: "io.BufferedReader[io.RawIOBase]") -> IO[bytes]:
    start = raw.peek(6)[:6]
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(raw))
    if start.startswith(b"BZh"):
        return bz2.open(raw)
    if start.startswith((b"\xfd7zXZ\0", b"]\0\0")):
        return lzma.open(raw)
    return raw


class _Layer(io.RawIOBase):
    """A layer as a file."""

    def __init__(self, reader: BlobReader) -> None:
        self._reader = reader
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._reader.size}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        block = self._reader.read(self._position, len(buffer))
        buffer[: len(block)] = block
        self._position += len(block)
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._reader.close()
        super().close()


class _Headers:
    """The headers of a tar as a file. They may not be endless: one whose length is a lie would fill the memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.budget = HEADER_LIMIT
        """How many more bytes may be read."""

    def read(self, size: int) -> bytes:
        self.budget -= max(size, 1)
        if size < 0 or self.budget < 0:
            raise tarfile.ReadError("a header is too long")
        return self._file.read(size)

    def seek(self, offset: int) -> int:
        return self._file.seek(offset)

    def tell(self) -> int:
        return self._file.tell()


_DELETED = 2  # where a file's facts say so


@attrs.frozen
class LayerChanges:
    """The handlers of `/v1/images/<id>/files` and `diff`.

    Args:
        storage: Where the layers are.
        gate: Who may call.

    Source: docker-registry 0.9, images.py and lib/layers.py.
    """

    storage: Storage
    gate: Gate
    _asked: set[str] = attrs.field(factory=set[str], init=False)

    async def files(self, request: Request) -> Response:
        """List the files in a layer."""
        granted, image_id, image = await open_image(request, self.storage, self.gate)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        await asyncio.to_thread(self.gate.check_image, granted, image_id)
        return reply(await asyncio.to_thread(self._list, existing(image)), headers=cache_headers())

    async def diff(self, request: Request) -> Response:
        """Tell what a layer changes; nothing at the first call, which tells the worker to compute it, nor if it fails."""
        granted, image_id, image = await open_image(request, self.storage, self.gate)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        if not self.gate.settings.diff:
            raise V1Error("Diff queue is disabled")
        await asyncio.to_thread(self.gate.check_image, granted, image_id)
        if image is not None and image_id in self._asked:
            try:
                return reply(await asyncio.to_thread(self._compare, image), headers=cache_headers())
            except V1Error:
                pass
        elif image is not None:
            self._asked.add(image_id)
        return raw_reply(b"", headers=cache_headers())

    def _list(self, image: V1Image) -> list[FileInfo]:
        return list_files(open_layer(self.storage, image))

    def _compare(self, image: V1Image) -> dict[str, dict[str, tuple[Any, ...]]]:
        """Sort the files of a layer by what the nearest ancestor that has them says of them."""
        changes: dict[str, dict[str, tuple[Any, ...]]] = {"deleted": {}, "changed": {}, "created": {}}
        files = {info[0]: info for info in self._list(image)}
        for ancestor in image.ancestry[1:]:
            before = {info[0]: info for info in self._list(existing(self.storage.v1.load_image(ancestor)))}
            for path, info in list(files.items()):
                if info[_DELETED]:
                    kind = "deleted"
                elif path in before:
                    kind = "created" if before[path][_DELETED] else "changed"
                else:
                    continue
                changes[kind][path] = files.pop(path)[1:]
        changes["created"].update({path: info[1:] for path, info in files.items()})
        return changes
