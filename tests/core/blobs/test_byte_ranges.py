"""Tests of byte ranges: which range is requested after an interruption, and which responses are accepted."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.blobs.byte_ranges import ResponseHead, Resumption
from docker_registry_sdk._core.blobs.retries import MIN_PROGRESS_BYTES
from docker_registry_sdk.errors import ParseError

BLOB = os.urandom(1000)


@st.composite
def server_responses(draw: st.DrawFn) -> tuple[str, int, int]:
    """Draw how a server responds: with the range, the whole or a shorter range; after how many bytes it cuts; in what pieces."""
    return draw(st.sampled_from(["part", "whole", "short"])), draw(st.integers(0, 1200)), draw(st.integers(1, 400))


def play(state: Resumption, kind: str, after: int, piece: int) -> tuple[bytes, bool]:
    """Respond to the next request; return the fresh bytes, and whether the body was cut."""
    byte_range, _ = state.request_headers()
    match = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", byte_range or "")
    first, last = (int(match[1]), int(match[2] or 999)) if match else (0, 999)
    if match is None or kind == "whole":
        state.check_response(ResponseHead(True, 1000))
        first, last = 0, 999
    else:
        last = min(last, first + 9) if kind == "short" else last
        state.check_response(ResponseHead(False, last + 1 - first, f"bytes {first}-{last}/1000"))
    body = BLOB[first : last + 1]
    new = b""
    for at in range(0, min(after, len(body)), piece):
        new += state.accept(body[at : min(at + piece, after)])
    return new, after < len(body)


@given(
    st.lists(server_responses(), max_size=30),
    st.booleans(),
    st.one_of(st.none(), st.tuples(st.integers(0, 999), st.integers(1, 300))),
)
def test_the_requested_bytes_arrive_after_any_interruptions(
    responses: list[tuple[str, int, int]], known: bool, part: tuple[int, int] | None
) -> None:
    start, stop = (0, None) if part is None else (part[0], min(sum(part), 1000))
    state = Resumption(1000 if known or part else None, start, stop)
    wanted = BLOB[start:stop]
    got = b""
    for kind, after, piece in [*responses, ("part", 1000, 100), ("part", 1000, 100)]:
        read_whole = state.reads_whole
        new, was_cut = play(state, kind, after, piece)
        if state.reads_whole and not read_whole:
            got, start, wanted = b"", 0, BLOB
        got += new
        assert got == wanted[: len(got)]
        assert state.offset == start + len(got)
        if state.is_complete or (not was_cut and state.is_last_body()):
            break
    assert got == wanted


def test_a_shorter_range_than_requested_is_accepted_if_it_brings_progress() -> None:
    state = Resumption(10 * MIN_PROGRESS_BYTES)
    for _ in range(9):
        last = state.offset + MIN_PROGRESS_BYTES - 1
        state.check_response(ResponseHead(False, None, f"bytes {state.offset}-{last}/{state.size}"))
        state.accept(bytes(MIN_PROGRESS_BYTES))
        assert not state.is_last_body()
        state.check_shorter_range()
    state.check_response(ResponseHead(False, None, f"bytes {state.offset}-{state.offset + 9}/{state.size}"))
    state.accept(bytes(10))
    with pytest.raises(ParseError, match="ends before"):
        state.check_shorter_range()


def test_a_body_that_ends_before_its_own_range_is_a_failure() -> None:
    state = Resumption(10 * MIN_PROGRESS_BYTES)
    state.check_response(ResponseHead(False, None, f"bytes 0-{10 * MIN_PROGRESS_BYTES - 1}/{state.size}"))
    state.accept(bytes(5 * MIN_PROGRESS_BYTES))
    assert not state.is_last_body()
    with pytest.raises(ParseError, match="ends before"):
        state.check_shorter_range()


@pytest.mark.parametrize(
    ("content_range", "length"),
    [
        (None, 900),
        ("bytes 0-999/1000", 1000),
        ("bytes 99-999/1000", 901),
        ("bytes 101-999/1000", 899),
        ("bytes 100-999/1001", 900),
        ("bytes 100-999/999", 900),
        ("bytes 100-99/1000", 0),
        ("bytes 100-1000/1000", 901),
        ("bytes 100-999/1000", 899),
        ("bytes */1000", 0),
        ("bytes 100-999", 900),
        ("bytes 100-/1000", 900),
        ("bytes -100-999/1000", 900),
        ("bytes 100-999/1000, bytes 0-1/1000", 900),
        ("lines 100-999/1000", 900),
        ("bytes ١٠٠-999/1000", 900),
        ("bytes 100-999/" + "9" * 5000, 900),
    ],
)
def test_responses_with_another_range_are_refused(content_range: str | None, length: int) -> None:
    state = Resumption(1000, 100)
    with pytest.raises(ParseError, match="Content-Range"):
        state.check_response(ResponseHead(False, length, content_range))


@pytest.mark.parametrize("content_range", ["bytes 100-999/1000", "bytes 100-999/*", "Bytes 100-999/1000", "bytes=100-999/1000"])
def test_responses_with_the_requested_range_are_accepted(content_range: str) -> None:
    state = Resumption(None, 100)
    state.check_response(ResponseHead(False, 900, content_range))
    assert state.accept(BLOB[100:]) == BLOB[100:]
    assert state.is_last_body()
    assert state.size in (1000, None)


def test_a_body_longer_than_its_range_is_refused() -> None:
    state = Resumption(1000, 100)
    state.check_response(ResponseHead(False, None, "bytes 100-199/1000"))
    state.accept(bytes(100))
    with pytest.raises(ParseError, match="body is longer"):
        state.accept(b"x")


@pytest.mark.parametrize(
    ("etag", "sent"), [('"a"', '"a"'), ('W/"a"', None), ("a", None), ('"a\r\nX: y"', None), ('""', None), (None, None)]
)
def test_only_strong_etags_are_sent_in_if_range(etag: str | None, sent: str | None) -> None:
    state = Resumption(None)
    state.check_response(ResponseHead(True, 1000, None, etag))
    assert state.request_headers() == (None, None)
    state.accept(b"x")
    assert state.request_headers() == ("bytes=1-", sent)


@pytest.mark.parametrize(
    ("size", "content_range", "end"),
    [
        (None, "bytes */100", True),
        (None, "bytes */99", False),
        (None, "bytes */100junk", False),
        (None, "", False),
        (None, "nonsense", False),
        (1000, "bytes */100", False),
    ],
)
def test_a_416_is_the_end_of_a_blob_of_unknown_size_or_leads_to_a_request_for_the_whole(
    size: int | None, content_range: str, end: bool
) -> None:
    state = Resumption(size, 100)
    assert state.handle_unsatisfiable({"Content-Range": content_range} if content_range else {}) is end
    assert state.is_complete is end
    if not end:
        assert state.request_headers() == (None, None)


@pytest.mark.parametrize("status", [200, 206, 416])
def test_the_whole_blob_is_read_if_the_registry_does_not_send_the_range(status: int) -> None:
    state = Resumption(1000, 200, 300)
    if status == 200:
        state.check_response(ResponseHead(True, 1000))
    elif status == 206:
        assert state.give_up_ranges()
    else:
        assert not state.handle_unsatisfiable({})
    assert (state.reads_whole, state.offset, state.is_complete) == (True, 0, False)
    assert status == 200 or state.request_headers() == (None, None)
    assert not state.give_up_ranges() or status == 200
    state.check_response(ResponseHead(True, 1000))
    assert state.accept(BLOB) == BLOB
    assert state.is_complete


def test_a_size_that_only_a_wrong_range_stated_is_dropped() -> None:
    state = Resumption(None, 100)
    state.check_response(ResponseHead(False, None, "bytes 100-149/500"))
    state.accept(BLOB[100:150])
    with pytest.raises(ParseError, match="500 bytes were expected"):
        state.check_response(ResponseHead(False, None, "bytes 150-999/1000"))
    assert state.give_up_ranges()
    assert state.size is None
    state.check_response(ResponseHead(True, 1000))
    assert state.accept(BLOB) == BLOB[150:]
    assert state.size == 1000
