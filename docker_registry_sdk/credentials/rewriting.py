"""Rewriting a configuration file: atomically if possible, otherwise in place, as a file that is mounted into a container."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from .._core.files import named_write_errors, write_atomically

# A mounted file cannot be replaced (EBUSY), nor a file in a folder where this user may not create files.
_IRREPLACEABLE: Final = frozenset({errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV})


def rewrite_file(path: Path, content: bytes) -> None:
    """Replace the content of a file, which only its owner may read then, or create the file. Symbolic links are followed.

    The file is replaced atomically, unless that is impossible: the file is mounted by itself, its folder is not writable, or it
    belongs to another user, who would lose it. Then it is written in place. If that fails, its former content is written back.

    Args:
        path: The path of the file.
        content: The new content.

    Raises:
        OSError: The file cannot be written.
    """
    if _belongs_to_other(path):
        _write_in_place(path, content)
        return
    try:
        with write_atomically(path, mode=0o600) as file:
            file.write(content)
    except OSError as error:
        if error.errno not in _IRREPLACEABLE or not path.is_file():
            raise
        _write_in_place(path, content)


def _belongs_to_other(path: Path) -> bool:
    if sys.platform == "win32":
        return False
    try:
        return path.is_file() and path.stat().st_uid != os.geteuid()
    except OSError:
        return False


def _write_in_place(path: Path, content: bytes) -> None:
    with named_write_errors(path, "the file was not changed"), path.open("r+b", buffering=0) as file:
        if sys.platform != "win32":
            with suppress(OSError):  # the file of another user keeps its permissions
                os.fchmod(file.fileno(), 0o600)
        before = file.read()
        try:
            _overwrite(file.fileno(), content)
        except OSError:
            with suppress(OSError):
                _overwrite(file.fileno(), before)
            raise


def _overwrite(descriptor: int, content: bytes) -> None:
    """Write the content from the start of the file, and only then cut the file, so that a full disk leaves the former length."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)
