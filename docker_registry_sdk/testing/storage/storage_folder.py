"""The folder of a DirectoryStorage: marked as ours before anything in it is deleted, and locked for one process."""

import gc
import os
import stat
import sys
import weakref
from pathlib import Path

from docker_registry_sdk._core.concurrency.forks import reset_after_fork
from docker_registry_sdk._core.files import named_write_errors
from docker_registry_sdk._core.folders import LinkError, OpenFolder
from docker_registry_sdk._core.text.redaction import quoted
from docker_registry_sdk.errors import ForkedProcessError, RegistryError

MARKER = "docker_registry_sdk-storage"
"""The name of the file that marks the folder of a storage. It is also the lock file."""

UPLOADS = "uploads"
UPLOAD_PREFIX = "upload-"
"""The beginning of the names of files that are being written. Other files in the folder `uploads` are never deleted."""

_MARKER_TEXT = b"This folder is a storage of the embedded registry of docker_registry_sdk. One process at a time may use it.\n"


class StorageFolderError(RegistryError):
    """A folder that cannot be the storage of a registry: it holds other files, or another registry is using it."""

    hint = "Pass the path of a new or empty folder."


class StorageFolder:
    """The folder of a storage, which only one storage at a time can use.

    The lock ends with `close`, when this object is garbage-collected, and when the process ends, also when it is killed. A child
    process after `os.fork` cannot use the folder, and does not keep the lock.

    Args:
        path: The path of the folder. It is created if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_forked = False
        self._closer: weakref.finalize[[int], StorageFolder] | None = None
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Close the lock file in a child process, so that the lock ends when the parent closes the file."""
        self.close()
        self._is_forked = True

    def open(self) -> bool:
        """Lock the folder, and delete the incomplete files of a process that was killed, unless the folder is open already.

        Returns:
            Whether the folder was not open before, so that its files may have changed.

        Raises:
            StorageFolderError: The folder holds files but is no storage, or another storage is using it.
            ForkedProcessError: This process is a child of the process that opened the folder.
            OSError: The folder cannot be created, read or written.
        """
        if self._is_forked:
            raise ForkedProcessError("the storage of an embedded registry was opened before os.fork()")
        if self._closer is not None:
            return False
        self.path.mkdir(parents=True, exist_ok=True)
        with OpenFolder(self.path) as folder:
            descriptor = self._open_marker(folder)
            self._closer = weakref.finalize(self, os.close, descriptor)
            try:
                if not _try_lock(descriptor) and not (gc.collect() and _try_lock(descriptor)):  # a forgotten storage
                    raise StorageFolderError(
                        f"another registry is using the folder {quoted(str(self.path))}",
                        hint="Stop the other registry first, or pass another folder.",
                    )
                if os.fstat(descriptor).st_size == 0:
                    with named_write_errors(self.path / MARKER, "the storage is not created"):
                        os.write(descriptor, _MARKER_TEXT)
                self._remove_incomplete_files(folder)
            except BaseException:
                self.close()
                raise
        return True

    def close(self) -> None:
        """Unlock the folder. If it is not open, the call has no effect."""
        closer, self._closer = self._closer, None
        if closer is not None:
            closer()

    def _open_marker(self, folder: OpenFolder) -> int:
        try:
            found = folder.find(MARKER)
            if found is None and any(name != MARKER for name in os.listdir(self.path)):
                raise StorageFolderError(
                    f"the folder {quoted(str(self.path))} holds files, and is not a storage of the embedded registry"
                )
            if found is not None and not stat.S_ISREG(found.st_mode):
                raise LinkError
            # A user who can read the file could lock it.
            return folder.open_file(MARKER, os.O_RDWR | os.O_CREAT, 0o600)
        except LinkError:
            raise StorageFolderError(f"{quoted(str(self.path / MARKER))} is not a regular file") from None

    def _remove_incomplete_files(self, folder: OpenFolder) -> None:
        try:
            uploads = folder.open_subfolder(UPLOADS, create=True)
        except LinkError:
            raise StorageFolderError(f"{quoted(str(self.path / UPLOADS))} is a link or a file, not a folder") from None
        with uploads:
            for name in os.listdir(uploads.path):
                found = uploads.find(name) if name.startswith(UPLOAD_PREFIX) else None
                if found is not None and stat.S_ISREG(found.st_mode):
                    uploads.remove(name)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        """Lock an open file until it is closed, and return whether it was free."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
