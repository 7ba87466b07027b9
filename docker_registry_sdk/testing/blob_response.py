"""An answer with a blob, or with parts of it, as RFC 9110 has it."""

import secrets
from collections.abc import Mapping, Sequence

from docker_registry_sdk.testing.byte_ranges import ByteRange
from docker_registry_sdk.testing.storage.base import BlobReader
from docker_registry_sdk.testing.stream_response import OCTET_STREAM, Part, StreamResponse


class BlobResponse(StreamResponse):
    """Sends a blob: whole, one part of it, or several parts as multipart/byteranges. It closes the reader.

    Args:
        reader: The blob.
        ranges: The parts; none means the whole blob.
        headers: Headers to send along.

    Source: RFC 9110, sections 14.6 and 15.3.7.
    """

    def __init__(self, reader: BlobReader, ranges: Sequence[ByteRange], headers: Mapping[str, str]) -> None:
        extra = {"content-type": OCTET_STREAM}
        pieces: list[Part | bytes] = []
        if not ranges:
            pieces.append(Part(0, reader.size))
        elif len(ranges) == 1:
            extra["content-range"] = ranges[0].content_range(reader.size)
            pieces.append(Part(ranges[0].first, ranges[0].length))
        else:
            boundary = secrets.token_hex(16)
            extra["content-type"] = f"multipart/byteranges; boundary={boundary}"
            for part in ranges:
                pieces += [_head(boundary, part, reader.size), Part(part.first, part.length)]
            pieces.append(f"\r\n--{boundary}--\r\n".encode())
        super().__init__(reader, pieces, 206 if ranges else 200, {**headers, **extra})


def _head(boundary: str, part: ByteRange, size: int) -> bytes:
    """Return what stands before a part of a multipart body."""
    head = f"\r\n--{boundary}\r\nContent-Type: {OCTET_STREAM}\r\nContent-Range: {part.content_range(size)}"
    return f"{head}\r\n\r\n".encode()
