"""The paths to which the files of an artifact are written.

Titles are untrusted input: a title must not lead out of the folder, nor overwrite a file in it.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

from attrs import frozen

from .._core.folders import FolderEntry, LinkError, OpenFolder, open_path, problem_of_owner
from .._core.text.redaction import printable
from ..digest import Digest, Verifier
from ..errors import ArtifactError, UnsafeTitleError
from ..v2.models import Descriptor

# The suffix of a file that is being downloaded.
_PART_SUFFIX: Final = ".part"
# Most file systems allow 255 bytes for a name.
MAX_NAME_BYTES: Final = 255 - len(_PART_SUFFIX)
MAX_TITLE_BYTES: Final = 1024
# A manifest of 4 MiB could otherwise create more than a million folders.
MAX_TITLE_DEPTH: Final = 64
_BLOCK_BYTES: Final = 1024 * 1024
# Names of devices on Windows, also with any extension.
_DEVICE_NAME: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


@frozen
class TargetFile:
    """A file to which a layer of an artifact is written.

    Attributes:
        title: The title of the layer.
        path: The path of the file.
        descriptor: The descriptor of the layer.
        exists: Whether a file with the content of the layer already exists at the path.
    """

    title: str
    path: Path
    descriptor: Descriptor
    exists: bool


def check_sources(sources: Iterable[bytes | os.PathLike[str]]) -> None:
    """Check that the files to push exist, and are no folders, pipes or sockets.

    Args:
        sources: The paths of the files; bytes are skipped.

    Raises:
        ArtifactError: A path is that of a folder, pipe or socket.
        OSError: A file does not exist, or cannot be examined.
    """
    for source in sources:
        if not isinstance(source, os.PathLike):
            continue
        mode = os.stat(source).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            kind = "pipe" if stat.S_ISFIFO(mode) else "socket"
            raise ArtifactError(
                f"{printable(os.fspath(source))} is a {kind}, but only files can be pushed",
                hint="Write the content to a file, or pass the content as bytes.",
            )
        if stat.S_ISDIR(mode):
            raise ArtifactError(
                f"{printable(os.fspath(source))} is a folder, but only files can be pushed",
                hint="Pass the files in the folder, or pack the folder into a tar file and push that.",
            )


def check_titles(titles: Iterable[str]) -> None:
    """Check that titles are relative paths on every operating system, and that no two titles mean one file on any system.

    Args:
        titles: The titles of an artifact's files.

    Raises:
        UnsafeTitleError: A title is not a relative path on every operating system, or may mean the same file as another title.
    """
    paths: list[tuple[str, int, str]] = []
    for number, title in enumerate(titles):
        if problem := _find_problem(title):
            raise UnsafeTitleError(problem, title=title)
        key = _collision_key(title)
        paths += [(_sort_key(name), number, title) for name in (key, key + _PART_SUFFIX)]
    # In this order, the paths below a path follow that path at once. A set of all folders could need 1 GiB for one manifest.
    for (path, first, title), (following, second, other) in pairwise(sorted(paths)):
        if following.startswith(path):
            raise UnsafeTitleError(
                "may be the same path as another file or folder of the artifact on some operating systems",
                title=title if first > second else other,
            )


def find_target_files(folder: Path, files: Sequence[tuple[str, Descriptor]]) -> list[TargetFile]:
    """Check the titles of an artifact's files, and return the path of each file. No file is written.

    Each path is in the folder. If a file exists at the path, its content is that of the layer.

    Args:
        folder: The folder in which the files will be written; it need not exist.
        files: The titles and descriptors of the files.

    Raises:
        UnsafeTitleError: A title is unsafe, its path contains a link, or a file with other content or of another user exists at
            the path.
        OSError: An existing file cannot be read.
    """
    check_titles(title for title, _ in files)
    return [TargetFile(title, folder / title, one, exists=_exists(folder, title, one)) for title, one in files]


@contextmanager
def open_parent(folder: OpenFolder, title: str) -> Iterator[FolderEntry]:
    """Yield the entry for a file of an artifact. The folders on the way are created, and checked for links again.

    Args:
        folder: The folder in which the files are written.
        title: The title of the file, which `find_target_files` has accepted.

    Raises:
        UnsafeTitleError: A link or a file has taken the place of a folder since the title was checked.
        OSError: A folder cannot be created or opened.
    """
    *parents, name = title.split("/")
    try:
        parent = open_path(folder, *parents, create=True) if parents else folder
    except LinkError as error:
        raise _link_in_title(title, error) from None
    try:
        yield FolderEntry(parent, name)
    finally:
        if parent is not folder:
            parent.close()


def _exists(folder: Path, title: str, descriptor: Descriptor) -> bool:
    """Return whether the file of a layer exists with the content of the layer; False if nothing exists at its path."""
    *parents, name = title.split("/")
    with ExitStack() as opened:
        try:
            parent = opened.enter_context(OpenFolder(folder))
            if parents:
                parent = opened.enter_context(open_path(parent, *parents))
        except LinkError as error:
            raise _link_in_title(title, error) from None
        except FileNotFoundError:
            return False
        part = parent.find(name + _PART_SUFFIX)
        if part is not None and not (stat.S_ISREG(part.st_mode) and part.st_nlink == 1):
            raise UnsafeTitleError(
                f"needs the temporary file {str(folder / title) + _PART_SUFFIX!a}, but something else exists at this path",
                title=title,
                hint="Remove the file or folder at this path.",
            )
        found = parent.find(name)
        if found is None:
            return False
        if problem := problem_of_owner(found):
            raise UnsafeTitleError(
                f"is the path of an existing file that {problem}", title=title, hint="Pull into a folder that only you can write."
            )
        if stat.S_ISREG(found.st_mode) and found.st_size == descriptor.size and _has_digest(parent, name, descriptor.digest):
            return True
    raise UnsafeTitleError(
        "is the path of an existing file with other content", title=title, hint="Remove that file, or pull into another folder."
    )


def _link_in_title(title: str, error: LinkError) -> UnsafeTitleError:
    return UnsafeTitleError(
        f"is in {str(error.filename)!a}, which is a link or a file, not a folder",
        title=title,
        hint="Remove that link or file, or pull into another folder.",
    )


def _has_digest(folder: OpenFolder, name: str, digest: Digest) -> bool:
    verifier = Verifier(digest.algorithm)
    with os.fdopen(folder.open_file(name, os.O_RDONLY), "rb", buffering=0) as file:
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
    if len(names) > MAX_TITLE_DEPTH:
        return f"is in too many folders: a path may have at most {MAX_TITLE_DEPTH} parts"
    for name in names:
        if name in ("", ".", ".."):
            return "is empty or absolute, or one of its parts is empty, '.' or '..'"
        if name != name.rstrip(". "):
            return "has a part that ends with a dot or a space, which Windows removes"
        if _DEVICE_NAME.fullmatch(name.partition(".")[0].rstrip()):
            return "has the name of a device on Windows"
    return None


def _sort_key(path: str) -> str:
    """Return a text that begins the sort key of each path below the given path, and of no other path."""
    return path.replace("/", "\0") + "\0"


def _collision_key(title: str) -> str:
    """Return a key for a title. Titles with equal keys may mean one file on systems that ignore case or Unicode normalization."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
