"""Conditional requests: what `If-Match`, `If-None-Match` and `If-Range` say about a digest, which is the entity tag.

Source: RFC 9110, section 13.
"""

import re

from starlette.datastructures import Headers
from starlette.responses import Response

from docker_registry_sdk.testing.byte_ranges import ByteRange, RangeError, parse_range
from docker_registry_sdk.testing.v2.errors import DENIED, RANGE_INVALID, ApiError


def entity_tag(digest: str) -> str:
    """Return the `ETag` of content with the given digest."""
    return f'"{digest}"'


def check_match(headers: Headers, current: str | None) -> None:
    """Refuse a request whose `If-Match` does not hold.

    Args:
        headers: The request's headers.
        current: The digest of what is there now, or None when nothing is.

    Raises:
        ApiError: DENIED, with the status 412.
    """
    wanted = headers.getlist("if-match")
    if wanted and not _lists(wanted, current, weak=False):
        raise ApiError(DENIED, details=[{"current": current}])


def check_none_match(headers: Headers, current: str | None) -> None:
    """Refuse a change whose `If-None-Match` does not hold.

    Args:
        headers: The request's headers.
        current: The digest of what is there now, or None when nothing is.

    Raises:
        ApiError: DENIED, with the status 412.
    """
    if _lists(headers.getlist("if-none-match"), current, weak=True):
        raise ApiError(DENIED, details=[{"current": current}])


def not_modified(headers: Headers, digest: str) -> Response | None:
    """Answer a read of something that the client has already.

    Args:
        headers: The request's headers.
        digest: The digest of what is there.

    Returns:
        An answer with the status 304, or None when the client is to get the content.
    """
    if not _lists(headers.getlist("if-none-match"), digest, weak=True):
        return None
    return Response(status_code=304, headers={"etag": entity_tag(digest), "docker-content-digest": digest})


def wanted_range(headers: Headers, digest: str) -> str | None:
    """Return the `Range` of a request unless its `If-Range` is about other content.

    Args:
        headers: The request's headers.
        digest: The digest of what is there.

    Returns:
        The value of the header, or None when the whole content is to be sent.
    """
    condition = headers.get("if-range")
    return headers.get("range") if condition is None or condition.strip() == entity_tag(digest) else None


def _lists(values: list[str], digest: str | None, *, weak: bool) -> bool:
    """Say whether a list of entity tags has the one of a digest, or is `*` while there is something."""
    if digest is None:
        return False
    tags = [tag.strip() for value in values for tag in value.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or entity_tag(digest) in tags


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
