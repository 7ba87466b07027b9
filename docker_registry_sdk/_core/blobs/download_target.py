"""The place of a download: its folder, and the file that may exist there already."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ..folders import FolderEntry, OpenFolder, problem_of_owner


def open_target(path: Path) -> FolderEntry:
    """Open the folder of a download. The caller must close it.

    Args:
        path: The path of the finished download.

    Raises:
        OSError: The folder does not exist, or is not a folder.
    """
    try:
        return FolderEntry(OpenFolder(path.parent), path.name)
    except FileNotFoundError:
        raise FileNotFoundError(
            errno.ENOENT, "the folder for the download does not exist: create the folder first", str(path.parent)
        ) from None
    except NotADirectoryError:
        raise NotADirectoryError(
            errno.ENOTDIR, "the path of the folder for the download is not a folder", str(path.parent)
        ) from None


def check_absent(target: FolderEntry) -> None:
    """Check that nothing exists under a name.

    Args:
        target: The folder and the name.

    Raises:
        OSError: A file, a folder or a link has the name. A link counts even if its target is missing.
    """
    # An empty name is that of the root folder.
    found = target.folder.find(target.name or ".")
    if found is not None and (stat.S_ISDIR(found.st_mode) or target.path.is_dir()):
        raise IsADirectoryError(errno.EISDIR, "the path for the download is a folder: pass the path of a file", str(target.path))
    if found is not None:
        raise FileExistsError(
            errno.EEXIST,
            "a file exists already at the path for the download: remove that file, or pass another path",
            str(target.path),
        )


def open_existing(target: FolderEntry, *, follow_link: bool) -> int | None:
    """Open the file that exists under the name of a download, and return its descriptor, or None if no file has this name.

    Args:
        target: The folder and the name.
        follow_link: Whether the name may be that of a link to a file.

    Raises:
        OSError: Something other than a file has the name, or the file or the link to it belongs to another user.
    """
    found = target.folder.find(target.name or ".")
    if found is None:
        return None
    is_link = stat.S_ISLNK(found.st_mode)
    if not stat.S_ISREG(found.st_mode) and not (is_link and follow_link):
        check_absent(target)
    try:
        descriptor = target.folder.open_file(target.name, os.O_RDONLY, follow_link=follow_link)
    except FileNotFoundError:
        check_absent(target)
        return None  # the file was removed in the meantime
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            check_absent(target)
        for one in (found, status):
            if problem := problem_of_owner(one):
                raise FileExistsError(
                    errno.EEXIST, f"the file at the path for the download {problem}: pass another path", str(target.path)
                )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
