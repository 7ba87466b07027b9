"""Servers of blobs that do as a test wants."""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import define

from tests.core.wire.loopback import Handler, Loopback


@define
class BlobServer:
    """A server of one blob, by parts or whole, that breaks off or deviates.

    Attributes:
        content: The blob.
        ranges: Whether parts are sent when they are asked for.
        chunked: Whether the length is left out.
        break_after: After how many bytes each answer breaks off; None for never.
        etag: The ETag, made anew for each answer; an empty text for none.
        content_range: What stands in Content-Range, of first, last and size; None for what is right.
        more: Bytes that are sent after those that were asked for.
        served: How many bytes were sent.
    """

    content: bytes
    ranges: bool = True
    chunked: bool = False
    break_after: int | None = None
    etag: Callable[[], str] = str
    content_range: Callable[[int, int, int], str] | None = None
    more: bytes = b""
    served: int = 0

    def attach(self, loopback: Loopback) -> None:
        """Let the server answer so."""
        loopback.answer = self.answer

    def answer(self, handler: Handler) -> None:
        """Answer a request."""
        size = len(self.content)
        asked = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", handler.headers.get("Range", "")) if self.ranges else None
        etag = self.etag()
        if handler.headers.get("If-Range", etag) != etag:
            asked = None
        first, last = (int(asked[1]), min(int(asked[2] or size - 1), size - 1)) if asked else (0, size - 1)
        if asked and first >= size:
            handler.reply(416, Content_Range=f"bytes */{size}")
            return
        body = self.content[first : last + 1]
        handler.send_response(206 if asked else 200)
        handler.send_header("Content-Type", "application/octet-stream")
        if etag:
            handler.send_header("ETag", etag)
        if asked:
            told = self.content_range or (lambda first, last, size: f"bytes {first}-{last}/{size}")
            handler.send_header("Content-Range", told(first, last, size))
        if self.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(body) + len(self.more)))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        sent = body if self.break_after is None else body[: self.break_after]
        for part in [*(sent[at : at + 65536] for at in range(0, len(sent), 65536)), self.more]:
            if not part:  # which would end a chunked body
                continue
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if self.chunked else part)
            self.served += len(part)
        if len(sent) < len(body):
            handler.close_connection = True
        elif self.chunked:
            handler.wfile.write(b"0\r\n\r\n")
