"""Writing a file atomically, and the permissions of new files."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Final

_umask_lock: Final = threading.Lock()
# The errors of the systems when a socket, or a device without a driver, is opened.
_NOT_OPENED: Final = frozenset({errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP})


@contextmanager
def write_atomically(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Yield a temporary file that replaces the file at the path when the `with` block ends. If the block raises, delete it.

    Args:
        path: The path of the file; symbolic links are followed. A device or a pipe, such as /dev/null, is written to directly.
        mode: The permissions of the file, before the umask is applied.
    """
    if path.exists() and not path.is_file():
        with named_write_errors(path, "the output is not complete"), path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with named_write_errors(path, "the file was not changed"), os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
            if sys.platform != "win32":
                os.fchmod(descriptor, mode & ~current_umask())
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


@contextmanager
def named_write_errors(path: str | os.PathLike[str], kept: str) -> Iterator[None]:
    """Name the file, and what is kept, in an `OSError` of the block that names no file, such as that of a full disk.

    Args:
        path: The path of the file that the block writes.
        kept: What has become of the file, and what to do, such as `the unfinished file was removed`.

    Raises:
        OSError: The block raised an `OSError`.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, f"{error.strerror or error}: {kept}", os.fspath(path)) from error


@contextmanager
def named_temporary_errors(purpose: str) -> Iterator[None]:
    """Name the folder of temporary files in an `OSError` of the block that names no file.

    Args:
        purpose: What the temporary file is for, such as `the decompressed copy of image.tar.gz`.

    Raises:
        OSError: The block raised an `OSError`.
    """
    with named_write_errors(tempfile.gettempdir(), f"{purpose} was removed. Free some space, or set TMPDIR"):
        yield


def append_temporary(file: SpooledTemporaryFile[bytes], data: bytes, purpose: str) -> None:
    """Write bytes to the end of a temporary file. No bytes stay in its buffer, so that a full disk fails here.

    Args:
        file: The file.
        data: The bytes.
        purpose: What the file is for; see `named_temporary_errors`.

    Raises:
        OSError: The bytes cannot be written.
    """
    with named_temporary_errors(purpose):
        file.write(data)
        file.flush()


def open_regular(open_descriptor: Callable[[], int]) -> BinaryIO | None:
    """Open a regular file for reading, unbuffered. Return None for a folder, pipe, socket or device.

    Args:
        open_descriptor: A function that opens the file, without waiting until another program writes to a pipe.

    Raises:
        OSError: The file cannot be opened.
    """
    try:
        descriptor = open_descriptor()
    except OSError as error:
        if error.errno in _NOT_OPENED:
            return None
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb", buffering=0)
    os.close(descriptor)
    return None


def open_without_waiting(path: Path) -> int:
    """Open a file for reading, and return its descriptor. Do not wait until another program writes to a pipe.

    Args:
        path: The path of the file; symbolic links are followed.

    Raises:
        OSError: The file cannot be opened.
    """
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))  # both depend on the system


def set_usual_permissions(descriptor: int) -> None:
    """Give a file that only this user could use the permissions of a new file: 0666 without the umask. Do nothing on Windows.

    Args:
        descriptor: The descriptor of the open file.
    """
    if sys.platform != "win32":
        with suppress(OSError):  # some file systems have no permissions
            os.fchmod(descriptor, 0o666 & ~current_umask())


def current_umask() -> int:
    """Return the umask of this process, without changing it where the system allows that."""
    with suppress(OSError, ValueError, StopIteration), open("/proc/self/status", "rb") as status:  # Linux 4.7 and later
        return int(next(line for line in status if line.startswith(b"Umask:")).split()[1], 8)
    with _umask_lock:  # two threads at once could leave the process with the temporary umask
        current = os.umask(0o077)  # elsewhere, the umask is returned only when another one is set
        os.umask(current)
    return current
