"""A server of one blob that answers each range request wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from attrs import define

from tests.core.wire.loopback import Handler, Loopback

Answer: TypeAlias = Callable[[Handler, bytes, int, int], None]
"""Answers a range request, with the blob, the first and the last byte of the range."""


def _send(handler: Handler, body: bytes, content_range: str, *, chunked: bool = False, media_type: str = "x/y") -> None:
    headers = {"Content_Type": media_type, **({"Content_Range": content_range} if content_range else {})}
    if not chunked:
        handler.reply(206, body, **headers)
        return
    handler.send_response(206)
    for name, value in {**headers, "Transfer_Encoding": "chunked"}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    for part in (body[: len(body) // 2], body[len(body) // 2 :]):
        if part:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
    handler.wfile.write(b"0\r\n\r\n")


def _parts(body: bytes, content_range: str) -> bytes:
    return b"--x\r\nContent-Type: x/y\r\nContent-Range: " + content_range.encode() + b"\r\n\r\n" + body + b"\r\n--x--\r\n"


def _partial(
    content_range: str,
    *,
    less: int = 0,
    length: int | None = None,
    more: bytes = b"",
    chunked: bool = False,
    media_type: str = "x/y",
    in_parts: bool = False,
    start: int | None = None,
) -> Answer:
    """Return a function that sends a 206 response whose body is shorter or longer than requested, or begins elsewhere."""

    def answer(handler: Handler, blob: bytes, first: int, last: int) -> None:
        at = first if start is None else start
        body = blob[at : at + (last + 1 - first - less if length is None else length)] + more
        stated = content_range.format(first=first, last=last, size=len(blob), more=len(blob) + 5, offset=first + 7)
        body = _parts(body, f"bytes {first}-{last}/{len(blob)}") if in_parts else body
        _send(handler, body, stated, chunked=chunked, media_type=media_type)

    return answer


def _status(status: int, content_range: str = "") -> Answer:
    def answer(handler: Handler, blob: bytes, first: int, last: int) -> None:
        stated = content_range.format(first=first, size=len(blob))
        handler.reply(status, b"", **({"Content_Range": stated} if stated else {}))

    return answer


_RIGHT = "bytes {first}-{last}/{size}"
_MULTIPART = "multipart/byteranges; boundary=x"

WRONG_ANSWERS: dict[str, Answer | None] = {
    "200": None,
    "another range": _partial("bytes 0-{last}/{size}", start=0),
    "a later range": _partial("bytes {offset}-{last}/{size}"),
    "no Content-Range": _partial(""),
    "malformed": _partial("{first}-{last}"),
    "last before first": _partial("bytes {last}-{first}/{size}"),
    "another total": _partial("bytes {first}-{last}/{more}"),
    "longer": _partial(_RIGHT, more=b"more"),
    "longer, chunked": _partial(_RIGHT, more=b"more" * 50_000, chunked=True),
    "a short range that is longer, chunked": _partial("bytes {first}-{first}/{size}", chunked=True),
    "shorter": _partial(_RIGHT, less=10),
    "shorter, chunked": _partial(_RIGHT, less=10, chunked=True),
    "empty, chunked": _partial(_RIGHT, length=0, chunked=True),
    "one byte": _partial("bytes {first}-{first}/{size}", length=1),
    "multipart": _partial("", media_type=_MULTIPART, in_parts=True),
    "multipart, chunked": _partial("", media_type=_MULTIPART, in_parts=True, chunked=True),
    "multipart with Content-Range": _partial(_RIGHT, media_type=_MULTIPART, in_parts=True, chunked=True),
    "400": _status(400),
    "401": _status(401),
    "403": _status(403),
    "404": _status(404),
    "405": _status(405),
    "412": _status(412),
    "416": _status(416),
    "416 with the size": _status(416, "bytes */{size}"),
    "500": _status(500),
    "501": _status(501),
}
"""The answer of a registry to each range request; None for the whole blob."""

WRONG_BYTES: dict[str, Answer | None] = {
    "wrong bytes": _partial(_RIGHT, start=0),
    "416 that states the end": _status(416, "bytes */{first}"),
}
"""Answers that only the digest of the whole blob shows to be wrong."""


@define
class WrongRanges:
    """A server of one blob that answers each range request wrongly.

    Attributes:
        content: The blob.
        kind: The key of the answer in `WRONG_ANSWERS` or `WRONG_BYTES`; empty to answer range requests with the range.
        cut_first_after: The number of bytes after which the first response is cut; None for no cut.
        head: The status of the response to HEAD, or the length that it states; None for the right response.
        size: The size of the blob that range responses are about; None for the size of `content`.
        wholes: The number of responses with the whole blob so far.
        ranges: The number of range requests so far.
    """

    content: bytes
    kind: str
    cut_first_after: int | None = None
    head: int | str | None = None
    size: int | None = None
    wholes: int = 0
    ranges: int = 0

    def attach(self, loopback: Loopback) -> None:
        """Make a loopback server answer with this blob."""
        loopback.answer = self.answer

    def answer(self, handler: Handler) -> None:
        """Answer a request."""
        if "/blobs/" not in handler.path:  # the request for the challenge, which follows a 401
            handler.reply(200)
            return
        if handler.command == "HEAD":
            if isinstance(self.head, int):
                handler.reply(self.head)
            else:
                handler.reply(200, b"", Content_Length=self.head or str(len(self.content)))
            return
        requested = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", handler.headers.get("Range", ""))
        if requested:
            self.ranges += 1
            size = len(self.content) if self.size is None else self.size
            answer = {**WRONG_ANSWERS, **WRONG_BYTES, "": _partial(_RIGHT)}[self.kind]
            if answer is not None:
                answer(handler, self.content[:size].ljust(size, b"x"), int(requested[1]), int(requested[2] or size - 1))
                return
        self.wholes += 1
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(self.content)))
        handler.end_headers()
        if self.cut_first_after is not None and self.wholes == 1 and not requested:
            handler.cut(self.content[: self.cut_first_after])
        else:
            handler.wfile.write(self.content)
