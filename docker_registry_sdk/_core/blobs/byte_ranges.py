"""The choice of the byte ranges of a blob to request, and the check of the responses. Free of I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from attrs import frozen

from ...digest import Verifier
from ...errors import DigestMismatchError, ParseError
from .content_coding import coding_error, mismatch_error
from .retries import MIN_PROGRESS_BYTES

_CONTENT_RANGE: Final = re.compile(r"bytes[ =]([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_UNSATISFIED_RANGE: Final = re.compile(r"bytes[ =]\*/([0-9]{1,18})", re.IGNORECASE)
_STRONG_ETAG: Final = re.compile(r'"[!-~]+"')
_PARTIAL_RESPONSE: Final = "CreateBlobReadStreamPartialContent"


@frozen
class ResponseHead:
    """The status and headers of a response that contains a blob or a range of a blob.

    Attributes:
        is_whole: Whether the response holds the whole blob; otherwise it has status 206 and holds a range.
        length: The Content-Length in bytes, or None if the header is missing.
        content_range: The value of the Content-Range header, or None if the header is missing.
        etag: The value of the ETag header, or None if the header is missing.
        coding: The content coding of the body, or None for no coding.
        media_type: The value of the Content-Type header, or None if the header is missing.
    """

    is_whole: bool
    length: int | None = None
    content_range: str | None = None
    etag: str | None = None
    coding: str | None = None
    media_type: str | None = None


BodyForm: TypeAlias = Literal["verbatim", "encoded", "undecided", "unusable"]
"""The kind of a body with a content coding: the bytes of the blob, although a coding is stated; the encoded bytes; one of the
two, as the digest will show; or a range of the encoded bytes, which cannot be decoded."""


class Resumption:
    """The state of a read that is resumed after interruptions: which bytes have arrived, and which to request next.

    Args:
        size: The size of the blob in bytes, or None while it is not known.
        offset: The offset of the first byte to read.
        stop: The offset after the last byte to read, or None to read to the end. If `stop` is given, `size` must be given, too.
        check_size: A function that raises an exception if the size of the blob, or the number of bytes that have arrived, is too
            large; None for no limit.
        use_ranges: Whether to request ranges. If not, the whole blob is requested, and the bytes before `offset` are skipped.

    Attributes:
        size: The size of the blob in bytes, or None while it is not known.
        offset: The offset of the next byte.
        responses: The number of responses that were accepted. If there are several, the bytes are joined from their bodies.
        reads_whole: Whether the whole blob is read although `stop` was given, since the registry does not send the range. Then
            `offset` begins at 0 again.
    """

    def __init__(
        self,
        size: int | None,
        offset: int = 0,
        stop: int | None = None,
        check_size: Callable[[int | None], None] | None = None,
        *,
        use_ranges: bool = True,
    ) -> None:
        self.size = size
        self._check_size = check_size
        self.offset = offset
        self._stop = stop
        self._etag: str | None = None
        self._use_ranges = use_ranges
        self._is_size_from_range = False
        self.responses = 0
        self.reads_whole = False
        self._skip = 0  # how many bytes at the beginning of the body have arrived before
        self._range_end: int | None = None
        self._range_start = offset
        self.coding: str | None = None  # the content coding that the last response stated

    @property
    def is_complete(self) -> bool:
        """Return whether all bytes have arrived; False while the size of the blob is not known."""
        end = self.size if self._stop is None else self._stop
        return end is not None and self.offset >= end

    def request_headers(self) -> tuple[str | None, str | None]:
        """Return the values of the Range and If-Range headers of the next request. None means that the header is not sent."""
        if not self._use_ranges or (self.offset == 0 and self._stop is None):
            return None, None
        last = "" if self._stop is None else str(self._stop - 1)
        return f"bytes={self.offset}-{last}", self._etag

    def body_form(self, head: ResponseHead) -> BodyForm:
        """Return how to read the body of a response. If the body is unusable, the next request has no Range header.

        Call this method before `check_response`. The size of the blob shows whether the body has the coding that is stated.

        Args:
            head: The status and headers of the response.

        Raises:
            ParseError: The response has a range of an encoded body, although no range was requested.

        Source: RFC 9110, sections 8.4 and 14.4: a range is one of the encoded body.
        """
        self.coding = head.coding
        if head.coding is None:
            return "verbatim"
        if not head.is_whole:
            if self.size is not None and _parse_content_range(head.content_range)[2] == self.size:
                return "verbatim"
            if not self._use_ranges:
                raise coding_error(head.coding, "the response has a range of the encoded body")
            self._stop_using_ranges()
            return "unusable"
        if self.size is None or head.length is None:
            return "undecided"
        if head.length == self.size:
            return "verbatim"
        self._use_ranges = False  # a range would be one of the encoded body
        return "encoded"

    def verify(self, verifier: Verifier, digest: str) -> None:
        """Check that all bytes of the blob have its digest and size, and name the content coding of the body if not.

        Args:
            verifier: The verifier to which all bytes were passed.
            digest: The digest of the blob.

        Raises:
            DigestMismatchError: The bytes have another digest or size.
        """
        try:
            verifier.verify(self.size, digest)
        except DigestMismatchError:
            if self.coding is None:
                raise
            raise mismatch_error(verifier, self.size, digest, self.coding) from None

    def check_response(self, head: ResponseHead) -> None:
        """Check that a response holds the requested bytes, and store the size and the ETag of the blob for later requests.

        Args:
            head: The status and headers of the response.

        Raises:
            ParseError: The Content-Range is missing or malformed, or states another range or size than expected; or the body is a
                multipart body, although one range was requested.

        Source: RFC 9110 sections 13.1.5, 14.4, 14.6 and 15.3.7.
        """
        if head.is_whole:
            self._read_whole()
            self._skip, self._range_end = self.offset, None
            total = head.length
        elif (head.media_type or "").strip().lower().startswith("multipart/"):
            raise _range_error("does not count, since the body has the media type multipart/byteranges")
        else:
            first, last, total = _parse_content_range(head.content_range)
            if first != self.offset:
                raise _range_error(
                    f"states that the range begins at byte {first}, but the requested range begins at byte {self.offset}"
                )
            if head.length is not None and head.length != last + 1 - first:
                raise _range_error(f"states a range of {last + 1 - first} bytes, but the Content-Length is {head.length}")
            if total is not None and self.size is not None and total != self.size:
                raise _range_error(f"states that the blob has {total} bytes, but {self.size} bytes were expected")
            self._skip, self._range_start, self._range_end = 0, first, last + 1
            self._is_size_from_range |= self.size is None
        self.size = total if self.size is None else self.size
        if self._check_size is not None:
            self._check_size(self.size)
        self.responses += 1
        # If-Range requires a strong ETag; a malformed ETag cannot be sent in a header.
        self._etag = head.etag if head.etag is not None and _STRONG_ETAG.fullmatch(head.etag) else None

    def handle_unsatisfiable(self, headers: Mapping[str, str]) -> bool:
        """Return whether a 416 response means that all bytes have arrived.

        That is so if the size was not known before, and the response states that it equals the current offset. Otherwise the
        result is False, and the next request has no Range header and requests the whole blob.

        Args:
            headers: The headers of the response, with names in any case.
        """
        match = _UNSATISFIED_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if self.size is None and match is not None and int(match[1]) == self.offset:
            self.size = self.offset
            return True
        self._stop_using_ranges()
        return False

    def give_up_ranges(self) -> bool:
        """Request the whole blob from now on, after a response to a range request that holds another range or none.

        Returns:
            False if the error must be raised, since no range was requested.
        """
        if self.request_headers()[0] is None:
            return False
        self._stop_using_ranges()
        return True

    def _stop_using_ranges(self) -> None:
        self._use_ranges = False
        if self._is_size_from_range:
            self.size, self._is_size_from_range = None, False
        self._read_whole()

    def _read_whole(self) -> None:
        """Read the whole blob if only a range was to be read."""
        if self._stop is not None:
            self.offset, self._stop, self.reads_whole = 0, None, True

    def accept(self, chunk: bytes | memoryview) -> bytes | memoryview:
        """Return the bytes of a chunk that had not arrived before, and advance the offset by their number.

        Bytes after `stop` are removed. Without `stop`, bytes beyond the size of the blob are returned, too, so that the
        verification of the blob fails.

        Args:
            chunk: The next bytes of the response's body.

        Raises:
            ParseError: The body is longer than its Content-Range. The bytes of the chunk do not count as arrived.
        """
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        if self._stop is not None and len(chunk) > self._stop - self.offset:
            chunk = chunk[: self._stop - self.offset]
        if self._range_end is not None and self.offset + len(chunk) > self._range_end:
            raise _range_error(f"states that the range ends before byte {self._range_end}, but the body is longer")
        self.offset += len(chunk)
        if self._check_size is not None:
            self._check_size(self.offset)
        return chunk

    def is_last_body(self) -> bool:
        """Return whether nothing is left to request after a body that ended without an interruption.

        The result is False if the server sent a shorter range than the requested one: the rest must be requested.
        """
        return self._range_end is None or self.is_complete or (self.size is None and self.offset == self._range_end)

    def check_shorter_range(self) -> None:
        """Check a body with a shorter range than requested: it must be at least 64 KiB long, and as long as its Content-Range.

        Raises:
            ParseError: The body was shorter than its Content-Range, or shorter than 64 KiB.
        """
        if self.offset != self._range_end or self.offset - self._range_start < MIN_PROGRESS_BYTES:
            raise _range_error(
                f"states a range of less than {MIN_PROGRESS_BYTES // 1024} KiB that ends before the requested range, "
                "or the body is shorter than this header states"
            )


def _parse_content_range(text: str | None) -> tuple[int, int, int | None]:
    match = _CONTENT_RANGE.fullmatch((text or "").strip())
    if match is None:
        raise _range_error("is missing" if text is None else "does not have the form 'bytes first-last/size'")
    first, last, total = int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3])
    if first > last or (total is not None and last >= total):
        raise _range_error("has a first byte after the last byte, or a last byte after the end of the blob")
    return first, last, total


def _range_error(problem: str) -> ParseError:
    return ParseError(model=_PARTIAL_RESPONSE, field="Content-Range", problem=problem)
