"""Safe access to the files of an OCI image layout: symbolic links raise an error, and files are replaced atomically."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from .._core.concurrency.forks import reset_after_fork
from .._core.text.redaction import printable
from ..errors import ImageError

BLOCK_BYTES: Final = 1024 * 1024
# Clients limit manifests to 4 MiB; an index.json may have many entries.
MAX_JSON_BYTES: Final = 16 * 1024 * 1024
# Do not follow a link that replaced the file after it was checked, and do not block on a named pipe.
_OPEN_FLAGS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def path_without_links(root: Path, *parts: str) -> Path:
    """Return a path below a folder, after checking that no part below the folder is a symbolic link.

    Args:
        root: The folder, which may be a link itself.
        parts: The names of the subfolders and of the file. They need not exist.

    Raises:
        ImageError: A part is a link, which could point outside the folder.
        OSError: A part cannot be examined.
    """
    path = root
    for part in parts:
        path /= part
        with suppress(FileNotFoundError, NotADirectoryError):
            if stat.S_ISLNK(path.lstat().st_mode):
                raise ImageError(
                    f"{printable(str(path))} is a link, which is not allowed in a layout, so the link was not used",
                    hint="Replace the link by the file or folder itself.",
                )
    return path


def open_file(root: Path, *parts: str) -> BinaryIO:
    """Open a file below a folder for reading.

    Args:
        root: The folder.
        parts: The names of the subfolders and of the file.

    Raises:
        FileNotFoundError: The file does not exist.
        ImageError: The path is not that of a regular file, or a part of the path is a link.
        OSError: The file cannot be opened.
    """
    path = path_without_links(root, *parts)
    file = os.fdopen(os.open(path, os.O_RDONLY | _OPEN_FLAGS), "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ImageError(
            f"{printable(str(path))} is not a regular file, so the layout is damaged", hint="Copy the image to a new layout."
        )
    return file


def read_small_file(root: Path, *parts: str, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Return the content of a file below a folder. Raise an error if the file is larger than a limit.

    Args:
        root: The folder.
        parts: The names of the subfolders and of the file.
        max_bytes: The maximum size of the file in bytes.

    Raises:
        FileNotFoundError: The file does not exist.
        ImageError: The file is larger than `max_bytes` or is not a regular file, or a part of the path is a link.
        OSError: The file cannot be read.
    """
    with open_file(root, *parts) as file:
        content = bytearray()
        while len(content) <= max_bytes and (block := file.read(max_bytes + 1 - len(content))):
            content += block
    if len(content) > max_bytes:
        raise ImageError(
            f"{printable(str(root.joinpath(*parts)))} is larger than {max_bytes} bytes, the limit for such a file",
            hint="Check that the folder is an OCI image layout, and copy the image again if its files are damaged.",
        )
    return bytes(content)


def read_blocks(open_binary: Callable[[], BinaryIO], offset: int, size: int | None = None) -> Iterator[bytes]:
    """Yield a range of a file in blocks of at most 1 MiB.

    Args:
        open_binary: A function that opens the file. It is called when the first block is requested.
        offset: The start of the range in bytes.
        size: The length of the range in bytes; None to read to the end of the file.
    """
    with open_binary() as file:
        file.seek(offset)
        left = size
        while left != 0 and (block := file.read(BLOCK_BYTES if left is None else min(BLOCK_BYTES, left))):
            yield block
            if left is not None:
                left -= len(block)


class AtomicFile:
    """A file that is written under a temporary name and renamed when it is complete.

    Args:
        path: The final path. `commit` replaces an existing file at this path.

    Raises:
        OSError: The temporary file cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.tmp")
        self._file = self._temporary.open("xb", buffering=0)

    def write(self, content: bytes) -> None:
        """Append bytes to the temporary file.

        Args:
            content: The bytes to append.

        Raises:
            OSError: The bytes cannot be written.
        """
        view = memoryview(content)
        while view:
            view = view[self._file.write(view) :]

    def commit(self) -> None:
        """Flush the file to the disk and rename it to its final path. Afterwards the file survives a crash of the system.

        Raises:
            OSError: The file cannot be flushed or renamed.
        """
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._path)
        _sync_folder(self._path.parent)

    def close(self) -> None:
        """Close the file, and remove the temporary file unless it was committed."""
        self._file.close()
        with suppress(FileNotFoundError):
            self._temporary.unlink()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that other processes see either the old or the new content.

    Args:
        path: The path of the file; an existing file is replaced.
        content: The bytes of the new content.

    Raises:
        OSError: The file cannot be written.
    """
    file = AtomicFile(path)
    try:
        file.write(content)
        file.commit()
    finally:
        file.close()


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file while the context is active. On Windows, which has no `flock`, take no lock.

    Other threads and processes that call this function with the same path wait until the lock is released. A child process that
    is forked in the meantime does not hold the lock, and does not release it.

    Args:
        path: The path of the lock file, which is removed when the lock is released.

    Raises:
        OSError: The lock file cannot be created.
    """
    try:
        from fcntl import LOCK_EX, flock
    except ImportError:  # pragma: no cover - Windows
        yield
        return
    while True:
        file = _LockFile(path)
        try:
            flock(file.descriptor, LOCK_EX)
            # The previous holder has removed the file. If another process has created a new one, try again with that.
            if _is_same_file(file.descriptor, path):
                try:
                    yield
                finally:
                    if file.descriptor != -1:  # not in a child process
                        path.unlink(missing_ok=True)
                return
        finally:
            file.close()


class _LockFile:
    """An open lock file. `close` releases the lock; `descriptor` is -1 when the file is closed."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _OPEN_FLAGS, 0o666)
        reset_after_fork(self)

    def after_fork(self) -> None:
        # A lock lasts until the last process that has inherited the descriptor closes it.
        self.close()

    def close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor != -1:
            os.close(descriptor)


def _sync_folder(path: Path) -> None:
    """Flush the entries of a folder to the disk. Do nothing on systems other than POSIX."""
    if os.name == "posix":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _is_same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False
