"""Byte ranges, with which a client requests parts of the content of a blob or a layer.

Source: RFC 9110, section 14.
"""

import re

import attrs

MAX_RANGES = 16
"""The maximum number of ranges in a request. The response to a request with more ranges contains the whole content."""

_DIGITS = "[0-9]{1,18}"
_RANGE = re.compile(rf"(?P<first>{_DIGITS})-(?P<last>{_DIGITS})?|-(?P<suffix>{_DIGITS})")


class RangeError(Exception):
    """An error for a `Range` header that is malformed, or in which no range contains a byte of the content.

    Args:
        size: The length of the content in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__("the Range header is malformed, or no range in it contains a byte of the content")
        self.headers = {"content-range": f"bytes */{size}"}
        """The headers of the 416 response."""


@attrs.frozen(order=True)
class ByteRange:
    """A range of bytes in the content.

    Args:
        first: The position of the first byte; 0 is the first byte of the content.
        last: The position of the last byte, which is part of the range.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """Return the number of bytes in the range."""
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """Return the value of the header `Content-Range` for this range.

        Args:
            size: The length of the whole content in bytes.
        """
        return f"bytes {self.first}-{self.last}/{size}"


def parse_range(header: str | None, size: int) -> list[ByteRange]:
    """Parse a `Range` header.

    Args:
        header: The value of the header, or None if the request has no such header.
        size: The length of the content in bytes.

    Returns:
        The ranges to send, in ascending order; overlapping and adjacent ranges are joined, and ranges end at the end of the
        content at the latest. An empty list means that the whole content is to be sent, since the request has no `Range` header,
        or since the header has another unit than `bytes` or more than MAX_RANGES ranges.

    Raises:
        RangeError: A range in the header is malformed, or no range in the header contains a byte of the content.
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
    """Parse one range of a `Range` header.

    Args:
        text: The range, such as `0-99`, `100-`, or `-50` for the last 50 bytes.
        size: The length of the content in bytes.

    Returns:
        The range, which ends at the end of the content at the latest, or None if it contains no byte of the content.

    Raises:
        RangeError: The range is malformed.
    """
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
    """Return the ranges in ascending order, with overlapping and adjacent ranges joined."""
    merged: list[ByteRange] = []
    for current in sorted(ranges):
        if merged and current.first <= merged[-1].last + 1:
            merged[-1] = ByteRange(merged[-1].first, max(merged[-1].last, current.last))
        else:
            merged.append(current)
    return merged
