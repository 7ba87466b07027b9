"""Decoding of bodies with a content coding, and the decision whether a body has the coding that its headers state."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.blobs.byte_ranges import ResponseHead, Resumption
from docker_registry_sdk._core.blobs.content_coding import Decoder
from docker_registry_sdk._core.wire.content_coding import coding_of
from docker_registry_sdk.errors import ParseError


def raw_deflate(content: bytes) -> bytes:
    """Return the content in the format of deflate without the header of zlib."""
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(content) + encoder.flush()


Encode = Callable[[bytes], bytes]
ENCODERS: dict[str, list[Encode]] = {
    "gzip": [gzip.compress, lambda content: gzip.compress(content[:3]) + gzip.compress(content[3:]) + b"\0\0"],
    "x-gzip": [gzip.compress],
    "deflate": [zlib.compress, raw_deflate],
}
CODINGS = st.lists(
    st.sampled_from([(name, encode) for name, found in ENCODERS.items() for encode in found]), min_size=1, max_size=3
)


def decode(coding: str, body: bytes, cuts: list[int]) -> bytes:
    """Return the decoded body, which arrives in pieces that end at some positions."""
    decoder = Decoder(coding)
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    pieces = [piece for first, last in pairwise(edges) for piece in decoder.decode(body[first:last])]
    decoder.finish()
    assert all(0 < len(piece) <= 256 * 1024 for piece in pieces)
    return b"".join(pieces)


@given(st.binary(max_size=2000) | st.just(bytes(600_000)), CODINGS, st.lists(st.integers(0, 10_000), max_size=5))
def test_encoded_bytes_are_decoded_in_pieces(content: bytes, codings: list[tuple[str, Encode]], cuts: list[int]) -> None:
    body = content
    for _, encode in codings:
        body = encode(body)
    assert decode(", ".join(name for name, _ in codings), body, cuts) == content


@given(st.sampled_from(sorted(ENCODERS)), st.binary(min_size=20, max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_other_bytes_are_decoded_or_an_error_that_names_the_coding(coding: str, body: bytes, cuts: list[int]) -> None:
    try:
        decode(coding, body, cuts)
    except ParseError as error:
        assert f"is {coding}, although no coding was accepted" in str(error)


@pytest.mark.parametrize(("coding", "encode"), [("deflate", gzip.compress), ("gzip", zlib.compress), ("x-gzip", zlib.compress)])
def test_the_first_bytes_tell_the_format_if_the_coding_is_wrong(coding: str, encode: Encode) -> None:
    assert decode(coding, encode(b"some bytes"), [1]) == b"some bytes"


def test_many_empty_members_are_an_error() -> None:
    with pytest.raises(ParseError, match="not of this coding"):
        decode("gzip", gzip.compress(b"") * 200, [])
    assert decode("gzip", gzip.compress(b"") * 50 + gzip.compress(b"a") * 200, []) == b"a" * 200


@given(st.integers(1, 200))
def test_a_truncated_body_is_an_error(cut: int) -> None:
    body = gzip.compress(bytes(range(256)))
    with pytest.raises(ParseError, match="truncated"):
        decode("gzip", body[:-cut], [])


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "*", "gzip, gzip, gzip, gzip"])
def test_other_codings_cannot_be_decoded(coding: str) -> None:
    with pytest.raises(ParseError, match="this coding cannot be decoded"):
        Decoder(coding)


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        (" Identity , ", None),
        ("GZIP", "gzip"),
        ("gzip,identity", "gzip"),
        ("deflate,  gzip", "deflate, gzip"),
        ("aws-chunked", "aws-chunked"),
        ("aws-chunked,gzip", "gzip"),
        ("x" * 1000, "x" * 60),
    ],
)
def test_the_header_is_normalized(header: str | None, coding: str | None) -> None:
    assert coding_of(header) == coding


@pytest.mark.parametrize(
    ("size", "head", "form"),
    [
        (100, ResponseHead(True, 100), "verbatim"),
        (100, ResponseHead(True, 100, coding="gzip"), "verbatim"),
        (100, ResponseHead(True, 60, coding="gzip"), "encoded"),
        (100, ResponseHead(True, coding="gzip"), "undecided"),
        (None, ResponseHead(True, 60, coding="gzip"), "undecided"),
        (100, ResponseHead(False, 50, "bytes 50-99/100", coding="gzip"), "verbatim"),
        (100, ResponseHead(False, 10, "bytes 50-59/60", coding="gzip"), "unusable"),
        (100, ResponseHead(False, 50, "bytes 50-99/*", coding="gzip"), "unusable"),
        (None, ResponseHead(False, 50, "bytes 50-99/100", coding="gzip"), "unusable"),
    ],
)
def test_the_size_shows_whether_a_body_is_encoded(size: int | None, head: ResponseHead, form: str) -> None:
    state = Resumption(size, 50)
    assert state.body_form(head) == form
    assert (state.request_headers()[0] is None) is (form in ("encoded", "unusable"))
    if form == "unusable":
        with pytest.raises(ParseError, match="gzip"):
            state.body_form(head)
