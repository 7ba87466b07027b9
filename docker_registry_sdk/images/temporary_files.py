"""Files that are written under a temporary name, and the removal of those that a killed process has left."""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from typing import Final

from .._core.blobs.part_file import try_lock
from .._core.files import named_write_errors, set_usual_permissions
from .._core.folders import FolderEntry, OpenFolder

_TEMPORARY_NAME: Final = re.compile(r"\..{1,40}\.[0-9a-f]{12}\.tmp", re.DOTALL)
_PART_SUFFIX: Final = ".part"


class AtomicFile:
    """A file that is written under a temporary name and renamed when it is complete. Only this user can change it until then.

    Args:
        entry: The folder, which must stay open, and the final name.

    Raises:
        OSError: The temporary file cannot be created.
    """

    def __init__(self, entry: FolderEntry) -> None:
        self._folder, self._name = entry.folder, entry.name
        while True:
            self._temporary = f".{entry.name[:40]}.{secrets.token_hex(6)}.tmp"
            descriptor = self._folder.open_file(self._temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            # The lock says that the file is in use. Before the lock, another process may have removed the file as a remnant.
            if try_lock(descriptor) and self._folder.is_file(self._temporary, descriptor):
                break
            os.close(descriptor)
        self._file = os.fdopen(descriptor, "wb", buffering=0)

    def write(self, content: bytes) -> None:
        """Append bytes to the temporary file.

        Args:
            content: The bytes to append.

        Raises:
            OSError: The bytes cannot be written.
        """
        view = memoryview(content)
        with self._named_errors():
            while view:
                view = view[self._file.write(view) :]

    def commit(self, *, replace: bool) -> None:
        """Flush the file to the disk and rename it to its final name. Afterwards the file survives a crash of the system.

        Args:
            replace: Whether to replace a file that has the final name.

        Raises:
            FileExistsError: Something has the final name, and `replace` is False.
            FileNotFoundError: Another program has moved or replaced the temporary file.
            OSError: The file cannot be flushed or renamed.
        """
        descriptor = self._file.fileno()
        set_usual_permissions(descriptor)
        with self._named_errors():
            os.fsync(descriptor)
        if sys.platform == "win32":  # which cannot rename an open file
            self._file.close()
            descriptor = -1
        if replace:
            self._folder.replace(self._temporary, self._name)
        else:
            self._folder.rename_new(self._temporary, self._name, descriptor)
        self._folder.sync()

    def _named_errors(self) -> AbstractContextManager[None]:
        return named_write_errors(self._folder.path / self._name, "the file is not changed, and complete files are kept")

    def close(self) -> None:
        """Close the file, and remove the temporary file unless it was committed."""
        self._file.close()
        self._folder.remove(self._temporary)


def write_atomically(entry: FolderEntry, content: bytes, *, replace: bool) -> None:
    """Write a file so that other processes see either the old or the new content.

    Args:
        entry: The folder, which must stay open, and the name of the file.
        content: The bytes of the new content.
        replace: Whether to replace an existing file.

    Raises:
        FileExistsError: Something has the name, and `replace` is False.
        OSError: The file cannot be written.
    """
    file = AtomicFile(entry)
    try:
        file.write(content)
        file.commit(replace=replace)
    finally:
        file.close()


def remove_remnants(folder: OpenFolder, names: Iterable[str] = ()) -> None:
    """Remove the temporary files that killed processes have left in a folder, except those that a download can resume from.

    These are the files of `AtomicFile`, and `.part` files beside the finished file. Files that another process has locked, since
    it writes to them, are kept.

    Args:
        folder: The folder, which must stay open.
        names: The names of further files to remove if no process has locked them.

    Raises:
        OSError: The folder cannot be read.
    """
    existing = set(folder.names())
    for name in existing:
        finished = name.removesuffix(_PART_SUFFIX)
        if name in names or _TEMPORARY_NAME.fullmatch(name) or (finished != name and finished in existing):
            with suppress(OSError):  # a file that another user owns, or one that another process has removed
                _remove_unlocked(folder, name)


def _remove_unlocked(folder: OpenFolder, name: str) -> None:
    descriptor = folder.open_file(name, os.O_RDONLY)
    try:
        if not (stat.S_ISREG(os.fstat(descriptor).st_mode) and try_lock(descriptor) and folder.is_file(name, descriptor)):
            return
        if sys.platform == "win32":  # which removes no open file: neither ours, nor one that another process writes to
            os.close(descriptor)
            descriptor = -1
        folder.remove(name)
    finally:
        if descriptor != -1:
            os.close(descriptor)
