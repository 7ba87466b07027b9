"""The file that a download goes to until it is whole: locked, resumed, and given its name at the end."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...digest import Verifier

_BLOCK = 1024 * 1024
# How much is hashed in one go: long enough to be worth a thread's while, short enough to be called off.
_STRIDE = 8 * _BLOCK
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_TRIES = 10


class PartFile:
    """The `.part` beside a download's target, for one download at a time. Each failure names the file.

    Args:
        target: Where the download goes in the end.

    Attributes:
        path: Where it is.
        length: How many bytes were there when it was opened, or are there since it was started over.

    Raises:
        OSError: It cannot be made, is no plain file of its own, or another download has it.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._target = target
        self._done = self._broken = False
        self._descriptor = self._open()
        self.length = os.fstat(self._descriptor).st_size

    @property
    def is_begun(self) -> bool:
        """Whether it holds anything that the next download can go on from."""
        return not self._broken and os.fstat(self._descriptor).st_size > 0

    def hash(self, verifier: Verifier) -> bool:
        """Take some MiB of what is there into a verifier, and return whether there are more.

        Args:
            verifier: The verifier, which has taken in all that comes before.
        """
        with self._failing():
            os.lseek(self._descriptor, verifier.size, os.SEEK_SET)
        return hash_some(self._descriptor, verifier)

    def start_over(self) -> None:
        """Throw away what is there."""
        with self._failing():
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.length = 0

    def write(self, data: bytes | memoryview) -> None:
        """Write all of the bytes.

        Args:
            data: The bytes.
        """
        with self._failing():
            written = os.write(self._descriptor, data)
            while written < len(data):
                written += os.write(self._descriptor, memoryview(data)[written:])

    def finish(self) -> None:
        """Put it on the disk for good, and give it the target's name.

        Raises:
            FileExistsError: There is something by now.
        """
        with self._failing():
            os.fsync(self._descriptor)
        check_free(self._target)
        if sys.platform == "win32":  # no file is renamed there while it is open
            os.close(self._descriptor)
            self._descriptor = -1
        self.path.rename(self._target)
        self._done = True
        if sys.platform != "win32":
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def close(self, *, keep: bool) -> None:
        """Close it, which leaves what has come for the next download.

        Args:
            keep: False to leave nothing, as nothing is left after a failed write, or when nothing has come.
        """
        if self._descriptor == -1:
            return
        try:
            if not self._done and not (keep and self.is_begun):
                if sys.platform == "win32":
                    os.close(self._descriptor)
                    self._descriptor = -1
                self.path.unlink(missing_ok=True)
        finally:
            if self._descriptor != -1:
                os.close(self._descriptor)  # which gives up the lock
                self._descriptor = -1

    def _open(self) -> int:
        for _ in range(_TRIES):
            try:
                descriptor = os.open(self.path, _FLAGS, 0o666)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise self._refused("is a symbolic link") from None
                raise
            try:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
                    raise self._refused("is no plain file, or has another name, too")
                _lock(descriptor, self.path)
                if self._is_still(found):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another download has just finished with it
        raise BlockingIOError(errno.EAGAIN, "other downloads to the same path come and go; do one at a time", str(self.path))

    def _is_still(self, found: os.stat_result) -> bool:
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(found, there)

    def _refused(self, problem: str) -> OSError:
        return FileExistsError(
            errno.EEXIST, f"a download is kept there while it runs, but it {problem}: remove it", str(self.path)
        )

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._broken = True
            raise OSError(error.errno, error.strerror, str(self.path)) from error


def check_folder(target: Path) -> None:
    """Check that a file could be made there.

    Args:
        target: Where.

    Raises:
        OSError: Its folder is missing, or is none.
    """
    folder = target.parent
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to download into: make it first", str(folder))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "this is no folder to download into", str(folder))


def check_free(target: Path) -> None:
    """Check that nothing is there.

    Args:
        target: Where.

    Raises:
        OSError: Something is, be it a link that leads nowhere.
    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder: give the path of a file in it", str(target))
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, "there is something else already: remove it, or give another path", str(target))


def hash_some(descriptor: int, verifier: Verifier) -> bool:
    """Take some MiB of a file into a verifier, from where the file stands, and return whether there are more.

    Args:
        descriptor: The file.
        verifier: The verifier.
    """
    before = verifier.size
    while verifier.size - before < _STRIDE:
        block = os.read(descriptor, _BLOCK)
        if not block:
            return False
        verifier.update(block)
    return True


if sys.platform == "win32":

    def _lock(descriptor: int, path: Path) -> None:
        """Files that are open are not renamed there, which makes one of two downloads fail, too."""

else:
    import fcntl

    def _lock(descriptor: int, path: Path) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                errno.EAGAIN, "another download to the same path is under way: wait for it, or give another path", str(path)
            ) from None
