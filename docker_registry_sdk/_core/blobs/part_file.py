"""The `.part` file of a download: locked while the download runs, resumable, and renamed to its target at the end."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ...digest import Verifier

_BLOCK_BYTES: Final = 1024 * 1024
# Hashed by one call: enough to be worth a thread, and little enough to be cancelled soon.
_MAX_BYTES_PER_CALL: Final = 8 * _BLOCK_BYTES
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MAX_OPEN_ATTEMPTS: Final = 10


class PartFile:
    """The `.part` file beside the target of a download, locked for one download at a time.

    Every `OSError` names the file.

    Args:
        target: The path of the finished download.

    Attributes:
        path: The path of the `.part` file.
        length: Its length in bytes when it was opened, or 0 after `start_over`.

    Raises:
        OSError: The file cannot be created, is not a regular file, has a second name, or is locked by another download.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._target = target
        self._is_renamed = self._has_failed = False
        self._descriptor = self._open()
        self.length = os.fstat(self._descriptor).st_size

    @property
    def is_resumable(self) -> bool:
        """Whether the file holds bytes that the next download can use."""
        return not self._has_failed and os.fstat(self._descriptor).st_size > 0

    def hash_some(self, verifier: Verifier) -> bool:
        """Hash up to 8 MiB of the file, and return whether there are more.

        Args:
            verifier: The verifier, which has hashed all bytes before.
        """
        with self._named_errors():
            os.lseek(self._descriptor, verifier.size, os.SEEK_SET)
        return hash_some(self._descriptor, verifier)

    def start_over(self) -> None:
        """Delete the content."""
        with self._named_errors():
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.length = 0

    def write(self, data: bytes | memoryview) -> None:
        """Write all of the bytes.

        Args:
            data: The bytes.
        """
        with self._named_errors():
            written = os.write(self._descriptor, data)
            while written < len(data):
                written += os.write(self._descriptor, memoryview(data)[written:])

    def finish(self) -> None:
        """Flush the file to the disk, and rename it to the target.

        Raises:
            FileExistsError: The target exists by now.
        """
        with self._named_errors():
            os.fsync(self._descriptor)
        check_absent(self._target)
        if sys.platform == "win32":  # which cannot rename an open file
            os.close(self._descriptor)
            self._descriptor = -1
        self.path.rename(self._target)
        self._is_renamed = True
        if sys.platform != "win32":
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def close(self, *, keep: bool) -> None:
        """Close the file, and leave it for the next download unless it is of no use.

        Args:
            keep: False to delete the file. An empty file, and one after a failed write, is always deleted.
        """
        if self._descriptor == -1:
            return
        try:
            if not self._is_renamed and not (keep and self.is_resumable):
                if sys.platform == "win32":
                    os.close(self._descriptor)
                    self._descriptor = -1
                self.path.unlink(missing_ok=True)
        finally:
            if self._descriptor != -1:
                os.close(self._descriptor)  # which also releases the lock
                self._descriptor = -1

    def _open(self) -> int:
        for _ in range(_MAX_OPEN_ATTEMPTS):
            try:
                descriptor = os.open(self.path, _FLAGS, 0o666)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise self._unusable("a symbolic link") from None
                raise
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
                    raise self._unusable("not a regular file, or has a second name (hard link)")
                lock(descriptor, self.path)
                if self._is_at_path(status):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another download renamed or deleted this file before we locked it
        raise BlockingIOError(
            errno.EAGAIN, "other downloads to the same path keep starting and ending: run one at a time", str(self.path)
        )

    def _is_at_path(self, status: os.stat_result) -> bool:
        try:
            current = os.stat(self.path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(status, current)

    def _unusable(self, problem: str) -> OSError:
        return FileExistsError(
            errno.EEXIST, f"a download needs this path for its .part file, but it is {problem}: remove it", str(self.path)
        )

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._has_failed = True
            raise OSError(error.errno, error.strerror, str(self.path)) from error


def check_folder(target: Path) -> None:
    """Check that the folder of a download exists.

    Args:
        target: The path of the finished download.

    Raises:
        OSError: The folder does not exist, or is not a folder.
    """
    folder = target.parent
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, "the folder to download into does not exist: create it first", str(folder))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "the path to download into is not a folder", str(folder))


def check_absent(target: Path) -> None:
    """Check that nothing exists at a path.

    Args:
        target: The path.

    Raises:
        OSError: A file, a folder or a symbolic link exists there, even a link to a missing file.
    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder: pass the path of a file in it", str(target))
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, "another file exists here: remove it, or give another path", str(target))


def hash_some(descriptor: int, verifier: Verifier) -> bool:
    """Hash up to 8 MiB of a file, from its current position, and return whether there are more.

    Args:
        descriptor: The file descriptor.
        verifier: The verifier to update.
    """
    before = verifier.size
    while verifier.size - before < _MAX_BYTES_PER_CALL:
        block = os.read(descriptor, _BLOCK_BYTES)
        if not block:
            return False
        verifier.update(block)
    return True


if sys.platform == "win32":

    def lock(descriptor: int, path: Path) -> None:
        """Do nothing: Windows does not rename open files, so the first of two downloads to finish fails."""

else:
    import fcntl

    def lock(descriptor: int, path: Path) -> None:
        """Lock a file until it is closed.

        Args:
            descriptor: The file descriptor.
            path: The path of the file.

        Raises:
            BlockingIOError: Another download has locked the file.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                errno.EAGAIN, "another download to the same path is running: wait for it, or give another path", str(path)
            ) from None
