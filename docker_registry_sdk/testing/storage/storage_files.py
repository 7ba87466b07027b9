"""The files of a DirectoryStorage. Links, pipes and devices in the folder are never followed, read or written to."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from docker_registry_sdk._core.folders import FolderEntry, OpenFolder, open_path
from docker_registry_sdk.testing.storage.storage_folder import UPLOAD_PREFIX, UPLOADS


class StorageFiles:
    """The files below the folder of a storage, by their paths.

    Each method opens the folders on the way one by one, and raises an `OSError` if one of them is a link or a file.

    Args:
        root: The path of the folder, which may be a link itself.

    Attributes:
        uploads: The path of the folder of temporary files.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.uploads = root / UPLOADS

    def open(self, path: Path) -> BinaryIO:
        """Open a file for reading.

        Args:
            path: The path of the file.

        Raises:
            FileNotFoundError: The file does not exist.
            OSError: The path is not that of a regular file, or the file cannot be opened.
        """
        with self._entry(path) as entry:
            descriptor = entry.folder.open_file(entry.name, os.O_RDONLY)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "a file of the storage is not a regular file", str(path))
        return os.fdopen(descriptor, "rb")

    def create(self) -> tuple[Path, FileIO]:
        """Create a temporary file that only this user can read and write, and return its path and the open file.

        The file has no buffer, so that bytes that could not be written do not remain in it.

        Raises:
            OSError: The file cannot be created.
        """
        path = self.uploads / f"{UPLOAD_PREFIX}{secrets.token_hex(8)}"
        with self._entry(path) as entry:
            descriptor = entry.folder.open_file(entry.name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        return path, os.fdopen(descriptor, "w+b", buffering=0)

    def exists(self, path: Path) -> bool:
        """Return whether a regular file exists at a path.

        Args:
            path: The path.

        Raises:
            OSError: The path cannot be examined.
        """
        try:
            with self._entry(path) as entry:
                found = entry.folder.find(entry.name)
        except FileNotFoundError:
            return False
        return found is not None and stat.S_ISREG(found.st_mode)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file, and replace a file or link with the new name. Create the parent directories of the new name.

        On POSIX systems, flush the directory to the disk, too, so that the new name survives a crash.

        Args:
            source: The path of the file.
            target: The new path.

        Raises:
            OSError: The file cannot be renamed.
        """
        with self._entry(source) as entry, self._entry(target, create=True) as new_entry:
            entry.folder.replace(entry.name, new_entry.name, new_entry.folder)
            new_entry.folder.sync()

    def remove(self, path: Path) -> None:
        """Delete a file or a link, if it exists.

        Args:
            path: The path.

        Raises:
            OSError: The file cannot be deleted.
        """
        with suppress(FileNotFoundError), self._entry(path) as entry:
            entry.folder.remove(entry.name)

    @contextmanager
    def _entry(self, path: Path, *, create: bool = False) -> Iterator[FolderEntry]:
        *folders, name = path.relative_to(self._root).parts
        with OpenFolder(self._root) as root, open_path(root, *folders, create=create) as folder:
            yield FolderEntry(folder, name)
