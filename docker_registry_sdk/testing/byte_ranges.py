"""Byte ranges of RFC 9110: which parts of some content a client wants."""

import re

import attrs

RANGES_LIMIT = 16
"""A request for more ranges than this is answered with the whole content."""

_DIGITS = "[0-9]{1,18}"
_RANGE = re.compile(rf"(?P<first>{_DIGITS})-(?P<last>{_DIGITS})?|-(?P<suffix>{_DIGITS})")


class RangeError(Exception):
    """No part of the content is in range, or the header is malformed.

    Args:
        size: The length of the content.
    """

    def __init__(self, size: int) -> None:
        super().__init__("the range does not fit")
        self.headers = {"content-range": f"bytes */{size}"}
        """The headers of the answer that says so."""


@attrs.frozen(order=True)
class ByteRange:
    """A part of some content.

    Args:
        first: The position of its first byte.
        last: The position of its last byte.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """Return the `Content-Range` that announces it.

        Args:
            size: The length of the whole content.
        """
        return f"bytes {self.first}-{self.last}/{size}"


def parse_range(header: str | None, size: int) -> list[ByteRange]:
    """Read a `Range` header.

    Args:
        header: Its value, or None when there is none.
        size: The length of the content.

    Returns:
        The parts to send in ascending order, none touching another; an empty list when the whole content is to be sent, since
        there is no header, its unit is unknown, or it asks for more parts than is sensible.

    Raises:
        RangeError: No part of the content is in range, or the header is malformed.

    Source: RFC 9110, section 14.
    """
    unit, _, specification = (header or "").partition("=")
    if unit.strip().lower() != "bytes":
        return []
    parts = [part.strip() for part in specification.split(",")]
    if len(parts) > RANGES_LIMIT:
        return []
    ranges = [found for part in parts if (found := _parse_one(part, size)) is not None]
    if not ranges:
        raise RangeError(size)
    return _merge(ranges)


def _parse_one(text: str, size: int) -> ByteRange | None:
    """Read one range; None means that it lies outside of the content."""
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
    """Sort ranges and join those that overlap or touch."""
    merged: list[ByteRange] = []
    for current in sorted(ranges):
        if merged and current.first <= merged[-1].last + 1:
            merged[-1] = ByteRange(merged[-1].first, max(merged[-1].last, current.last))
        else:
            merged.append(current)
    return merged
