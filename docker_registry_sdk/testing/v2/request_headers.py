"""Conditional requests and ranges: `If-Match`, `If-None-Match`, `If-Range`, `Range`, and `Content-Range` of chunks.

The entity tag of a blob or a manifest is its digest in quotes.

Source: RFC 9110, sections 13 and 14.
"""

import re

from starlette.datastructures import Headers
from starlette.responses import Response

from docker_registry_sdk.testing.byte_ranges import ByteRange, RangeError, parse_range
from docker_registry_sdk.testing.v2.errors import DENIED, RANGE_INVALID, ApiError

_CONTENT_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


def entity_tag(digest: str) -> str:
    """Return the `ETag` of the content that has a digest."""
    return f'"{digest}"'


def check_match(headers: Headers, current: str | None) -> None:
    """Raise an error if a request has the header `If-Match` and the header does not name the current content.

    Args:
        headers: The headers of the request.
        current: The digest of the current content, or None if there is no content.

    Raises:
        ApiError: The condition of the header is not met (DENIED, with the status 412).
    """
    values = headers.getlist("if-match")
    if values and not _contains(values, current, weak=False):
        raise ApiError(DENIED, details=[{"current": current}])


def check_none_match(headers: Headers, current: str | None) -> None:
    """Raise an error if the header `If-None-Match` of a writing request names the current content.

    Args:
        headers: The headers of the request.
        current: The digest of the current content, or None if there is no content.

    Raises:
        ApiError: The condition of the header is not met (DENIED, with the status 412).
    """
    if _contains(headers.getlist("if-none-match"), current, weak=True):
        raise ApiError(DENIED, details=[{"current": current}])


def not_modified(headers: Headers, digest: str) -> Response | None:
    """Return the 304 response to a reading request whose `If-None-Match` names the current content.

    Args:
        headers: The headers of the request.
        digest: The digest of the current content.

    Returns:
        The response, or None if the content is to be sent.
    """
    if not _contains(headers.getlist("if-none-match"), digest, weak=True):
        return None
    return Response(status_code=304, headers={"etag": entity_tag(digest), "docker-content-digest": digest})


def _contains(values: list[str], digest: str | None, *, weak: bool) -> bool:
    """Return whether a header with entity tags names the current content.

    Args:
        values: The values of the header; `*` names any content.
        digest: The digest of the current content, or None if there is no content.
        weak: Whether the prefix `W/` of an entity tag is ignored.
    """
    if digest is None:
        return False
    tags = [tag.strip() for value in values for tag in value.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or entity_tag(digest) in tags


def conditional_range(headers: Headers, digest: str) -> str | None:
    """Return the header `Range` of a request, or None if the header `If-Range` names other content than the current content.

    Args:
        headers: The headers of the request.
        digest: The digest of the current content.

    Returns:
        The value of the header, or None if the whole content is to be sent.
    """
    condition = headers.get("if-range")
    return headers.get("range") if condition is None or condition.strip() == entity_tag(digest) else None


def requested_ranges(header: str | None, size: int) -> list[ByteRange]:
    """Parse the header `Range` of a request for a blob.

    Args:
        header: The value of the header, or None if the request does not have the header.
        size: The length of the blob.

    Returns:
        The parts to send; an empty list for the whole blob.

    Raises:
        ApiError: The range is malformed or not satisfiable (RANGE_INVALID).
    """
    try:
        return parse_range(header, size)
    except RangeError as error:
        raise ApiError(RANGE_INVALID, headers=error.headers) from error


def parse_content_range(header: str) -> ByteRange:
    """Parse the header `Content-Range` of a chunk.

    Args:
        header: The value of the header.

    Returns:
        The part of the blob that the chunk contains.

    Raises:
        ApiError: The value is malformed (RANGE_INVALID).

    Source: OCI Distribution Specification, "Pushing a blob in chunks". Unlike in RFC 9110, the value has no unit and no size.
    """
    found = _CONTENT_RANGE.fullmatch(header)
    if found is None or int(found[1]) > int(found[2]):
        raise ApiError(RANGE_INVALID, details=[{"contentRange": header[:255]}])
    return ByteRange(int(found[1]), int(found[2]))
