"""Reading a blob over drops: what to ask for next, and whether the answer goes on where the last one broke off. Free of I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from ...errors import ParseError, RegistryError
from ..transport.retries import backoff

_CONTENT_RANGE = re.compile(r"bytes[ =]([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_UNSATISFIED = re.compile(r"bytes[ =]\*/([0-9]{1,18})", re.IGNORECASE)
_PARTIAL = "CreateBlobReadStreamPartialContent"

# So many drops in a row end it. A row ends once that many bytes have come since it began.
MOST_DROPS = 5
PROGRESS = 1024 * 1024
# Of a smaller blob, a part may be cut out of the whole.
_LARGE = 4 * 1024 * 1024


@frozen
class Head:
    """The head of an answer with a blob or a part of it.

    Attributes:
        whole: Whether it is a 200 with the whole, and no 206 with a part.
        length: Its Content-Length.
        content_range: Its Content-Range.
        etag: Its ETag.
    """

    whole: bool
    length: int | None = None
    content_range: str | None = None
    etag: str | None = None


class Resumption:
    """How far the reading of a blob has come, and how it goes on.

    Args:
        size: The blob's size in bytes, or None when it is not known yet.
        offset: The byte to begin with.
        stop: The byte to stop before, when not all of the rest is wanted; the size must be known then.
    """

    def __init__(self, size: int | None, offset: int = 0, stop: int | None = None) -> None:
        self.size = size
        self.offset = offset
        self._stop = stop
        self._etag: str | None = None
        self._ranges = True
        self._costly = False
        self._skip = 0
        self._part_end: int | None = None
        self._drops = 0
        self._mark = offset

    @property
    def complete(self) -> bool:
        """Whether as many bytes have come as there should be; False while that is not known."""
        end = self.size if self._stop is None else self._stop
        return end is not None and self.offset >= end

    def asks(self) -> tuple[str | None, str | None]:
        """Return the Range and If-Range headers of the next request, each None when it has none."""
        if not self._ranges or (self.offset == 0 and self._stop is None):
            return None, None
        last = "" if self._stop is None else str(self._stop - 1)
        return f"bytes={self.offset}-{last}", self._etag

    def opened(self, head: Head) -> None:
        """Check an answer to such a request, and take from it what is new.

        Args:
            head: Its head.

        Raises:
            ParseError: It is not the part that was asked for.
            RegistryError: It is the whole of a large blob, of which only a part is wanted.

        Source: RFC 9110 sections 13.1.5, 14.4 and 15.3.7.
        """
        if head.whole:
            if self._stop is not None and (self.size or 0) > _LARGE:
                raise RegistryError(
                    f"the registry does not send parts of blobs, and this one of {self.size} bytes is too large to be sent whole "
                    "for each: use download_blob, and open the file"
                )
            self._skip, self._part_end = self.offset, None
            total = head.length
            self._costly = self._costly or self.offset > 0
        else:
            first, last, total = _content_range(head.content_range)
            if first != self.offset:
                raise _odd(f"says that the part begins at byte {first}, but it was asked for from byte {self.offset} on")
            if head.length is not None and head.length != last + 1 - first:
                raise _odd(f"says that the part has {last + 1 - first} bytes, and Content-Length that it has {head.length}")
            if total is not None and self.size is not None and total != self.size:
                raise _odd(f"says that the blob has {total} bytes, but it has {self.size}")
            self._skip, self._part_end = 0, last + 1
        self.size = total if self.size is None else self.size
        # A weak one must not stand in If-Range, and an odd one is of no use.
        self._etag = head.etag if head.etag is not None and re.fullmatch(r'"[!-~]+"', head.etag) else None

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Return whether a 416 says that nothing is left; if it does not, the next request asks for the whole.

        Args:
            headers: The headers of the answer, names in any case.
        """
        found = _UNSATISFIED.fullmatch(headers.get("Content-Range", "").strip())
        if self.size is None and found is not None and int(found[1]) == self.offset:
            self.size = self.offset
            return True
        self._ranges = False
        return False

    def take(self, chunk: bytes | memoryview) -> bytes | memoryview:
        """Return what is new in a chunk of the body. More than the blob's size passes, so that it does not go unseen.

        Args:
            chunk: The chunk.

        Raises:
            ParseError: The body is longer than its Content-Range says.
        """
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        if self._stop is not None and len(chunk) > self._stop - self.offset:
            chunk = chunk[: self._stop - self.offset]
        self.offset += len(chunk)
        if self._part_end is not None and self.offset > self._part_end:
            raise _odd(f"says that the part ends before byte {self._part_end}, but it goes on")
        return chunk

    def ended(self) -> bool:
        """Return whether a body that ended in good order was the last one, which a part of less than was asked for is not."""
        return self._part_end is None or self.complete or (self.size is None and self.offset == self._part_end)

    def dropped(self, error: RegistryError | None = None) -> float:
        """Return how many seconds to wait before asking for the rest.

        Args:
            error: What broke the body off; None when it ended early, but in good order.

        Raises:
            RegistryError: It broke off too often without much in between: this error.
        """
        # Where the whole comes each time, each drop costs what came before again, and progress is no excuse.
        if not self._costly and self.offset - self._mark >= PROGRESS:
            self._drops, self._mark = 0, self.offset
        self._drops += 1
        if self._drops > MOST_DROPS:
            raise error or _odd("ends before what was asked for, and so did those before it")
        return backoff(self._drops - 1)


def _content_range(text: str | None) -> tuple[int, int, int | None]:
    found = _CONTENT_RANGE.fullmatch((text or "").strip())
    if found is None:
        raise _odd("is missing" if text is None else "gives no range of bytes")
    first, last, total = int(found[1]), int(found[2]), None if found[3] == "*" else int(found[3])
    if first > last or (total is not None and last >= total):
        raise _odd("gives a range that cannot be")
    return first, last, total


def _odd(problem: str) -> ParseError:
    return ParseError(model=_PARTIAL, field="Content-Range", problem=problem)
