"""Where the files of an artifact go: titles are a stranger's words, and none may lead out of the folder or onto a file in it."""

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

# A download goes to this name until it is whole.
_PART: Final = ".part"
# What most file systems hold of a name, with room for that.
_LONGEST_NAME: Final = 255 - len(_PART)
_LONGEST_TITLE: Final = 1024
_BLOCK: Final = 1024 * 1024
# Devices on Windows, whatever stands behind the first dot.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


@frozen
class Place:
    """Where a file of an artifact goes.

    Attributes:
        path: Its path.
        descriptor: Its descriptor.
        present: Whether it is there already.
    """

    path: Path
    descriptor: Descriptor
    present: bool


def check_titles(titles: Iterable[str]) -> None:
    """Check that titles are plain relative paths on every system, and that no two of them are one file on any.

    Args:
        titles: The titles of an artifact's files.

    Raises:
        UnsafeTitleError: One is none, or clashes with another one.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for title in titles:
        if problem := _problem(title):
            raise UnsafeTitleError(problem, title=title)
        key = _key(title)
        parents = ["/".join(key.split("/")[:depth]) for depth in range(1, key.count("/") + 1)]
        for name in (key, key + _PART):
            if name in files or name in folders:
                raise UnsafeTitleError("takes the place of another file of the artifact, or of its folder", title=title)
        for parent in parents:
            if parent in files:
                raise UnsafeTitleError("lies in a folder whose name another file of the artifact has", title=title)
            folders[parent] = title
        files[key] = files[key + _PART] = title


def find_places(folder: Path, files: Sequence[tuple[str, Descriptor]]) -> list[Place]:
    """Return where files go, once it is sure that this is in the folder and that nothing is overwritten; nothing is written.

    Args:
        folder: The folder, which need not be there.
        files: Titles and descriptors.

    Raises:
        UnsafeTitleError: A title leads elsewhere, be it over a link that is there, or onto something else.
        OSError: What is there cannot be read.
    """
    check_titles(title for title, _ in files)
    return [_find_place(folder, title, descriptor) for title, descriptor in files]


def _find_place(folder: Path, title: str, descriptor: Descriptor) -> Place:
    root = folder.resolve()
    here = folder
    *parents, _ = title.split("/")
    for name in parents:
        here = here / name
        found = _look(here)
        if found is None:
            break
        # A junction of Windows looks like a folder, and only leads elsewhere.
        if not stat.S_ISDIR(found.st_mode) or not here.resolve().is_relative_to(root):
            raise UnsafeTitleError(f"leads over {str(here)!a}, which is a link or a file: remove it", title=title)
    path = folder / title
    part = _look(path.with_name(path.name + _PART))
    if part is not None and not _is_plain(part):
        raise UnsafeTitleError(f"is to be written to {str(path) + _PART!a} first, which is no plain file: remove it", title=title)
    found = _look(path)
    if found is None:
        return Place(path, descriptor, present=False)
    if stat.S_ISREG(found.st_mode) and found.st_size == descriptor.size and _is_of(path, Digest(descriptor.digest)):
        return Place(path, descriptor, present=True)
    raise UnsafeTitleError("would overwrite what is there already: remove that, or pull into another folder", title=title)


def _look(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_plain(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def _is_of(path: Path, digest: Digest) -> bool:
    verifier = Verifier(digest.algorithm)
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            verifier.update(block)
    return verifier.digest == digest


def _problem(title: str) -> str | None:
    names = title.split("/")
    if not title.isprintable():
        return "has a character that does not print"  # NUL, control characters, what turns the direction of text, half of a pair
    if len(title.encode()) > _LONGEST_TITLE or any(len(name.encode()) > _LONGEST_NAME for name in names):
        return f"is too long: {_LONGEST_TITLE} bytes, or {_LONGEST_NAME} between two slashes, is the most"
    if "\\" in title or ":" in title:
        return "has a backslash or a colon, which lead elsewhere on Windows"
    for name in names:
        if name in ("", ".", ".."):
            return "is empty, absolute, or has a part that is empty or made of dots"
        if name != name.rstrip(". "):
            return "has a part that ends with a dot or a space, which Windows leaves out"
        if _RESERVED.fullmatch(name.partition(".")[0].rstrip()):
            return "has the name of a device on Windows"
    return None


def _key(title: str) -> str:
    """Return what two titles share that are one file on a system that does not tell cases or forms of letters apart."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
