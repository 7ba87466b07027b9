"""Decompress archives (gzip, bzip2, xz, zstd) into a temporary file, within limits of size and memory."""

from __future__ import annotations

import bz2
import importlib
import io
import lzma
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any, BinaryIO, Final, Protocol, cast

from .._core.files import named_temporary_errors
from ..errors import ImageError

# The first bytes of compressed files.
_FORMATS: Final = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_BLOCK_BYTES: Final = 1024 * 1024
# Limits against small files that decompress to large ones. Archives of images rarely shrink to a twentieth.
MAX_RATIO: Final = 100
MIN_LIMIT_BYTES: Final = 1024 * 1024 * 1024
# The memory of a decompressor: xz -9 needs 65 MiB, zstd -19 8 MiB, zstd --long 128 MiB.
_MAX_MEMORY_BYTES: Final = 256 * 1024 * 1024
_MAX_WINDOW_LOG: Final = 27  # zstd: 128 MiB


class _Decompressor(Protocol):
    """A decompressor of the modules `bz2`, `lzma` and `compression.zstd`, which ends with the end of one stream."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """A decompressor of gzip with the interface of those of `bz2` and `lzma`."""

    def __init__(self) -> None:
        self._decompressor = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._decompressor.eof

    @property
    def needs_input(self) -> bool:
        return not self._decompressor.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._decompressor.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._decompressor.decompress(self._decompressor.unconsumed_tail + data, max(0, max_length))


class TemporaryCopy:
    """A decompressed copy of a file, without a name on most systems. It is removed when it is closed, or when the process ends.

    Args:
        file: The temporary file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()

    def open(self) -> BinaryIO:
        """Return a view of the file, which has a position of its own, and whose end does not close the file."""
        return cast("BinaryIO", _View(self))

    def read_at(self, offset: int, size: int) -> bytes:
        """Return bytes of the file.

        Args:
            offset: The offset of the first byte.
            size: The maximum number of bytes.
        """
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def size(self) -> int:
        """Return the size of the file in bytes."""
        with self._lock:
            return self._file.seek(0, io.SEEK_END)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


class _View(io.RawIOBase):
    def __init__(self, copy: TemporaryCopy) -> None:
        self._copy = copy
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._offset = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._offset}.get(whence, self._copy.size())
        return self._offset

    def readinto(self, buffer: Any) -> int:
        content = self._copy.read_at(self._offset, len(buffer))
        buffer[: len(content)] = content
        self._offset += len(content)
        return len(content)


def compression_of(file: BinaryIO) -> str | None:
    """Return the name of the format in which a file is compressed, such as `gzip`; None if the file is not compressed.

    Args:
        file: The file, of which the first bytes are read.
    """
    file.seek(0)
    start = file.read(8)
    return next((name for magic, name in _FORMATS.items() if start.startswith(magic)), None)


def decompress(file: BinaryIO, compression: str, name: str) -> TemporaryCopy:
    """Decompress a file into a temporary file. The caller must close the result.

    Args:
        file: The compressed file.
        compression: The name of the format, as `compression_of` returns it.
        name: The name of the file for error messages.

    Raises:
        ImageError: The file is damaged, or decompresses to more than 100 times its size and 1 GiB; or the format is zstd, for
            which this Python has no module.
        OSError: The file cannot be read, or the temporary file cannot be written.
    """
    create = _zstd_decompressor(name) if compression == "zstd" else _DECOMPRESSORS[compression]
    max_bytes = max(MIN_LIMIT_BYTES, MAX_RATIO * file.seek(0, io.SEEK_END))
    file.seek(0)
    purpose = f"the decompressed copy of {name}"
    temporary = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller
    try:
        written = 0
        for block in _decompressed_blocks(file, create, f"{name} is a damaged {compression} file"):
            written += len(block)
            if written > max_bytes:
                raise ImageError(
                    f"{name} decompresses to more than {max_bytes} bytes, the limit for a file of its size",
                    hint="If you trust the file, decompress it first.",
                )
            with named_temporary_errors(purpose):
                temporary.write(block)
        with named_temporary_errors(purpose):
            temporary.flush()
    except BaseException:
        with suppress(OSError):  # of buffered bytes, which are not needed
            temporary.close()
        raise
    return TemporaryCopy(temporary)


def _decompressed_blocks(file: BinaryIO, create: Callable[[], _Decompressor], damaged: str) -> Iterator[bytes]:
    """Yield the decompressed bytes of all streams of a file. Zero bytes between the streams and at the end are skipped."""
    data = file.read(_BLOCK_BYTES)
    while data:
        decompressor = create()
        while not decompressor.eof:
            try:
                block = decompressor.decompress(data, _BLOCK_BYTES)
            except MemoryError:
                raise
            except Exception as error:  # each module has an exception of its own
                raise ImageError(f"{damaged}: {error}", hint="Create the archive again.") from None
            if block:
                yield block
            data = b""
            if decompressor.needs_input and not decompressor.eof:
                data = file.read(_BLOCK_BYTES)
                if not data:
                    raise ImageError(f"{damaged}: it is truncated", hint="Copy or create the archive again.")
        data = decompressor.unused_data.lstrip(b"\0")
        while not data and (block := file.read(_BLOCK_BYTES)):
            data = block.lstrip(b"\0")


_DECOMPRESSORS: Final[dict[str, Callable[[], _Decompressor]]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_MEMORY_BYTES),
}


def _zstd_decompressor(name: str) -> Callable[[], _Decompressor]:
    for module_name in ("compression.zstd", "backports.zstd"):  # Python 3.14 has the first one
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError:
            continue
        options = {module.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
        return lambda: cast("_Decompressor", module.ZstdDecompressor(options=options))
    raise ImageError(
        f"{name} is compressed with zstd, which this Python cannot decompress",
        hint="Install backports.zstd (pip install 'docker-registry-sdk[zstd]'), use Python 3.14, or decompress the file first.",
    )
