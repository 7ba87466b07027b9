"""Safe access to the files of an OCI image layout: symbolic links raise an error."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from .._core.concurrency.forks import reset_after_fork
from .._core.files import open_regular
from .._core.folders import FolderEntry, LinkError, OpenFolder, open_path
from .._core.text.redaction import printable
from ..client.error_places import FILE_HINT
from ..digest import Verifier
from ..errors import ImageError

BLOCK_BYTES: Final = 1024 * 1024
# Clients limit manifests to 4 MiB; an index.json may have many entries.
MAX_JSON_BYTES: Final = 16 * 1024 * 1024
_MAX_LOCK_SECONDS: Final = 60.0
_LOCK_INTERVAL_SECONDS: Final = 0.01


def find_file(root: Path, *parts: str) -> os.stat_result | None:
    """Return the status of a file or folder below a folder, or None if it does not exist.

    Args:
        root: The folder, which may be a link itself.
        parts: The names of the subfolders and of the file.

    Raises:
        ImageError: A part of the path is a link.
        OSError: A part cannot be examined.
    """
    *folders, name = parts
    try:
        with open_folder(root, *folders) as folder:
            return find_entry(FolderEntry(folder, name))
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_missing(status: os.stat_result | None) -> bool:
    """Return whether a file is missing or empty, as some file systems leave a file that was written before a crash.

    Args:
        status: The status of the file; None if nothing has its name.
    """
    return status is None or (stat.S_ISREG(status.st_mode) and status.st_size == 0)


def open_folder(root: Path, *parts: str, create: bool = False) -> OpenFolder:
    """Open a folder below another folder. The caller must close it.

    Args:
        root: The folder to begin with, which may be a link itself.
        parts: The names of the subfolders.
        create: Whether to create subfolders that do not exist.

    Raises:
        FileNotFoundError: The folder does not exist.
        ImageError: A part of the path is a link or not a folder.
        OSError: The folder cannot be opened.
    """
    top = OpenFolder(root)
    if not parts:
        return top
    with top:
        try:
            return open_path(top, *parts, create=create)
        except LinkError as error:
            raise _link_error(error.filename) from None


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
    *folders, name = parts
    with open_folder(root, *folders) as folder:
        return open_entry(FolderEntry(folder, name))


def open_entry(entry: FolderEntry) -> BinaryIO:
    """Open a file in an open folder for reading.

    Args:
        entry: The folder and the name of the file.

    Raises:
        FileNotFoundError: The file does not exist.
        ImageError: The name is that of a link, or of something else than a regular file.
        OSError: The file cannot be opened.
    """
    try:
        file = open_regular(lambda: entry.folder.open_file(entry.name, os.O_RDONLY))
    except LinkError:
        raise _link_error(entry.path) from None
    if file is not None:
        return file
    raise ImageError(
        f"{printable(str(entry.path))} is not a regular file, so the layout is damaged", hint="Copy the image to a new layout."
    )


def find_entry(entry: FolderEntry) -> os.stat_result | None:
    """Return the status of a file or folder in an open folder, or None if it does not exist.

    Args:
        entry: The folder and the name.

    Raises:
        ImageError: The name is that of a link.
        OSError: The name cannot be examined.
    """
    found = entry.folder.find(entry.name)
    if found is not None and stat.S_ISLNK(found.st_mode):
        raise _link_error(entry.path)
    return found


def hash_file(file: BinaryIO, algorithm: str) -> Verifier:
    """Hash an open file, and return the verifier with its digest and its size.

    Args:
        file: The file, at its first byte.
        algorithm: The algorithm of the digest, such as `sha256`.
    """
    verifier = Verifier(algorithm)
    while block := file.read(BLOCK_BYTES):
        verifier.update(block)
    return verifier


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


def parse_json(content: bytes, name: str) -> Any:
    """Parse a JSON document, and return its value. The document is a file of a layout or archive, or a config.

    Args:
        content: The bytes of the document.
        name: The name of the document for error messages.

    Raises:
        ImageError: The content is not JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ImageError(f"{name} is not a JSON document, so the image is damaged", hint=FILE_HINT) from None


def read_blocks(open_binary: Callable[[], BinaryIO], offset: int, size: int | None = None) -> Generator[bytes, None, None]:
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


@contextmanager
def file_lock(entry: FolderEntry) -> Iterator[None]:
    """Hold an exclusive lock on a file while the context is active. On Windows, which has no `flock`, take no lock.

    Other threads and processes that call this function with the same file wait until the lock is released, for at most 60
    seconds: a stopped process, or another user who can open the file, could hold the lock forever. A child process that is forked
    in the meantime does not hold the lock, and does not release it.

    Args:
        entry: The folder, which must stay open, and the name of the lock file, which is removed when the lock is released.

    Raises:
        BlockingIOError: Another program has held the lock for 60 seconds.
        OSError: The lock file cannot be created.
    """
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # pragma: no cover - Windows
        yield
        return
    deadline = time.monotonic() + _MAX_LOCK_SECONDS
    while True:
        file = _LockFile(entry)
        try:
            try:
                flock(file.descriptor, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    problem = "another program has held the lock for too long: stop that program, or copy to another folder"
                    raise BlockingIOError(error.errno, problem, str(entry.path)) from None
                time.sleep(_LOCK_INTERVAL_SECONDS)
                continue
            # The previous holder has removed the file. If another process has created a new one, try again with that.
            if entry.folder.is_file(entry.name, file.descriptor):
                try:
                    yield
                finally:
                    if file.descriptor != -1:  # not in a child process
                        entry.folder.remove(entry.name)
                return
        finally:
            file.close()


class _LockFile:
    """An open lock file. `close` releases the lock; `descriptor` is -1 when the file is closed."""

    def __init__(self, entry: FolderEntry) -> None:
        self.descriptor = entry.folder.open_file(entry.name, os.O_RDWR | os.O_CREAT)
        reset_after_fork(self)

    def after_fork(self) -> None:
        # A lock lasts until the last process that has inherited the descriptor closes it.
        self.close()

    def close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor != -1:
            os.close(descriptor)


def _link_error(path: str | Path) -> ImageError:
    return ImageError(
        f"{printable(str(path))} is a link, or a file in the place of a folder, which is not allowed in a layout, "
        "so it was not used",
        hint="Replace the link by the file or folder itself.",
    )
