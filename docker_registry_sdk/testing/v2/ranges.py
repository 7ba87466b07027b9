"""Byte ranges in API v2: which part of a blob a client wants, and which part of an upload it sends."""

import re

from docker_registry_sdk.testing.byte_ranges import ByteRange, RangeError, parse_range
from docker_registry_sdk.testing.v2.errors import RANGE_INVALID, ApiError

_CONTENT_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


def requested_ranges(header: str | None, size: int) -> list[ByteRange]:
    """Read the `Range` of a request for a blob, as `parse_range` does.

    Args:
        header: Its value, or None when there is none.
        size: The length of the blob.

    Returns:
        The parts to send; an empty list when the whole blob is to be sent.

    Raises:
        ApiError: RANGE_INVALID.
    """
    try:
        return parse_range(header, size)
    except RangeError as error:
        raise ApiError(RANGE_INVALID, headers=error.headers) from error


def parse_content_range(header: str) -> ByteRange:
    """Read the `Content-Range` of a chunk.

    Args:
        header: Its value.

    Returns:
        The part of the blob that the chunk is.

    Raises:
        ApiError: RANGE_INVALID.

    Source: OCI Distribution Specification, "Pushing a blob in chunks", where it has no unit and no size, unlike in RFC 9110.
    """
    found = _CONTENT_RANGE.fullmatch(header)
    if found is None or int(found[1]) > int(found[2]):
        raise ApiError(RANGE_INVALID, details=[{"contentRange": header[:255]}])
    return ByteRange(int(found[1]), int(found[2]))
