"""The members of a tar file by name, read where they lie: nothing is extracted."""

from __future__ import annotations

import io
import posixpath
import tarfile
from pathlib import Path
from typing import BinaryIO, Final

from attrs import frozen

from .._core.text.redaction import printable, quoted
from ..errors import ImageError
from .files import read_blocks

# An archive of a hundred large images has some thousands.
_MOST_MEMBERS: Final = 50_000
# tarfile reads headers at once; a long name or the attributes of a file need far less.
_MOST_AT_ONCE: Final = 1024 * 1024
_COMPRESSED: Final = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


@frozen
class Member:
    """Where a member's bytes lie.

    Attributes:
        offset: Where they begin in the archive.
        size: How many they are.
    """

    offset: int
    size: int


class TarIndex:
    """The plain files of an uncompressed tar file.

    Args:
        path: Its path.

    Raises:
        ImageError: It is none, compressed, or broken off.
        OSError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._members: dict[str, Member] = {}
        self._links: dict[str, str] = {}
        self._twice: set[str] = set()
        with self.open() as file:
            self._read(file, file.seek(0, io.SEEK_END))

    def __contains__(self, name: str) -> bool:
        return name in self._members or name in self._links

    def find(self, name: str) -> Member:
        """Return where a member lies; one link inside the archive is followed, as Docker wrote them for layers that it had twice.

        Args:
            name: Its name.

        Raises:
            ImageError: It is not there, or more than once, or a link to what is not there.
        """
        for one in (name, self._links.get(name, name)):
            if one in self._twice:
                raise ImageError(f"{self._shown} holds {quoted(one)} twice, and tools would differ on which counts")
            if one in self._members:
                return self._members[one]
        raise ImageError(f"{self._shown} has no file {quoted(name)}")

    def read(self, name: str, most: int) -> bytes:
        """Return a member's bytes.

        Args:
            name: Its name.
            most: How many bytes it may have.

        Raises:
            ImageError: It is not there, or larger.
            OSError: The archive cannot be read.
        """
        member = self.find(name)
        if member.size > most:
            raise ImageError(f"{self._shown}: {quoted(name)} is larger than {most} bytes, which no such file is")
        return b"".join(read_blocks(self.open, member.offset, member.size))

    def open(self) -> BinaryIO:
        """Open the archive.

        Raises:
            OSError: It cannot be read.
        """
        return self.path.open("rb", buffering=0)

    @property
    def _shown(self) -> str:
        return printable(str(self.path))

    def _read(self, file: BinaryIO, size: int) -> None:
        file.seek(0)
        start = file.read(8)
        form = next((name for magic, name in _COMPRESSED.items() if start.startswith(magic)), None)
        if form is not None:
            raise ImageError(f"{self._shown} is compressed with {form}; decompress it first")
        file.seek(0)
        try:
            with tarfile.open(fileobj=_Bounded(file), mode="r:") as tar:
                for count, member in enumerate(iter(tar.next, None)):
                    if count >= _MOST_MEMBERS:
                        raise ImageError(f"{self._shown} has more than {_MOST_MEMBERS} files, which no archive of images has")
                    if sum(map(len, tar.pax_headers.values())) > _MOST_AT_ONCE:
                        raise ImageError(f"{self._shown} has headers of more than {_MOST_AT_ONCE} characters for all its files")
                    self._note(member, size)
                    # tarfile would keep all headers.
                    tar.members.clear()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
            raise ImageError(f"{self._shown} is no tar file that can be read: {error}") from None

    def _note(self, member: tarfile.TarInfo, size: int) -> None:
        name = posixpath.normpath(member.name)
        if member.size < 0:  # tarfile would go back by as much
            raise ImageError(f"{self._shown} has {member.size} bytes in {quoted(name)}; it was written to do harm")
        if member.isdir():
            return
        if name in self._members or name in self._links:
            self._twice.add(name)
        if member.issym():
            self._links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
        elif member.islnk():
            self._links[name] = posixpath.normpath(member.linkname)
        elif member.isreg() and not member.issparse():
            if member.offset_data + member.size > size:
                raise ImageError(f"{self._shown} breaks off in {quoted(name)}")
            self._members[name] = Member(member.offset_data, member.size)


class _Bounded(io.RawIOBase):
    """A file of which no reader gets much at once, whatever a header says.

    Args:
        file: The file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._file.read(size)
