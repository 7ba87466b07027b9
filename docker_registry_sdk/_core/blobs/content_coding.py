"""The content coding of a blob's body that was not requested: how to read the body, and decoding within limits. Free of I/O.

Requests for blobs accept the coding `identity` only. Some registries, caches and storage services compress the body all the same.
Others state a coding that the body does not have, because the blob itself is a compressed file.

Source: RFC 9110, sections 8.4 and 12.5.3.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from ...digest import Verifier
from ...errors import DigestMismatchError, ParseError
from .blob_spec import BlobSpec

MAX_DECODED_BYTES: Final = 1024**3
"""The limit on the bytes that a body of at most any length decodes to, if neither the size of the blob nor a limit is known."""
_PIECE_BYTES: Final = 256 * 1024
_MAX_CODINGS: Final = 3
# The window sizes for zlib: gzip only, and zlib's own format.
_WINDOW: Final = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def coding_of(header: str | None) -> str | None:
    """Return the content coding that a header states, in lower case; None for no coding.

    Args:
        header: The value of the header Content-Encoding; None if the response has no such header.
    """
    names = [name for part in (header or "").lower().split(",") if (name := part.strip()) not in ("", "identity")]
    return ", ".join(names)[:60] or None


def coding_error(coding: str, problem: str) -> ParseError:
    """Return the exception for a body with a content coding that cannot be the blob.

    Args:
        coding: The content coding.
        problem: What is wrong, as a clause after "is gzip, although no coding was accepted, and ".
    """
    return ParseError(
        model="CreateBlobReadStreamOk",
        field="Content-Encoding",
        problem=f"is {coding}, although no coding was accepted, and {problem}",
        hint="Ask the operator of the registry, or of the proxy or storage behind it, to send blobs without Content-Encoding.",
    )


def check_decoded(verifier: Verifier, blob: BlobSpec, coding: str) -> None:
    """Check that bytes are the blob, and name the content coding of the body if not.

    Args:
        verifier: The verifier to which all bytes were passed.
        blob: The blob.
        coding: The content coding of the body.

    Raises:
        DigestMismatchError: The bytes have another digest or size.
    """
    if not is_blob(verifier, blob):
        raise mismatch_error(verifier, blob.size, blob.digest, coding)


def is_blob(verifier: Verifier, blob: BlobSpec) -> bool:
    """Return whether the bytes that were passed to a verifier are the blob."""
    return verifier.digest == blob.digest and blob.size in (None, verifier.size)


def mismatch_error(verifier: Verifier, size: int | None, digest: str, coding: str) -> DigestMismatchError:
    """Return the exception for bytes with another digest or size, from a body with a content coding.

    Args:
        verifier: The verifier to which all bytes were passed.
        size: The expected size; None if it is not known.
        digest: The expected digest.
        coding: The content coding of the body.
    """
    return DigestMismatchError(
        expected=digest,
        actual=verifier.digest,
        expected_size=size,
        actual_size=verifier.size,
        hint=f"The body was sent with Content-Encoding: {coding}, although no coding was accepted, and is not the blob: "
        "ask the operator of the registry to send blobs without Content-Encoding.",
    )


class Decoder:
    """A decoder of a body with one or several content codings, which returns pieces of at most 256 KiB.

    Args:
        coding: The content codings in the order in which they were applied, separated by commas: `gzip`, `x-gzip`, `deflate`.

    Raises:
        ParseError: This package cannot decode the coding.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        names = coding.split(", ")
        if len(names) > _MAX_CODINGS or not all(name in _WINDOW for name in names):
            raise coding_error(coding, "this coding cannot be decoded")
        self._stages = [_Stage(name) for name in reversed(names)]

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded bytes of the next bytes of the body.

        Args:
            data: The bytes.

        Raises:
            ParseError: The bytes are not of this coding.
        """
        try:
            yield from _decode(self._stages, data)
        except zlib.error:
            raise coding_error(self._coding, "the body is not of this coding") from None

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            ParseError: The encoded body ends too early.
        """
        if not all(stage.is_finished for stage in self._stages):
            raise coding_error(self._coding, "the encoded body is truncated")


class _Stage:
    """One content coding. A body in gzip may have several members, one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._decoder = zlib.decompressobj(_WINDOW[name])
        self._has_begun = False

    @property
    def is_finished(self) -> bool:
        return self._decoder.eof or not self._has_begun

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._decoder.eof:
                if self._name == "deflate" or not data.strip(b"\0"):
                    return  # padding after the end
                self._decoder = zlib.decompressobj(_WINDOW[self._name])
            if not self._has_begun:
                self._has_begun = True
                if self._name == "deflate" and not _is_zlib(data):
                    self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)  # raw deflate, which some servers send
            piece = self._decoder.decompress(data, _PIECE_BYTES)
            data = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail
            if piece:
                yield piece
            elif not data:
                return


def _is_zlib(data: bytes) -> bool:
    """Return whether bytes begin with the header of zlib's format (RFC 1950, section 2.2), as far as the bytes show that."""
    return data[0] & 0x0F == 8 and (len(data) < 2 or int.from_bytes(data[:2], "big") % 31 == 0)


def _decode(stages: list[_Stage], data: bytes) -> Iterator[bytes]:
    if not stages:
        yield data
        return
    for piece in stages[0].decode(data):
        yield from _decode(stages[1:], piece)
