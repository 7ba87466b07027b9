"""Handlers for two requests: for the files in a layer, and for the files that a layer changes in the layers below it.

A client can push a malicious tar. So the memory for reading a tar is limited, whatever sizes the headers of the tar declare.
"""

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

from docker_registry_sdk.testing.storage.base import BlobReader, RegistryStorage
from docker_registry_sdk.testing.storage.records import V1ImageRecord
from docker_registry_sdk.testing.v1.authorization import RegistryAuthorizer
from docker_registry_sdk.testing.v1.images import load_complete_image, open_layer, require_image
from docker_registry_sdk.testing.v1.responses import V1Error, cache_headers, json_response, json_text_response, not_modified

FileInfo: TypeAlias = tuple[str, str, bool, int, int | float, int, int, int]
"""A file in a layer: path, type, whether the layer deletes the file, size, modification time, mode, user id, group id."""

MAX_HEADER_BYTES = 1024 * 1024
"""The maximum size in bytes of the tar headers of one file."""

MAX_FILES = 1_000_000
"""The maximum number of files in a layer."""

_DELETED = 2  # the index of the field in FileInfo
_TYPES = {
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
_ERRORS_OF_MALFORMED_TARS = (
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


@attrs.frozen
class LayerFileHandlers:
    """The handlers of `/v1/images/<id>/files` and `/v1/images/<id>/diff`.

    Args:
        storage: The storage of the layers.
        authorizer: The authorizer of the requests.

    Source: docker-registry 0.9, images.py and lib/layers.py.
    """

    storage: RegistryStorage
    authorizer: RegistryAuthorizer
    _requested_diffs: set[str] = attrs.field(factory=set[str], init=False)

    async def files(self, request: Request) -> Response:
        """Return the files in a layer as a JSON array, with one `FileInfo` per file."""
        token_repository, image_id, image = await load_complete_image(request, self.storage, self.authorizer)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        await asyncio.to_thread(self.authorizer.check_image, token_repository, image_id)
        return json_response(await asyncio.to_thread(self._list_files, require_image(image)), headers=cache_headers())

    async def diff(self, request: Request) -> Response:
        """Return the files that a layer deletes, changes or creates.

        docker-registry 0.9 begins to compute the changes when it receives the first request, so the response to the first request
        for an image is empty. If the layer is not a tar, the responses to all requests are empty.
        """
        token_repository, image_id, image = await load_complete_image(request, self.storage, self.authorizer)
        if (unchanged := not_modified(request)) is not None:
            return unchanged
        if not self.authorizer.settings.diff:
            raise V1Error("Diff queue is disabled")
        await asyncio.to_thread(self.authorizer.check_image, token_repository, image_id)
        if image is not None and image_id in self._requested_diffs:
            try:
                return json_response(await asyncio.to_thread(self._changes, image), headers=cache_headers())
            except V1Error:
                pass
        elif image is not None:
            self._requested_diffs.add(image_id)
        return json_text_response(b"", headers=cache_headers())

    def _list_files(self, image: V1ImageRecord) -> list[FileInfo]:
        return list_files(open_layer(self.storage, image))

    def _changes(self, image: V1ImageRecord) -> dict[str, dict[str, tuple[Any, ...]]]:
        """Return the deleted, changed and created files of a layer.

        A whiteout is a deleted file. Any other file is changed if an ancestor's layer contains the path, unless the layer of the
        nearest such ancestor deletes the path; otherwise the file is created. If the image has no parent, all files are created.
        """
        changes: dict[str, dict[str, tuple[Any, ...]]] = {"deleted": {}, "changed": {}, "created": {}}
        files = {info[0]: info for info in self._list_files(image)}
        for ancestor in image.ancestry[1:]:
            before = {info[0]: info for info in self._list_files(require_image(self.storage.v1.load_image(ancestor)))}
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


def list_files(reader: BlobReader) -> list[FileInfo]:
    """Return the files in a layer, and close the reader, even after an error. The call may block.

    Args:
        reader: A reader of the layer, which is a tar, uncompressed or compressed with gzip, bzip2 or xz.

    Returns:
        The files in the order of the tar. A whiteout is an entry `.wh.<name>`, with which a layer deletes the file `<name>` of a
        layer below. Like docker-registry, the function recognizes a whiteout only in the root directory, and only if the path of
        the entry begins with `./` or `/`; a whiteout with another path is returned as an ordinary file. Entries whose path begins
        with `./.wh..wh.` or `/.wh..wh.`, the metadata of the file system AUFS, are omitted.

    Raises:
        V1Error: 400: the layer is not a valid tar, has more than MAX_FILES files, or has headers that are too large.

    Source: docker-registry 0.9, lib/layers.py.
    """
    try:
        with _buffered(reader) as raw, _decompress(raw) as content:
            return list(_read_tar(content))
    except _ERRORS_OF_MALFORMED_TARS as error:
        raise V1Error("Layer format not supported") from error


def _read_tar(content: IO[bytes]) -> Iterator[FileInfo]:
    headers = _HeaderReader(content)
    with tarfile.open(fileobj=cast("IO[bytes]", headers), mode="r:", errors="surrogateescape") as tar:
        for _ in range(MAX_FILES):
            headers.remaining = MAX_HEADER_BYTES
            member = tar.next()
            if member is None:
                return
            if member.size < 0:
                raise tarfile.ReadError("a file in the archive has a negative size")  # tarfile would read the same header forever
            vars(tar)["members"].clear()  # tarfile would keep the headers of all files in memory
            info = _file_info(member)
            if info is not None:
                yield info
    raise tarfile.ReadError(f"the archive has more than {MAX_FILES} files, the limit")


def _file_info(member: tarfile.TarInfo) -> FileInfo | None:
    path = "/" if member.name == "." else member.name
    if path.startswith("./"):
        path = path[1:]
    deleted = path.startswith(_WHITEOUT)
    if deleted:
        path = "/" + path.removeprefix(_WHITEOUT)
        if path.startswith(_WHITEOUT):
            return None
    return path, _TYPES.get(member.type, "u"), deleted, member.size, member.mtime, member.mode, member.uid, member.gid


def _buffered(reader: BlobReader) -> "io.BufferedReader[io.RawIOBase]":
    raw: io.RawIOBase = _LayerFile(reader)
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


class _LayerFile(io.RawIOBase):
    """A seekable file object that reads a layer from a `BlobReader`."""

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


class _HeaderReader:
    """A file object that limits how many bytes the module `tarfile` reads for the headers of one file in a tar.

    `tarfile` reads a header into memory, however long the header is, so `read` raises a ReadError after MAX_HEADER_BYTES.
    `tarfile` skips the content of files with `seek`, which needs no memory and has no limit.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.remaining = MAX_HEADER_BYTES
        """The number of bytes that may still be read for the headers of the current file."""

    def read(self, size: int) -> bytes:
        self.remaining -= max(size, 1)
        if size < 0 or self.remaining < 0:
            raise tarfile.ReadError(f"the headers of a file in the archive have more than {MAX_HEADER_BYTES} bytes, the limit")
        return self._file.read(size)

    def seek(self, offset: int) -> int:
        return self._file.seek(offset)

    def tell(self) -> int:
        return self._file.tell()
