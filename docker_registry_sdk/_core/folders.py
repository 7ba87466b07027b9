"""Folders that stay the same while files are written to them, and new names that never replace a file of someone else."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from attrs import frozen

from .concurrency.forks import reset_after_fork

_HAS_DIR_FD: Final = os.open in os.supports_dir_fd  # not on Windows
_FOLDER_FLAGS: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)  # 0 on Windows
# Do not block on a named pipe.
_FILE_FLAGS: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_REPARSE_POINT: Final = 0x400  # FILE_ATTRIBUTE_REPARSE_POINT: a link, a junction or a mount point of Windows


class LinkError(OSError):
    """A link, or a file, in the place of a folder; or a link in the place of a file."""


class OpenFolder:
    """An open folder. If its path leads to another folder later, for example through a new link, the methods still use this one.

    Names are those of files and folders directly in this folder. No method follows a link in the place of a name. An `OSError`
    has the whole path as its `filename`.

    On Windows, which has no calls relative to an open folder, the methods check before each call that the path leads to the same
    folder as before.

    Args:
        path: The path of the folder. Links in the path are followed.

    Attributes:
        path: The path with which the folder was opened.

    Raises:
        OSError: The folder does not exist, or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._open(path, None)

    @classmethod
    def _below(cls, parent: OpenFolder, name: str) -> Self:
        folder = cls.__new__(cls)
        folder._open(parent.path / name, parent)
        return folder

    def _open(self, path: Path, parent: OpenFolder | None) -> None:
        self.path = path
        self._descriptor = -1
        if _HAS_DIR_FD:
            no_follow = 0 if parent is None else _NO_FOLLOW
            base = None if parent is None else parent._descriptor
            self._descriptor = os.open(path if parent is None else path.name, _FOLDER_FLAGS | no_follow, dir_fd=base)
            self._status = os.fstat(self._descriptor)
        else:
            self._status = os.stat(path, follow_symlinks=parent is None)
            if not stat.S_ISDIR(self._status.st_mode) or (parent is not None and _is_link(self._status)):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Close the folder in a child process."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the folder. A second call has no effect."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor != -1:
            os.close(descriptor)

    def open_subfolder(self, name: str, *, create: bool = False) -> OpenFolder:
        """Open a folder in this folder.

        Args:
            name: The name of the folder.
            create: Whether to create the folder if it does not exist.

        Raises:
            LinkError: A link or a file is in the place of the folder.
            FileNotFoundError: The folder does not exist, and `create` is False.
            OSError: The folder cannot be created or opened.
        """
        with self._named_errors(name):
            place, dir_fd = self._place(name)
            if create:
                with suppress(FileExistsError):
                    os.mkdir(place, dir_fd=dir_fd)
            try:
                return OpenFolder._below(self, name)
            except OSError as error:
                # Linux reports ENOTDIR for a link in the place of a folder, other systems ELOOP.
                if error.errno in (errno.ENOTDIR, errno.ELOOP, errno.EMLINK):
                    raise LinkError(error.errno, "a link or a file is in the place of a folder", place) from None
                raise

    def open_file(self, name: str, flags: int, mode: int = 0o666, *, follow_link: bool = False) -> int:
        """Open or create a file, and return its file descriptor.

        Args:
            name: The name of the file.
            flags: The flags of `os.open`, such as `os.O_RDONLY`. Those against links and blocking pipes are added.
            mode: The permissions of a new file, before the umask is applied.
            follow_link: Whether the name may be that of a link to a file.

        Raises:
            LinkError: A link is in the place of the file.
            OSError: The file cannot be opened.
        """
        with self._named_errors(name):
            place, dir_fd = self._place(name)
            if follow_link:
                return os.open(place, flags | _FILE_FLAGS, mode, dir_fd=dir_fd)
            if not _NO_FOLLOW and _is_link(self.find(name)):
                raise LinkError(errno.ELOOP, os.strerror(errno.ELOOP), place)
            try:
                return os.open(place, flags | _FILE_FLAGS | _NO_FOLLOW, mode, dir_fd=dir_fd)
            except OSError as error:
                # FreeBSD reports EMLINK for O_NOFOLLOW.
                if error.errno in (errno.ELOOP, errno.EMLINK):
                    raise LinkError(errno.ELOOP, os.strerror(errno.ELOOP), place) from None
                raise

    def find(self, name: str) -> os.stat_result | None:
        """Return the status of a file, folder or link in this folder, or None if nothing has this name.

        Args:
            name: The name.

        Raises:
            OSError: The name cannot be examined.
        """
        with self._named_errors(name):
            place, dir_fd = self._place(name)
            try:
                return os.stat(place, dir_fd=dir_fd, follow_symlinks=False)
            except FileNotFoundError:
                return None

    def names(self) -> list[str]:
        """Return the names of the files, folders and links in this folder.

        Raises:
            OSError: The folder cannot be read.
        """
        with self._named_errors(""):
            place, _ = self._place("")
            return os.listdir(self._descriptor if self._descriptor != -1 else place)

    def remove(self, name: str) -> None:
        """Delete a file, unless it does not exist.

        Args:
            name: The name of the file.

        Raises:
            OSError: The file cannot be deleted.
        """
        with self._named_errors(name), suppress(FileNotFoundError):
            place, dir_fd = self._place(name)
            os.unlink(place, dir_fd=dir_fd)

    def replace(self, name: str, new_name: str, new_folder: OpenFolder | None = None) -> None:
        """Rename a file. If something with the new name exists, replace it atomically.

        Args:
            name: The name of the file.
            new_name: The new name.
            new_folder: The folder of the new name; None for this folder.

        Raises:
            OSError: The file cannot be renamed.
        """
        target = self if new_folder is None else new_folder
        with target._named_errors(new_name):
            (place, dir_fd), (new_place, new_dir_fd) = self._place(name), target._place(new_name)
            os.replace(place, new_place, src_dir_fd=dir_fd, dst_dir_fd=new_dir_fd)

    def rename_new(self, name: str, new_name: str, descriptor: int = -1) -> None:
        """Rename a file, and never replace a file that has the new name, not even one that appears during the call.

        Args:
            name: The name of the file.
            new_name: The new name.
            descriptor: The descriptor of the open file, which must still have the name; -1 if the file is closed.

        Raises:
            FileExistsError: Something with the new name exists. Nothing was changed.
            FileNotFoundError: The name is no longer that of the open file.
            OSError: The file cannot be renamed.
        """
        with self._named_errors(new_name):
            (place, dir_fd), (new_place, _) = self._place(name), self._place(new_name)
            if sys.platform == "win32":  # where os.rename raises FileExistsError instead of replacing a file
                os.rename(place, new_place)
                return
            if descriptor != -1 and not self.is_file(name, descriptor):
                raise FileNotFoundError(errno.ENOENT, "another program has moved or replaced the file", place)
            try:
                self._link(place, new_place, descriptor)
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links; each one reports another error
                self._rename_over_placeholder(name, new_name)
            else:
                os.unlink(place, dir_fd=dir_fd)

    def is_file(self, name: str, descriptor: int) -> bool:
        """Return whether a name in this folder is that of an open file.

        Args:
            name: The name.
            descriptor: The descriptor of the open file.
        """
        found = self.find(name)
        return found is not None and os.path.samestat(found, os.fstat(descriptor))

    def sync(self) -> None:
        """Flush the names in the folder to the disk, so that they survive a crash. Do nothing on Windows."""
        if self._descriptor != -1:
            with self._named_errors(""):
                os.fsync(self._descriptor)

    def _link(self, place: str, new_place: str, descriptor: int) -> None:
        """Give a file a second name: the very file that is open, on Linux, even if its first name is reused at this moment."""
        options = {"src_dir_fd": self._descriptor, "dst_dir_fd": self._descriptor}
        if descriptor != -1 and sys.platform == "linux":
            try:
                os.link(f"/proc/self/fd/{descriptor}", new_place, follow_symlinks=True, **options)
                return
            except FileExistsError:
                raise
            except OSError:
                pass  # /proc is not mounted, or the file system has no hard links
        os.link(place, new_place, follow_symlinks=False, **options)

    def _rename_over_placeholder(self, name: str, new_name: str) -> None:
        """Reserve the new name with an empty file of our own, which only we replace."""
        (place, dir_fd), (new_place, _) = self._place(name), self._place(new_name)
        placeholder = os.open(new_place, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FILE_FLAGS | _NO_FOLLOW, 0o600, dir_fd=dir_fd)
        try:
            if not self.is_file(new_name, placeholder) or os.fstat(placeholder).st_size:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_place)
            try:
                os.rename(place, new_place, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
            except OSError:
                os.unlink(new_place, dir_fd=dir_fd)
                raise
        finally:
            os.close(placeholder)

    def _place(self, name: str) -> tuple[str, int | None]:
        """Return the arguments `path` and `dir_fd` of a function of `os` for a name in this folder."""
        if self._descriptor != -1:
            return name, self._descriptor
        now = os.stat(self.path)
        if not os.path.samestat(now, self._status):
            raise NotADirectoryError(errno.ENOTDIR, "another folder has taken the place of this folder", str(self.path))
        return str(self.path / name), None

    @contextmanager
    def _named_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        except LinkError as error:
            raise LinkError(error.errno, error.strerror, str(self.path / name)) from None
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path / name)) from error


@frozen
class FolderEntry:
    """A name in an open folder, under which a file is written.

    Attributes:
        folder: The folder, which the owner of this object closes.
        name: The name.
    """

    folder: OpenFolder
    name: str

    @property
    def path(self) -> Path:
        """Return the path of the file, for messages."""
        return self.folder.path / self.name

    @property
    def part(self) -> FolderEntry:
        """Return the entry of the file's `.part` file, in which a download is collected."""
        return FolderEntry(self.folder, f"{self.name}.part")


def open_path(folder: OpenFolder, *names: str, create: bool = False) -> OpenFolder:
    """Open a folder below another folder. The caller must close it.

    Args:
        folder: The folder to begin with, which stays open.
        names: The names of the folders on the way; at least one.
        create: Whether to create folders that do not exist.

    Raises:
        LinkError: A link or a file is in the place of a folder.
        FileNotFoundError: A folder does not exist, and `create` is False.
        OSError: A folder cannot be created or opened.
    """
    current = folder
    for name in names:
        try:
            following = current.open_subfolder(name, create=create)
        finally:
            if current is not folder:
                current.close()
        current = following
    return current


def problem_of_owner(status: os.stat_result) -> str | None:
    """Return why a file cannot be trusted, as a verb phrase, or None if it belongs to this user or to root.

    Args:
        status: The status of the file, or of a link. On Windows, which has no user ids, the result is None.
    """
    if sys.platform == "win32" or status.st_uid in (os.geteuid(), 0):
        return None
    return "belongs to another user, who can change it at any time"


def _is_link(status: os.stat_result | None) -> bool:
    """Return whether a status is that of a link, or of a junction of Windows, which is reported as a folder."""
    if status is None:
        return False
    return stat.S_ISLNK(status.st_mode) or bool(getattr(status, "st_file_attributes", 0) & _REPARSE_POINT)
