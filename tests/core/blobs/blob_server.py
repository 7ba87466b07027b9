"""A server of one blob for tests, with configurable deviations."""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import define

from tests.core.wire.loopback import Handler, Loopback


@define
class BlobServer:
    """A server of one blob that supports ranges, cuts bodies, or deviates in other ways.

    Attributes:
        content: The blob.
        ranges: Whether range requests are supported.
        chunked: Whether bodies are sent chunked, without a Content-Length.
        cut_after: The number of bytes after which each body is cut; None for no cut.
        etag: Returns the ETag of the next response; an empty string leaves it out.
        content_range: Returns the Content-Range for first, last and size, or `missing`; None sends the right one.
        more: Bytes to send after the requested ones.
        coding: The value of Content-Encoding; empty to leave it out. `content` is the body as it is sent.
        served: The number of bytes that were sent.
    """

    content: bytes
    ranges: bool = True
    chunked: bool = False
    cut_after: int | None = None
    etag: Callable[[], str] = str
    content_range: Callable[[int, int, int], str] | None = None
    more: bytes = b""
    coding: str = ""
    served: int = 0

    def attach(self, loopback: Loopback) -> None:
        """Make a loopback server answer with this blob."""
        loopback.answer = self.answer

    def answer(self, handler: Handler) -> None:
        """Answer a request."""
        size = len(self.content)
        requested = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", handler.headers.get("Range", "")) if self.ranges else None
        etag = self.etag()
        if handler.headers.get("If-Range", etag) != etag:
            requested = None
        first, last = (int(requested[1]), min(int(requested[2] or size - 1), size - 1)) if requested else (0, size - 1)
        if requested and first >= size:
            handler.reply(416, Content_Range=f"bytes */{size}")
            return
        body = self.content[first : last + 1]
        handler.send_response(206 if requested else 200)
        handler.send_header("Content-Type", "application/octet-stream")
        if etag:
            handler.send_header("ETag", etag)
        if self.coding:
            handler.send_header("Content-Encoding", self.coding)
        if requested:
            content_range = self.content_range or (lambda first, last, size: f"bytes {first}-{last}/{size}")
            if (stated := content_range(first, last, size)) != "missing":
                handler.send_header("Content-Range", stated)
        if self.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(body) + len(self.more)))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        sent = body if self.cut_after is None else body[: self.cut_after]
        for part in [*(sent[at : at + 65536] for at in range(0, len(sent), 65536)), self.more]:
            if not part:  # an empty chunk would end a chunked body
                continue
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if self.chunked else part)
            self.served += len(part)
        if len(sent) < len(body):
            handler.close_connection = True
        elif self.chunked:
            handler.wfile.write(b"0\r\n\r\n")
