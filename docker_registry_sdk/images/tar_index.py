"""An index of the members of a tar file, which are read in place: nothing is extracted to the disk."""

from __future__ import annotations

import io
import posixpath
from pathlib import Path
from typing import BinaryIO, Final

from attrs import frozen

from .._core.files import open_regular, open_without_waiting
from .._core.text.redaction import printable, quoted
from ..errors import ImageError
from .decompress import TemporaryCopy, compression_of, decompress
from .files import read_blocks
from .tar_headers import TarFormatError, TarHeader, read_tar_headers

# An archive of a hundred large images has a few thousand members.
_MAX_MEMBERS: Final = 50_000
# The names of all files and links are kept in memory.
_MAX_NAMES_CHARACTERS: Final = 16 * 1024 * 1024


@frozen
class TarMember:
    """The position of a file in a tar archive.

    Attributes:
        offset: The offset of the file's first byte in the archive.
        size: The size of the file in bytes.
    """

    offset: int
    size: int


class TarIndex:
    """The regular files of a tar archive, by name. A compressed archive is decompressed into a temporary file.

    Args:
        path: The path of the archive.

    Raises:
        ImageError: The file is not a tar archive, is damaged or truncated, or exceeds a safety limit.
        OSError: The file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._members: dict[str, TarMember] = {}
        self._links: dict[str, str] = {}
        self._duplicates: set[str] = set()
        self._copy: TemporaryCopy | None = None
        with self.open() as file:
            compression = compression_of(file)
            if compression is not None:
                self._copy = decompress(file, compression, self._shown)
        try:
            with self.open() as file:
                self._read_headers(file, file.seek(0, io.SEEK_END))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the temporary file, if the archive is compressed."""
        if self._copy is not None:
            self._copy.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members or name in self._links

    def find(self, name: str) -> TarMember:
        """Return the position of a file. If the name is that of a link, return the position of the file to which the link points.

        Docker wrote links for repeated layers. A link to another link is an error.

        Args:
            name: The name of the file in the archive.

        Raises:
            ImageError: The archive has no file of this name, or has several.
        """
        for one in (name, self._links.get(name, name)):
            if one in self._duplicates:
                raise ImageError(
                    f"{self._shown} has two files {quoted(one)}, so the archive is ambiguous",
                    hint="Create the archive again with docker save.",
                )
            if one in self._members:
                return self._members[one]
        raise ImageError(
            f"the archive {self._shown} has no file {quoted(name)}", hint="Create the archive again: it is incomplete."
        )

    def read(self, name: str, max_bytes: int) -> bytes:
        """Return the content of a file.

        Args:
            name: The name of the file in the archive.
            max_bytes: The maximum size of the file in bytes.

        Raises:
            ImageError: The archive has no file of this name, has several, or the file is larger than `max_bytes`.
            OSError: The archive cannot be read.
        """
        member = self.find(name)
        if member.size > max_bytes:
            raise ImageError(
                f"{self._shown}: {quoted(name)} is larger than {max_bytes} bytes, the limit for such a file",
                hint="Check that the file is an archive of docker save.",
            )
        return b"".join(read_blocks(self.open, member.offset, member.size))

    def open(self) -> BinaryIO:
        """Open the archive for reading.

        Raises:
            ImageError: The path is that of a pipe, a socket, a device or a folder.
            OSError: The file cannot be opened.
        """
        if self._copy is not None:
            return self._copy.open()
        file = open_regular(lambda: open_without_waiting(self.path))
        if file is not None:
            return file
        raise ImageError(
            f"{self._shown} is not a regular file",
            hint="Pass the path of a tar file: an archive is read more than once, so it cannot be a pipe or a folder.",
        )

    @property
    def _shown(self) -> str:
        return printable(str(self.path))

    def _read_headers(self, file: BinaryIO, archive_size: int) -> None:
        file.seek(0)
        names_length = 0
        try:
            for count, header in enumerate(read_tar_headers(file, archive_size)):
                names_length += len(header.name) + len(header.link)
                if count >= _MAX_MEMBERS or names_length > _MAX_NAMES_CHARACTERS:
                    raise ImageError(
                        f"{self._shown} has more than {_MAX_MEMBERS} files, or more than {_MAX_NAMES_CHARACTERS} characters in "
                        "their names, the limits",
                        hint="Check that the file is an archive of docker save.",
                    )
                self._add(header, archive_size)
        except TarFormatError as error:
            raise ImageError(
                f"{self._shown} is not a readable tar file: {error}",
                hint="Check that the file is an archive of docker save, and create it again if it is damaged.",
            ) from None

    def _add(self, header: TarHeader, archive_size: int) -> None:
        name = posixpath.normpath(header.name)
        if header.kind == "folder":
            return
        if name in self._members or name in self._links:
            self._duplicates.add(name)
        if header.kind == "symlink":
            self._links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), header.link))
        elif header.kind == "link":
            self._links[name] = posixpath.normpath(header.link)
        elif header.kind == "file":
            if header.offset + header.size > archive_size:
                raise ImageError(
                    f"{self._shown} is truncated: it ends before the end of its file {quoted(name)}",
                    hint="Copy or create the archive again.",
                )
            self._members[name] = TarMember(header.offset, header.size)
