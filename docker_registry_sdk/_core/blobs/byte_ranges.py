"""The byte ranges of a blob to request: after an interruption, and ahead of reads. Free of I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from ...errors import ParseError, RegistryError
from .retries import MIN_PROGRESS_BYTES

_CONTENT_RANGE: Final = re.compile(r"bytes[ =]([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_UNSATISFIED_RANGE: Final = re.compile(r"bytes[ =]\*/([0-9]{1,18})", re.IGNORECASE)
_STRONG_ETAG: Final = re.compile(r'"[!-~]+"')
_PARTIAL_RESPONSE: Final = "CreateBlobReadStreamPartialContent"
# A server without support for ranges sends the whole blob instead of a range. Up to this size, the rest is discarded.
MAX_WHOLE_BLOB_BYTES: Final = 4 * 1024 * 1024

MIN_READ_AHEAD_BYTES: Final = 64 * 1024
MAX_READ_AHEAD_BYTES: Final = 4 * 1024 * 1024
_MAX_CACHED_BLOCKS: Final = 4


@frozen
class ResponseHead:
    """The status and headers of a response with a blob or a range of it.

    Attributes:
        is_whole: Whether it is a 200 with the whole blob, not a 206 with a range.
        length: The Content-Length.
        content_range: The Content-Range.
        etag: The ETag.
    """

    is_whole: bool
    length: int | None = None
    content_range: str | None = None
    etag: str | None = None


class Resumption:
    """The state of a read that is resumed after interruptions: which bytes have arrived, and which to request next.

    Args:
        size: The size of the blob in bytes, or None while it is not known.
        offset: The offset of the first byte to read.
        stop: The offset after the last byte to read, or None to read to the end. It requires a size.
    """

    def __init__(self, size: int | None, offset: int = 0, stop: int | None = None) -> None:
        self.size = size
        self.offset = offset
        self._stop = stop
        self._etag: str | None = None
        self._use_ranges = True
        self._skip = 0  # the bytes at the beginning of a whole blob that arrived before
        self._range_end: int | None = None
        self._range_start = offset

    @property
    def is_complete(self) -> bool:
        """Whether all bytes have arrived; False while their number is not known."""
        end = self.size if self._stop is None else self._stop
        return end is not None and self.offset >= end

    def request_headers(self) -> tuple[str | None, str | None]:
        """Return the Range and If-Range headers of the next request; None for a header to leave out."""
        if not self._use_ranges or (self.offset == 0 and self._stop is None):
            return None, None
        last = "" if self._stop is None else str(self._stop - 1)
        return f"bytes={self.offset}-{last}", self._etag

    def check_response(self, head: ResponseHead) -> None:
        """Check that a response holds the requested bytes, and note its size and ETag.

        Args:
            head: The status and headers of the response.

        Raises:
            ParseError: The response holds another range than the requested one.
            RegistryError: The response holds the whole of a large blob, although a range was requested.

        Source: RFC 9110 sections 13.1.5, 14.4 and 15.3.7.
        """
        if head.is_whole:
            if self._stop is not None and (self.size or 0) > MAX_WHOLE_BLOB_BYTES:
                raise RegistryError(
                    f"the registry does not support range requests, and this blob of {self.size} bytes is too large to fetch "
                    "whole for each read: use download_blob, and open the file"
                )
            self._skip, self._range_end = self.offset, None
            total = head.length
        else:
            first, last, total = _parse_content_range(head.content_range)
            if first != self.offset:
                raise _range_error(f"begins at byte {first}, but the requested range begins at byte {self.offset}")
            if head.length is not None and head.length != last + 1 - first:
                raise _range_error(f"holds {last + 1 - first} bytes, but the Content-Length is {head.length}")
            if total is not None and self.size is not None and total != self.size:
                raise _range_error(f"gives the blob {total} bytes, but it has {self.size}")
            self._skip, self._range_start, self._range_end = 0, first, last + 1
        self.size = total if self.size is None else self.size
        # If-Range requires a strong ETag; a malformed one cannot be sent back.
        self._etag = head.etag if head.etag is not None and _STRONG_ETAG.fullmatch(head.etag) else None

    def handle_unsatisfiable(self, headers: Mapping[str, str]) -> bool:
        """Return whether a 416 response means that all bytes have arrived; if not, the next request is for the whole blob.

        Args:
            headers: The headers of the response, with names in any case.
        """
        match = _UNSATISFIED_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if self.size is None and match is not None and int(match[1]) == self.offset:
            self.size = self.offset
            return True
        self._use_ranges = False
        return False

    def accept(self, chunk: bytes | memoryview) -> bytes | memoryview:
        """Return the bytes of a chunk that have not arrived before, and count them.

        Bytes beyond the size of the blob are returned too, so that the verifier notices them.

        Args:
            chunk: A chunk of the body.

        Raises:
            ParseError: The body is longer than its Content-Range.
        """
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        if self._stop is not None and len(chunk) > self._stop - self.offset:
            chunk = chunk[: self._stop - self.offset]
        self.offset += len(chunk)
        if self._range_end is not None and self.offset > self._range_end:
            raise _range_error(f"ends before byte {self._range_end}, but the body is longer")
        return chunk

    def is_last_body(self) -> bool:
        """Return whether nothing is left to request after a body that ended properly; a server may send a shorter range."""
        return self._range_end is None or self.is_complete or (self.size is None and self.offset == self._range_end)

    def check_shorter_range(self) -> None:
        """Check a body that ended properly, but is not the last one: it must have brought some progress.

        Raises:
            ParseError: The body ended before its own Content-Range, or held less than 64 KiB.
        """
        if self.offset != self._range_end or self.offset - self._range_start < MIN_PROGRESS_BYTES:
            raise _range_error("ends before the requested range")


class ReadAhead:
    """A small cache of blocks of a blob, with a read-ahead window that doubles while reads are sequential.

    Args:
        size: The size of the blob in bytes.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._window = MIN_READ_AHEAD_BYTES // 2
        self._blocks: list[tuple[int, bytes]] = []  # offset and bytes, the most recently used block last

    def find(self, position: int, length: int) -> memoryview | None:
        """Return cached bytes from a position on, or None when the byte at the position is not cached.

        Args:
            position: The offset of the first byte.
            length: The maximum number of bytes to return.
        """
        for index in reversed(range(len(self._blocks))):
            start, data = self._blocks[index]
            if start <= position < start + len(data):
                self._blocks.append(self._blocks.pop(index))
                return memoryview(data)[position - start : position - start + length]
        return None

    def plan(self, position: int, length: int) -> tuple[int, int]:
        """Return the range to request, as the offset of its first byte and the offset after its last byte.

        Args:
            position: The offset of the first byte to read, which is not cached.
            length: The number of bytes to read.
        """
        ends = [start + len(data) for start, data in self._blocks]
        is_sequential = position in ends or (position == 0 and not ends)
        self._window = min(self._window * 2, MAX_READ_AHEAD_BYTES) if is_sequential else MIN_READ_AHEAD_BYTES
        stop = min(position + min(max(self._window, length), MAX_READ_AHEAD_BYTES), self._size)
        # A structure at the end of a file, such as the directory of a zip file, is read backwards.
        start = position if is_sequential else min(position, max(0, stop - self._window))
        return start, min([stop, *(begin for begin, _ in self._blocks if begin > position)])

    def add(self, start: int, data: bytes) -> None:
        """Cache a block, and remove the least recently used one.

        Args:
            start: The offset of the first byte.
            data: The bytes.
        """
        self._blocks = [*self._blocks[-_MAX_CACHED_BLOCKS + 1 :], (start, data)]


def _parse_content_range(text: str | None) -> tuple[int, int, int | None]:
    match = _CONTENT_RANGE.fullmatch((text or "").strip())
    if match is None:
        raise _range_error("is missing" if text is None else "is not a range of bytes")
    first, last, total = int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3])
    if first > last or (total is not None and last >= total):
        raise _range_error("is not a valid range")
    return first, last, total


def _range_error(problem: str) -> ParseError:
    return ParseError(model=_PARTIAL_RESPONSE, field="Content-Range", problem=problem)
