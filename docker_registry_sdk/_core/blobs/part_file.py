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
from ..concurrency.forks import reset_after_fork

_BLOCK_BYTES: Final = 1024 * 1024
# The maximum that one call of hash_some() hashes. A call runs in a thread and cannot be cancelled, so it must end soon.
_MAX_BYTES_PER_CALL: Final = 8 * _BLOCK_BYTES
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MAX_OPEN_ATTEMPTS: Final = 10


class PartFile:
    """The `.part` file in the folder of a download's target file, locked for one download at a time.

    If reading or writing the file fails, a method raises an `OSError` that names the path of the `.part` file.

    Args:
        target: The path of the finished download.

    Attributes:
        path: The path of the `.part` file.
        length: The length of the `.part` file in bytes when it was opened, or 0 after `start_over`.

    Raises:
        OSError: The file cannot be created, is not a regular file, has a second hard link, or is locked by another download.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._target = target
        self._is_renamed = self._has_failed = False
        self._descriptor = self._open()
        self.length = os.fstat(self._descriptor).st_size
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Close the file in a child process, so that the lock ends when the parent closes the file."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor != -1:
            os.close(descriptor)

    @property
    def is_resumable(self) -> bool:
        """Return whether the file holds bytes that the next download to the same target can use."""
        return not self._has_failed and os.fstat(self._descriptor).st_size > 0

    def hash_some(self, verifier: Verifier) -> bool:
        """Hash the next bytes of the file, at most 8 MiB, and return whether bytes may be left.

        Args:
            verifier: The verifier that hashes the bytes. It must have hashed the file from the beginning: `verifier.size` is the
                offset of the next byte to hash.
        """
        with self._named_errors():
            os.lseek(self._descriptor, verifier.size, os.SEEK_SET)
        return hash_some(self._descriptor, verifier)

    def start_over(self) -> None:
        """Truncate the file to 0 bytes, and set `length` to 0."""
        with self._named_errors():
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.length = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes to the file.

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
            FileExistsError: The target was created in the meantime.
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
        """Close the file, and delete an unfinished file if it is empty or a write failed, since a download cannot resume from it.

        Args:
            keep: False to delete an unfinished file even if the next download could resume from it. After `finish`, the file is
                never deleted.
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
                    raise self._unusable("not a regular file or has a second hard link")
                lock(descriptor, self.path)
                if self._is_at_path(status):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another download renamed or deleted this file before we locked it
        raise BlockingIOError(
            errno.EAGAIN, "too many downloads to the same path start and end at once: run one at a time", str(self.path)
        )

    def _is_at_path(self, status: os.stat_result) -> bool:
        try:
            current = os.stat(self.path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(status, current)

    def _unusable(self, problem: str) -> OSError:
        return FileExistsError(
            errno.EEXIST,
            f"the temporary .part file of the download cannot be used, since it is {problem}: remove that file",
            str(self.path),
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
        raise FileNotFoundError(errno.ENOENT, "the folder for the download does not exist: create the folder first", str(folder))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "the path of the folder for the download is not a folder", str(folder))


def check_absent(target: Path) -> None:
    """Check that nothing exists at a path.

    Args:
        target: The path.

    Raises:
        OSError: A file, a folder or a symbolic link exists at the path. A symbolic link counts even if its target is missing.
    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "the path for the download is a folder: pass the path of a file", str(target))
    if os.path.lexists(target):
        raise FileExistsError(
            errno.EEXIST,
            "a file exists already at the path for the download: remove that file, or pass another path",
            str(target),
        )


def hash_some(descriptor: int, verifier: Verifier) -> bool:
    """Hash up to 8 MiB of a file from its current position, and return whether bytes may be left.

    Args:
        descriptor: The file descriptor of the open file.
        verifier: The verifier that hashes the bytes.
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
        """Do nothing. Windows does not rename an open file, so of two downloads to one path the first to end fails."""

else:
    import fcntl

    def lock(descriptor: int, path: Path) -> None:
        """Lock a file until its descriptor is closed.

        Args:
            descriptor: The file descriptor of the open file.
            path: The path of the file, for the message of the exception.

        Raises:
            BlockingIOError: Another download has locked the file.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                errno.EAGAIN, "another download to the same path is running: wait until it ends, or pass another path", str(path)
            ) from None
