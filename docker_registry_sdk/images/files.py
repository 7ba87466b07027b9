"""Files of a layout: never outside it, and never half written."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from .._core.text.redaction import printable
from ..errors import ImageError

BLOCK: Final = 1024 * 1024
# A manifest's limit is 4 MiB; an index.json may hold many entries.
MAX_JSON_BYTES: Final = 16 * 1024 * 1024
# Neither followed when it is a link, nor waited for when it is a pipe.
_SAFELY: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def inside(root: Path, *parts: str) -> Path:
    """Return a path below a folder, once no part of it is a link, which could lead elsewhere.

    Args:
        root: The folder; it may be a link itself.
        parts: The names of the folders below it and of the file.

    Raises:
        ImageError: One of them is a link.
        OSError: They cannot be looked at.
    """
    path = root
    for part in parts:
        path /= part
        with suppress(FileNotFoundError, NotADirectoryError):
            if stat.S_ISLNK(path.lstat().st_mode):
                raise ImageError(f"{printable(str(path))} is a link, which a layout must not have; it was not followed")
    return path


def open_file(root: Path, *parts: str) -> BinaryIO:
    """Open a file below a folder for reading.

    Args:
        root: The folder.
        parts: The names of the folders below it and of the file.

    Raises:
        FileNotFoundError: It is not there.
        ImageError: It is no plain file, or a link leads to it.
        OSError: It cannot be read.
    """
    path = inside(root, *parts)
    file = os.fdopen(os.open(path, os.O_RDONLY | _SAFELY), "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ImageError(f"{printable(str(path))} is no file; the layout was written badly")
    return file


def read_small(root: Path, *parts: str, most: int = MAX_JSON_BYTES) -> bytes:
    """Return what a small file below a folder holds.

    Args:
        root: The folder.
        parts: The names of the folders below it and of the file.
        most: How many bytes are read.

    Raises:
        FileNotFoundError: It is not there.
        ImageError: It is larger, no plain file, or a link leads to it.
        OSError: It cannot be read.
    """
    with open_file(root, *parts) as file:
        content = bytearray()
        while len(content) <= most and (block := file.read(most + 1 - len(content))):
            content += block
    if len(content) > most:
        raise ImageError(f"{printable(str(root.joinpath(*parts)))} is larger than {most} bytes, which no such file is")
    return bytes(content)


def read_blocks(opened: Callable[[], BinaryIO], offset: int, size: int | None = None) -> Iterator[bytes]:
    """Give a part of a file, block by block.

    Args:
        opened: Opens the file, when the first block is asked for.
        offset: Where the part begins.
        size: How long it is; None for the rest of the file.
    """
    with opened() as file:
        file.seek(offset)
        left = size
        while left != 0 and (block := file.read(BLOCK if left is None else min(BLOCK, left))):
            yield block
            if left is not None:
                left -= len(block)


class NewFile:
    """A file that takes its place once it is whole: until then it has another name.

    Args:
        path: Its place; what is there is replaced.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.tmp")
        self._file = self._temporary.open("xb", buffering=0)

    def write(self, content: bytes) -> None:
        """Write the next bytes.

        Args:
            content: The bytes.

        Raises:
            OSError: They cannot be written.
        """
        view = memoryview(content)
        while view:
            view = view[self._file.write(view) :]

    def finish(self) -> None:
        """Put the file in its place, so that it is there after a crash too.

        Raises:
            OSError: It cannot be done.
        """
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._path)
        sync_folder(self._path.parent)

    def discard(self) -> None:
        """Take it back, unless it is in its place."""
        self._file.close()
        with suppress(FileNotFoundError):
            self._temporary.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Args:
        path: Its place; what is there is replaced.
        content: Its bytes.

    Raises:
        OSError: It cannot be written.
    """
    file = NewFile(path)
    try:
        file.write(content)
        file.finish()
    finally:
        file.discard()


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a crash, where the system can.

    Args:
        path: The folder.
    """
    if os.name == "posix":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes and threads that ask for the same lock waiting; only on systems with POSIX locks.

    Args:
        path: The lock's file, which is gone when nobody holds the lock.

    Raises:
        OSError: It cannot be made.
    """
    try:
        from fcntl import LOCK_EX, flock
    except ImportError:  # pragma: no cover - Windows
        yield
        return
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, 0o666)
        try:
            flock(handle, LOCK_EX)
            # Whoever held it before has removed the file: another one may hold a new one.
            if _is_same(handle, path):
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return
        finally:
            os.close(handle)


def _is_same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False
