"""Byte ranges: the parts of some content that a client requests.

Source: RFC 9110, section 14.
"""

import re

import attrs

MAX_RANGES = 16
"""The maximum number of ranges in a request; a request for more is answered with the whole content."""

_DIGITS = "[0-9]{1,18}"
_RANGE = re.compile(rf"(?P<first>{_DIGITS})-(?P<last>{_DIGITS})?|-(?P<suffix>{_DIGITS})")


class RangeError(Exception):
    """No requested part is inside the content, or the header is malformed.

    Args:
        size: The length of the content in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__("the range is malformed or not satisfiable")
        self.headers = {"content-range": f"bytes */{size}"}
        """The headers of the 416 response."""


@attrs.frozen(order=True)
class ByteRange:
    """A part of some content.

    Args:
        first: The position of the first byte.
        last: The position of the last byte.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """Return the value of `Content-Range` for this part.

        Args:
            size: The length of the whole content in bytes.
        """
        return f"bytes {self.first}-{self.last}/{size}"


def parse_range(header: str | None, size: int) -> list[ByteRange]:
    """Parse a `Range` header.

    Args:
        header: The value of the header, or None without the header.
        size: The length of the content in bytes.

    Returns:
        The parts to send in ascending order, with gaps between them. An empty list for the whole content: without the header,
        with an unknown unit, or with more ranges than MAX_RANGES.

    Raises:
        RangeError: No requested part is inside the content, or the header is malformed.
    """
    unit, _, specification = (header or "").partition("=")
    if unit.strip().lower() != "bytes":
        return []
    parts = [part.strip() for part in specification.split(",")]
    if len(parts) > MAX_RANGES:
        return []
    ranges = [found for part in parts if (found := _parse_one(part, size)) is not None]
    if not ranges:
        raise RangeError(size)
    return _merge(ranges)


def _parse_one(text: str, size: int) -> ByteRange | None:
    """Parse one range; return None if it is outside the content."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise RangeError(size)
    if found["suffix"] is not None:
        first, last = size - min(int(found["suffix"]), size), size - 1
    else:
        first = int(found["first"])
        last = size - 1
        if found["last"] is not None:
            if int(found["last"]) < first:
                raise RangeError(size)
            last = min(int(found["last"]), last)
    return ByteRange(first, last) if first <= last else None


def _merge(ranges: list[ByteRange]) -> list[ByteRange]:
    """Sort ranges, and join those that overlap or are adjacent."""
    merged: list[ByteRange] = []
    for current in sorted(ranges):
        if merged and current.first <= merged[-1].last + 1:
            merged[-1] = ByteRange(merged[-1].first, max(merged[-1].last, current.last))
        else:
            merged.append(current)
    return merged
