"""The headers of conditional requests and of byte ranges: If-Match, If-None-Match, If-Range, Range and Content-Range.

The entity tag (ETag) of a blob or a manifest is the digest in double quotes. The current content is the blob or the manifest that
the path of the request refers to. A header names the content if the header contains the entity tag of the content, or `*`.

Source: RFC 9110, sections 13 and 14.
"""

import re

from starlette.datastructures import Headers
from starlette.responses import Response

from docker_registry_sdk.testing.byte_ranges import ByteRange, RangeError, parse_range
from docker_registry_sdk.testing.v2.errors import DENIED, RANGE_INVALID, ApiError

_CONTENT_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


def entity_tag(digest: str) -> str:
    """Return the entity tag of a blob or a manifest: the digest in double quotes."""
    return f'"{digest}"'


def check_match(headers: Headers, current: str | None) -> None:
    """Check that the header `If-Match`, if a request has this header, names the current content.

    Args:
        headers: The headers of the request.
        current: The digest of the current content, or None if there is no content.

    Raises:
        ApiError: The header does not name the current content, or there is no content (DENIED, with the status 412; the
            specification has no error code for conditional requests).
    """
    values = headers.getlist("if-match")
    if values and not _contains(values, current, weak=False):
        raise ApiError(DENIED, "If-Match does not name the current content", details=[{"current": current}])


def check_none_match(headers: Headers, current: str | None) -> None:
    """Check that the header `If-None-Match` of a request to push a manifest does not name the current content.

    For GET and HEAD, use `not_modified`.

    Args:
        headers: The headers of the request.
        current: The digest of the current content, or None if there is no content.

    Raises:
        ApiError: The header names the current content (DENIED, with the status 412).
    """
    if _contains(headers.getlist("if-none-match"), current, weak=True):
        raise ApiError(DENIED, "If-None-Match names the current content", details=[{"current": current}])


def not_modified(headers: Headers, digest: str) -> Response | None:
    """Return a 304 response if the header `If-None-Match` of a GET or HEAD request names the current content.

    Args:
        headers: The headers of the request.
        digest: The digest of the current content.

    Returns:
        The response, or None if the handler must send the content.
    """
    if not _contains(headers.getlist("if-none-match"), digest, weak=True):
        return None
    return Response(status_code=304, headers={"etag": entity_tag(digest), "docker-content-digest": digest})


def _contains(values: list[str], digest: str | None, *, weak: bool) -> bool:
    """Return whether a header with entity tags names the current content.

    Args:
        values: The values of the header, which a request can contain several times. `*` names any content.
        digest: The digest of the current content, or None if there is no content; then the result is False.
        weak: Whether an entity tag with the prefix `W/` (a weak entity tag) also names the content.
    """
    if digest is None:
        return False
    tags = [tag.strip() for value in values for tag in value.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or entity_tag(digest) in tags


def conditional_range(headers: Headers, digest: str) -> str | None:
    """Return the value of the header `Range`, unless the header `If-Range` requires the whole content.

    Args:
        headers: The headers of the request.
        digest: The digest of the current content.

    Returns:
        The value of `Range`. None means that the whole content is to be sent: the request has no `Range`, or it has an `If-Range`
        that is not the entity tag of the current content.
    """
    condition = headers.get("if-range")
    return headers.get("range") if condition is None or condition.strip() == entity_tag(digest) else None


def requested_ranges(header: str | None, size: int) -> list[ByteRange]:
    """Return the byte ranges that the header `Range` of a request for a blob requests.

    Args:
        header: The value of the header, or None if the request does not have the header.
        size: The length of the blob in bytes.

    Returns:
        The ranges to send, in ascending order. An empty list means the whole blob: there is no header, the unit in the header is
        not `bytes`, or the header has more ranges than MAX_RANGES in `byte_ranges`.

    Raises:
        ApiError: The header is malformed, or its ranges contain no byte of the blob (RANGE_INVALID, with the status 416).
    """
    try:
        return parse_range(header, size)
    except RangeError as error:
        raise ApiError(RANGE_INVALID, headers=error.headers) from error


def parse_content_range(header: str) -> ByteRange:
    """Parse the header `Content-Range` of a request that uploads a chunk of a blob.

    Args:
        header: The value of the header, such as `0-99`.

    Returns:
        The positions of the first and the last byte of the chunk in the blob.

    Raises:
        ApiError: The value is malformed, or the last position is before the first position (RANGE_INVALID).

    Source: OCI Distribution Specification, "Pushing a blob in chunks". In contrast to RFC 9110, the value has no
        unit and no size.
    """
    found = _CONTENT_RANGE.fullmatch(header)
    if found is None or int(found[1]) > int(found[2]):
        raise ApiError(RANGE_INVALID, details=[{"contentRange": header[:255]}])
    return ByteRange(int(found[1]), int(found[2]))
