"""Content codings of bodies that were not requested: the names in the header Content-Encoding, and decoding. Free of I/O.

Requests accept the coding `identity` only. Some registries, caches and storage services compress bodies all the same.

Source: RFC 9110, sections 8.4 and 12.5.3.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final

_PIECE_BYTES: Final = 256 * 1024
_MAX_CODINGS: Final = 3
# A body of many empty members of gzip would take much time, but have no length that a limit could bound.
_MAX_EMPTY_MEMBERS: Final = 100
_NAMES: Final = frozenset({"gzip", "x-gzip", "deflate"})
# The window size for zlib that means gzip, and the first byte of each member.
_GZIP: Final = zlib.MAX_WBITS | 16
_GZIP_MAGIC: Final = 0x1F
# S3 keeps this name of uploads beside the other names, although it removes the coding itself.
_OF_UPLOADS: Final = "aws-chunked"


def coding_of(header: str | None) -> str | None:
    """Return the content coding that a header states, in lower case; None for no coding.

    Args:
        header: The value of the header Content-Encoding; None if the response has no such header.
    """
    names = [name for part in (header or "").lower().split(",") if (name := part.strip()) not in ("", "identity")]
    names = [name for name in names if name != _OF_UPLOADS] or names
    return ", ".join(names)[:60] or None


class CodingDecoder:
    """A decoder of a body with one or several content codings, which returns pieces of at most 256 KiB.

    Args:
        coding: The content codings in the order in which they were applied, separated by commas: `gzip`, `x-gzip`, `deflate`.
        error: A function that returns the exception to raise, from the coding and from the problem, such as `the encoded body is
            truncated`.
    """

    def __init__(self, coding: str, error: Callable[[str, str], Exception]) -> None:
        self._coding = coding
        self._error = error
        names = coding.split(", ")
        if len(names) > _MAX_CODINGS or not all(name in _NAMES for name in names):
            raise error(coding, "this coding cannot be decoded")
        self._stages = [_Stage(name) for name in reversed(names)]

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded bytes of the next bytes of the body. Bytes of another coding raise the exception of `error`.

        Args:
            data: The bytes.
        """
        try:
            yield from _decode(self._stages, data)
        except zlib.error:
            raise self._error(self._coding, "the body is not of this coding") from None

    def finish(self) -> None:
        """Check that the body is complete, and raise the exception of `error` if it ends too early."""
        if not all(stage.is_finished for stage in self._stages):
            raise self._error(self._coding, "the encoded body is truncated")


class _Stage:
    """One content coding. A body in gzip may have several members, one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._window: int | None = None
        self._decoder = zlib.decompressobj()
        self._member_bytes = self._empty_members = 0

    @property
    def is_finished(self) -> bool:
        return self._decoder.eof or self._window is None

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._window is None:
                self._window = _window(self._name, data)
                self._decoder = zlib.decompressobj(self._window)
            elif self._decoder.eof:
                if self._window != _GZIP or not data.strip(b"\0"):
                    return  # padding after the end
                self._begin_member()
            piece = self._decoder.decompress(data, _PIECE_BYTES)
            data = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail
            self._member_bytes += len(piece)
            if piece:
                yield piece
            elif not data:
                return

    def _begin_member(self) -> None:
        self._decoder = zlib.decompressobj(_GZIP)
        self._empty_members += not self._member_bytes
        self._member_bytes = 0
        if self._empty_members > _MAX_EMPTY_MEMBERS:
            raise zlib.error("the body has too many empty members")


def _window(name: str, data: bytes) -> int:
    """Return the window size for zlib, by the first bytes of a body: some servers confuse gzip, zlib's format and raw deflate.

    A body of raw deflate does not begin as gzip does, since its first block would have a type that does not exist (RFC 1951).
    """
    if data[0] == _GZIP_MAGIC:
        return _GZIP
    # The header of zlib's format (RFC 1950, section 2.2), as far as the bytes show that.
    if data[0] & 0x0F == 8 and (len(data) < 2 or int.from_bytes(data[:2], "big") % 31 == 0):
        return zlib.MAX_WBITS
    return -zlib.MAX_WBITS if name == "deflate" else _GZIP


def _decode(stages: list[_Stage], data: bytes) -> Iterator[bytes]:
    if not stages:
        yield data
        return
    for piece in stages[0].decode(data):
        yield from _decode(stages[1:], piece)
