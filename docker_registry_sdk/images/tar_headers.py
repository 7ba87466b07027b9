"""Read the headers of a tar file, in time and memory that the size of the file bounds.

The module `tarfile` of the standard library searches extended headers with patterns that take quadratic time in older versions of
Python (CVE-2024-6232), and calls itself for each extended header.

Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from attrs import frozen

_BLOCK_BYTES: Final = 512
# Real extended headers, with long names and extended attributes, are far smaller.
_MAX_HEADER_BYTES: Final = 1024 * 1024
# The limit of Linux for a path.
_MAX_NAME_BYTES: Final = 4096
_REGULAR: Final = frozenset({b"0", b"\0", b"7"})
_HARD_LINK, _SYMBOLIC_LINK, _FOLDER, _SPARSE = b"1", b"2", b"5", b"S"
# Links, devices, folders and pipes. Their size is ignored, since no data follows.
_WITHOUT_DATA: Final = frozenset({_HARD_LINK, _SYMBOLIC_LINK, b"3", b"4", _FOLDER, b"6"})
_EXTENDED, _EXTENDED_FOR_ALL, _LONG_NAME, _LONG_LINK = frozenset({b"x", b"X"}), b"g", b"L", b"K"


class TarFormatError(ValueError):
    """A tar file that is malformed, or has a header that is too large."""


@frozen
class TarHeader:
    """The header of a file, a link or a folder in a tar file.

    Attributes:
        name: The name.
        kind: `file`, `link` (a hard link), `symlink`, `folder`, or `other` for devices, pipes and sparse files.
        link: The name that a link points to; empty for other kinds.
        offset: The offset of the first byte of the content in the tar file.
        size: The size of the content in bytes.
    """

    name: str
    kind: str
    link: str
    offset: int
    size: int


def read_tar_headers(file: BinaryIO, archive_size: int) -> Iterator[TarHeader]:
    """Yield the headers of a tar file, without those that only extend another header.

    Args:
        file: The tar file. It is read from its beginning.
        archive_size: The size of the tar file in bytes.

    Raises:
        TarFormatError: The file is not a tar file, or a header is malformed or too large.
        OSError: The file cannot be read.
    """
    offset = 0
    for_all: dict[bytes, bytes] = {}
    extended: dict[bytes, bytes] = {}
    if archive_size == 0:
        raise TarFormatError("the file is empty")
    while offset < archive_size:
        file.seek(offset)
        block = file.read(_BLOCK_BYTES)
        if not block.strip(b"\0"):
            return  # the end of the archive, which a block of zeros marks
        _check_block(block)
        kind, size = block[156:157], _parse_number(block[124:136])
        offset += _BLOCK_BYTES
        if kind in _EXTENDED or kind == _EXTENDED_FOR_ALL:
            target = for_all if kind == _EXTENDED_FOR_ALL else extended
            target.update(_parse_extended(_read_header(file, size)))
        elif kind in (_LONG_NAME, _LONG_LINK):
            extended[b"path" if kind == _LONG_NAME else b"linkpath"] = _read_header(file, size).partition(b"\0")[0]
        else:
            values = {**for_all, **extended}
            extended = {}
            if values.get(b"size"):
                size = _parse_decimal(values[b"size"])
            if kind == _SPARSE:
                offset = _skip_sparse_blocks(file, block, offset)
            yield _parse_header(block, kind, values, offset, size)
            size = 0 if kind in _WITHOUT_DATA else size
        offset += -(-size // _BLOCK_BYTES) * _BLOCK_BYTES
    if offset > archive_size:
        raise TarFormatError("the file is truncated")


def _parse_header(block: bytes, kind: bytes, values: dict[bytes, bytes], offset: int, size: int) -> TarHeader:
    name = values.get(b"path") or _text(block[:100])
    if b"path" not in values and block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = prefix + b"/" + name
    is_sparse = any(key.startswith(b"GNU.sparse.") for key in values)
    if kind in _REGULAR and not is_sparse:
        shown = "folder" if kind == b"\0" and name.endswith(b"/") else "file"
    else:
        shown = {_HARD_LINK: "link", _SYMBOLIC_LINK: "symlink", _FOLDER: "folder"}.get(kind, "other")
    link = (values.get(b"linkpath") or _text(block[157:257])) if shown in ("link", "symlink") else b""
    for text in (name, link):
        if len(text) > _MAX_NAME_BYTES:
            raise TarFormatError(f"a header has a name of {len(text)} bytes; the limit is {_MAX_NAME_BYTES}")
    return TarHeader(_decode(name), shown, _decode(link), offset, size)


def _check_block(block: bytes) -> None:
    if len(block) < _BLOCK_BYTES:
        raise TarFormatError("the file is truncated")
    expected = _parse_number(block[148:156])
    others = block[:148] + b" " * 8 + block[156:]
    # Old programs added the bytes as signed numbers.
    if sum(others) != expected and sum(byte - 256 if byte > 127 else byte for byte in others) != expected:
        raise TarFormatError("a header has a wrong checksum")


def _parse_number(text: bytes) -> int:
    """Return a number: octal digits, or, after a byte with the highest bit, a signed number in base 256 (an extension of GNU)."""
    if text[0] in (0x80, 0xFF):
        number = int.from_bytes(text[1:]) - (256 ** (len(text) - 1) if text[0] == 0xFF else 0)
    else:
        digits = text.partition(b"\0")[0].strip()
        if digits.strip(b"01234567"):
            raise TarFormatError("a header has a malformed number")
        number = int(digits or b"0", 8)
    if number < 0:
        raise TarFormatError(f"a header has the negative size {number}")
    return number


def _parse_decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18:
        raise TarFormatError("a header has a malformed size")
    return int(text)


def _read_header(file: BinaryIO, size: int) -> bytes:
    if size > _MAX_HEADER_BYTES:
        raise TarFormatError(f"a header has {size} bytes; the limit is {_MAX_HEADER_BYTES}")
    content = bytearray()
    while len(content) < size and (part := file.read(size - len(content))):
        content += part
    if len(content) < size:
        raise TarFormatError("the file is truncated")
    return bytes(content)


def _parse_extended(content: bytes) -> dict[bytes, bytes]:
    """Return the values of an extended header that matter here: the name, the link, the size, and whether the file is sparse."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(content) and content[at] != 0:
        blank = content.find(b" ", at, at + 20)
        digits = content[at:blank] if blank != -1 else b""
        length = int(digits) if digits.isdigit() else 0
        key, equals, value = content[blank + 1 : at + length - 1].partition(b"=")
        if length < 5 or not equals or content[at + length - 1 : at + length] != b"\n":
            raise TarFormatError("an extended header is malformed")
        if key in (b"path", b"linkpath", b"size"):
            found[key] = value
        elif key.startswith(b"GNU.sparse."):
            found[b"GNU.sparse."] = b""
        at += length
    return found


def _skip_sparse_blocks(file: BinaryIO, block: bytes, offset: int) -> int:
    """Return the offset after the blocks that continue the header of a sparse file of GNU tar."""
    is_extended = block[482]
    while is_extended:
        file.seek(offset)
        following = file.read(_BLOCK_BYTES)
        if len(following) < _BLOCK_BYTES:
            raise TarFormatError("the file is truncated")
        is_extended = following[504]
        offset += _BLOCK_BYTES
    return offset


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
