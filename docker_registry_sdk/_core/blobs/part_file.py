"""The `.part` file of a download: locked while the download runs, resumable, and renamed to its target at the end."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ...digest import Verifier
from ..concurrency.forks import reset_after_fork
from ..files import named_write_errors, set_usual_permissions
from ..folders import FolderEntry, LinkError
from .download_target import check_absent

_BLOCK_BYTES: Final = 1024 * 1024
# The maximum that one call of hash_some() hashes. A call runs in a thread and cannot be cancelled, so it must end soon.
_MAX_BYTES_PER_CALL: Final = 8 * _BLOCK_BYTES
_MAX_OPEN_ATTEMPTS: Final = 10


class PartFile:
    """The `.part` file in the folder of a download's target file, locked for one download at a time.

    Only this user can read and write the file until it is complete. A file of another user, or one that others may write, is not
    used, since its bytes could change after they were verified. If reading or writing the file fails, a method raises an
    `OSError` that names the path of the `.part` file.

    Args:
        target: The folder and the name of the finished download.

    Attributes:
        path: The path of the `.part` file.
        length: The length of the `.part` file in bytes when it was opened, or 0 after `start_over`.

    Raises:
        OSError: The file cannot be created, is a link or not a regular file, has a second hard link, belongs to another user, can
            be written by others, or is locked by another download.
    """

    def __init__(self, target: FolderEntry) -> None:
        self.path = target.part.path
        self._folder, self._name, self._target = target.folder, target.part.name, target
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
            OSError: Something else was put in the place of the `.part` file in the meantime.
        """
        with self._named_errors():
            os.fsync(self._descriptor)
        status = os.fstat(self._descriptor)
        if sys.platform == "win32":  # which cannot rename an open file
            os.close(self._descriptor)
            self._descriptor = -1
        try:
            self._folder.rename_new(self._name, self._target.name, self._descriptor)
        except FileExistsError:
            check_absent(self._target)
            raise
        found = self._folder.find(self._target.name)
        if found is None or not os.path.samestat(found, status):
            raise FileExistsError(
                errno.EEXIST,
                "another program has replaced the file while it was downloaded: download to a folder that only you can write",
                str(self._target.path),
            )
        self._is_renamed = True
        set_usual_permissions(self._descriptor)
        self._folder.sync()

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
                is_ours = self._folder.is_file(self._name, self._descriptor)
                if sys.platform == "win32":
                    os.close(self._descriptor)
                    self._descriptor = -1
                if is_ours:
                    self._folder.remove(self._name)
        finally:
            if self._descriptor != -1:
                os.close(self._descriptor)  # which also releases the lock
                self._descriptor = -1

    def _open(self) -> int:
        for _ in range(_MAX_OPEN_ATTEMPTS):
            descriptor, is_new = self._open_or_create()
            try:
                # Before the lock, which another user could hold forever.
                _check_trusted(os.fstat(descriptor), self.path, is_new=is_new)
                lock(descriptor, self.path)
                if self._folder.is_file(self._name, descriptor):
                    # After the lock, since a file that is being renamed has two names for a moment.
                    if os.fstat(descriptor).st_nlink > 1:
                        raise _unusable("has a second hard link", self.path)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another download renamed or deleted this file before we locked it
        raise BlockingIOError(
            errno.EAGAIN, "too many downloads to the same path start and end at once: run one at a time", str(self.path)
        )

    def _open_or_create(self) -> tuple[int, bool]:
        """Open or create the file, and return its descriptor and whether it is new."""
        while True:
            try:
                with suppress(FileNotFoundError):
                    return self._folder.open_file(self._name, os.O_RDWR), False
            except LinkError:
                raise _unusable("is a symbolic link", self.path) from None
            except PermissionError:
                found = self._folder.find(self._name)
                if found is not None:
                    _check_trusted(found, self.path, is_new=False)
                raise
            with suppress(FileExistsError):  # another download created the file just now
                return self._folder.open_file(self._name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), True

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            with named_write_errors(self.path, "the unfinished file is removed, and complete files are kept"):
                yield
        except OSError:
            self._has_failed = True
            raise


def _check_trusted(status: os.stat_result, path: Path, *, is_new: bool) -> None:
    """Check that a file is a regular file, and, unless it is new, that only this user can change it.

    Raises:
        FileExistsError: The file is not a regular file, belongs to another user, or can be written by others.
    """
    if not stat.S_ISREG(status.st_mode):
        raise _unusable("is not a regular file", path)
    if sys.platform != "win32" and not is_new:  # on some file systems, new files belong to another user
        if status.st_uid != os.geteuid():
            raise _unusable("belongs to another user, who could change it at any time", path)
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise _unusable("can be written by other users", path)


def _unusable(problem: str, path: Path) -> OSError:
    return FileExistsError(
        errno.EEXIST, f"the temporary .part file of the download cannot be used, since it {problem}: remove that file", str(path)
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

    def try_lock(descriptor: int) -> bool:
        """Return True. Windows does not rename an open file, so of two downloads to one path the first to end fails."""
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock a file until its descriptor is closed, and return whether no other open file has the lock.

        Args:
            descriptor: The file descriptor of the open file.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def lock(descriptor: int, path: Path) -> None:
    """Lock a file until its descriptor is closed.

    Args:
        descriptor: The file descriptor of the open file.
        path: The path of the file, for the message of the exception.

    Raises:
        BlockingIOError: Another download has locked the file.
    """
    if not try_lock(descriptor):
        raise BlockingIOError(
            errno.EAGAIN, "another download to the same path is running: wait until it ends, or pass another path", str(path)
        )
