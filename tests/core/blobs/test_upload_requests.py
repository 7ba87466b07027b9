"""Tests of the requests of an upload: all bytes arrive once, in order, whatever part of them a registry stores."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.blobs.upload_requests import (
    DEFAULT_CHUNK_BYTES,
    MAX_BUFFERED_BYTES,
    chunk_length,
    may_resume,
    next_request,
)
from docker_registry_sdk.errors import ParseError, RegistryError
from tests.core.blobs.helpers import status_error, transport_error

SIZES = st.integers(0, 60)


@given(
    size=SIZES,
    size_known=st.booleans(),
    has_digest=st.booleans(),
    requested=st.none() | st.integers(1, 20),
    minimum=st.none() | st.integers(0, 20),
    stored_lengths=st.lists(st.integers(0, 20), max_size=20),
)
def test_all_bytes_arrive_once_and_in_order(
    size: int, size_known: bool, has_digest: bool, requested: int | None, minimum: int | None, stored_lengths: list[int]
) -> None:
    content = bytes(range(size))
    arrived = b""
    chunk = chunk_length(requested, minimum, is_buffered=not size_known)
    stored_length = iter(stored_lengths)
    known = size if size_known else None
    for _ in range(200):
        if chunk is not None and known is None and size - len(arrived) < chunk:
            known = size  # reading the chunk ahead showed the end of the source
        request = next_request(offset=len(arrived), size=known, chunk=chunk, has_digest=has_digest)
        assert request.offset == len(arrived)
        if request.kind == "close":
            break
        length = size - request.offset if request.length is None else request.length
        assert 0 < length <= size - request.offset or request.length is None
        if request.kind == "chunk":
            assert chunk is not None and (length == chunk or request.offset + length == size)
            assert length >= min(minimum or 0, size - request.offset)
        else:
            assert chunk is None and request.kind == ("whole" if has_digest else "stream")
        if request.length:
            assert request.content_range == f"{request.offset}-{request.offset + length - 1}"
        kept = min(length, next(stored_length, length))
        arrived += content[request.offset : request.offset + kept]
        if request.kind in ("stream", "whole") and kept == length:
            known = size
            if request.kind == "whole":
                break
    assert arrived == content


@given(requested=st.none() | st.integers(1, 10**9), minimum=st.none() | st.integers(0, 10**9))
def test_chunks_have_at_least_the_length_that_the_registry_requires(requested: int | None, minimum: int | None) -> None:
    length = chunk_length(requested, minimum, is_buffered=False)
    if requested is None and not minimum:
        assert length is None
    else:
        assert length == max(requested if requested is not None else DEFAULT_CHUNK_BYTES, minimum or 0)


def test_a_registry_cannot_require_chunks_of_any_length_in_memory() -> None:
    assert chunk_length(None, 10**18, is_buffered=True) == MAX_BUFFERED_BYTES
    assert chunk_length(10**9, 10**18, is_buffered=True) == 10**9  # as the caller requests
    assert chunk_length(None, MAX_BUFFERED_BYTES - 1, is_buffered=True) == MAX_BUFFERED_BYTES - 1


def test_which_failures_an_upload_resumes_after() -> None:
    def resumes(error: RegistryError) -> tuple[bool, bool, bool]:
        return tuple(
            may_resume(error, has_session=has_session, was_resumed=was_resumed)
            for has_session, was_resumed in ((False, False), (True, False), (True, True))
        )  # type: ignore[return-value]

    assert resumes(transport_error(httpx.ReadError(""))) == (True, True, True)
    assert resumes(transport_error(httpx.LocalProtocolError(""))) == (False, False, False)
    assert resumes(transport_error(None)) == (False, False, False)  # such as a refused redirect
    assert resumes(ParseError(model="X", field="", problem="is missing")) == (False, False, False)
    for status in (408, 429, 500, 503):
        assert resumes(status_error(status)) == (True, True, True)
    for status in (401, 404, 416):
        assert resumes(status_error(status)) == (False, True, True)
    for status in (400, 405, 409):
        assert resumes(status_error(status)) == (False, False, True)
    for status in (307, 403, 413, 501, 505, 507):
        assert resumes(status_error(status)) == (False, False, False)


def test_an_upload_resumes_once_after_a_403_because_a_token_has_ended() -> None:
    error = status_error(403)
    error._login_has_ended = True
    assert may_resume(error, has_session=True, was_resumed=False)
    assert not may_resume(error, has_session=False, was_resumed=False)
    assert not may_resume(error, has_session=True, was_resumed=True, has_renewed=True)
