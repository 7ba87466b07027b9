"""The paths to which the files of an artifact are written.

Titles are untrusted input: a title must not lead out of the folder, nor overwrite a file in it.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from ..digest import Digest, Verifier
from ..errors import UnsafeTitleError
from ..v2.models import Descriptor

# The suffix of a file that is being downloaded.
_PART_SUFFIX: Final = ".part"
# Most file systems allow 255 bytes for a name.
MAX_NAME_BYTES: Final = 255 - len(_PART_SUFFIX)
MAX_TITLE_BYTES: Final = 1024
_BLOCK_BYTES: Final = 1024 * 1024
# Names of devices on Windows, also with any extension.
_DEVICE_NAME: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


@frozen
class TargetFile:
    """A file to which a layer of an artifact is written.

    Attributes:
        path: The path of the file.
        descriptor: The descriptor of the layer.
        exists: Whether a file with the content of the layer already exists at the path.
    """

    path: Path
    descriptor: Descriptor
    exists: bool


def check_titles(titles: Iterable[str]) -> None:
    """Check that titles are relative paths on every operating system, and that no two titles mean one file on any system.

    Args:
        titles: The titles of an artifact's files.

    Raises:
        UnsafeTitleError: A title is not a relative path on every operating system, or may mean the same file as another title.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for title in titles:
        if problem := _find_problem(title):
            raise UnsafeTitleError(problem, title=title)
        key = _collision_key(title)
        parents = ["/".join(key.split("/")[:depth]) for depth in range(1, key.count("/") + 1)]
        for name in (key, key + _PART_SUFFIX):
            if name in files or name in folders:
                raise UnsafeTitleError(
                    "may be the same path as another file or folder of the artifact on some operating systems", title=title
                )
        for parent in parents:
            if parent in files:
                raise UnsafeTitleError("is in a folder that has the same name as another file of the artifact", title=title)
            folders[parent] = title
        files[key] = files[key + _PART_SUFFIX] = title


def find_target_files(folder: Path, files: Sequence[tuple[str, Descriptor]]) -> list[TargetFile]:
    """Check the titles of an artifact's files, and return the path of each file. No file is written.

    Each path is in the folder. If a file exists at the path, its content is that of the layer.

    Args:
        folder: The folder in which the files will be written; it need not exist.
        files: The titles and descriptors of the files.

    Raises:
        UnsafeTitleError: A title is unsafe, its path contains a link, or a file with other content exists at the path.
        OSError: An existing file cannot be read.
    """
    check_titles(title for title, _ in files)
    return [_find_target_file(folder, title, descriptor) for title, descriptor in files]


def _find_target_file(folder: Path, title: str, descriptor: Descriptor) -> TargetFile:
    root = folder.resolve()
    parent = folder
    *parents, _ = title.split("/")
    for name in parents:
        parent = parent / name
        found = _stat_or_none(parent)
        if found is None:
            break
        # A junction of Windows is reported as a folder, although it leads to another path like a link.
        if not stat.S_ISDIR(found.st_mode) or not parent.resolve().is_relative_to(root):
            raise UnsafeTitleError(
                f"is in {str(parent)!a}, which is a link or a file, not a folder",
                title=title,
                hint="Remove that link or file, or pull into another folder.",
            )
    path = folder / title
    part = _stat_or_none(path.with_name(path.name + _PART_SUFFIX))
    if part is not None and not _is_regular(part):
        raise UnsafeTitleError(
            f"needs the temporary file {str(path) + _PART_SUFFIX!a}, but something else exists at this path",
            title=title,
            hint="Remove the file or folder at this path.",
        )
    found = _stat_or_none(path)
    if found is None:
        return TargetFile(path, descriptor, exists=False)
    if stat.S_ISREG(found.st_mode) and found.st_size == descriptor.size and _has_digest(path, descriptor.digest):
        return TargetFile(path, descriptor, exists=True)
    raise UnsafeTitleError(
        "is the path of an existing file with other content", title=title, hint="Remove that file, or pull into another folder."
    )


def _stat_or_none(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_regular(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def _has_digest(path: Path, digest: Digest) -> bool:
    verifier = Verifier(digest.algorithm)
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            verifier.update(block)
    return verifier.digest == digest


def _find_problem(title: str) -> str | None:
    names = title.split("/")
    if not title.isprintable():
        return "has an unprintable character"  # NUL, control characters, bidirectional controls, unpaired surrogates
    if len(title.encode()) > MAX_TITLE_BYTES or any(len(name.encode()) > MAX_NAME_BYTES for name in names):
        return f"is too long: at most {MAX_TITLE_BYTES} bytes, and {MAX_NAME_BYTES} bytes between two slashes, are allowed"
    if "\\" in title or ":" in title:
        return "has a backslash or a colon, which have a special meaning in Windows paths"
    for name in names:
        if name in ("", ".", ".."):
            return "is empty or absolute, or one of its parts is empty, '.' or '..'"
        if name != name.rstrip(". "):
            return "has a part that ends with a dot or a space, which Windows removes"
        if _DEVICE_NAME.fullmatch(name.partition(".")[0].rstrip()):
            return "has the name of a device on Windows"
    return None


def _collision_key(title: str) -> str:
    """Return a key for a title. Titles with equal keys may mean one file on systems that ignore case or Unicode normalization."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
