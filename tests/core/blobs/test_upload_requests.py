"""Tests of the requests of an upload: all bytes arrive once, in order, whatever part of them a registry stores."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.blobs.upload_requests import DEFAULT_CHUNK_BYTES, chunk_length, may_resume, next_request
from docker_registry_sdk.errors import ParseError, RegistryError, StatusError, TransportError

SIZES = st.integers(0, 60)


def refused(status: int, **headers: str) -> StatusError:
    kind = StatusError.for_status(status)
    return kind(method="PATCH", url="http://localhost/x", status=status, headers=httpx.Headers(headers))


def dropped(cause: Exception | None) -> TransportError:
    error = TransportError("it broke off", method="PATCH", url="http://localhost/x")
    error.__cause__ = cause
    return error


@given(
    size=SIZES,
    size_known=st.booleans(),
    named=st.booleans(),
    asked=st.none() | st.integers(1, 20),
    least=st.none() | st.integers(0, 20),
    taken=st.lists(st.integers(0, 20), max_size=20),
)
def test_all_bytes_arrive_once_and_in_order(
    size: int, size_known: bool, named: bool, asked: int | None, least: int | None, taken: list[int]
) -> None:
    content = bytes(range(size))
    arrived = b""
    chunk = chunk_length(asked, least)
    drops = iter(taken)
    known = size if size_known else None
    for _ in range(200):
        if chunk is not None and known is None and size - len(arrived) < chunk:
            known = size  # reading the chunk ahead showed the end of the source
        request = next_request(offset=len(arrived), size=known, chunk=chunk, has_digest=named)
        assert request.offset == len(arrived)
        if request.kind == "close":
            break
        length = size - request.offset if request.length is None else request.length
        assert 0 < length <= size - request.offset or request.length is None
        if request.kind == "chunk":
            assert chunk is not None and (length == chunk or request.offset + length == size)
            assert length >= min(least or 0, size - request.offset)
        else:
            assert chunk is None and request.kind == ("whole" if named else "stream")
        if request.length:
            assert request.content_range == f"{request.offset}-{request.offset + length - 1}"
        kept = min(length, next(drops, length))
        arrived += content[request.offset : request.offset + kept]
        if request.kind in ("stream", "whole") and kept == length:
            known = size
            if request.kind == "whole":
                break
    assert arrived == content


@given(asked=st.none() | st.integers(1, 10**9), least=st.none() | st.integers(0, 10**9))
def test_chunks_have_at_least_the_length_that_the_registry_requires(asked: int | None, least: int | None) -> None:
    length = chunk_length(asked, least)
    if asked is None and not least:
        assert length is None
    else:
        assert length == max(asked if asked is not None else DEFAULT_CHUNK_BYTES, least or 0)


def test_which_failures_an_upload_resumes_after() -> None:
    def go_on(error: RegistryError) -> tuple[bool, bool, bool]:
        return tuple(
            may_resume(error, has_session=begun, was_resumed=again)
            for begun, again in ((False, False), (True, False), (True, True))
        )  # type: ignore[return-value]

    assert go_on(dropped(httpx.ReadError(""))) == (True, True, True)
    assert go_on(dropped(httpx.LocalProtocolError(""))) == (False, False, False)
    assert go_on(dropped(None)) == (False, False, False)  # such as a refused redirect
    assert go_on(ParseError(model="X", field="", problem="is missing")) == (False, False, False)
    for status in (408, 429, 500, 503):
        assert go_on(refused(status)) == (True, True, True)
    for status in (401, 404, 416):
        assert go_on(refused(status)) == (False, True, True)
    for status in (400, 405, 409):
        assert go_on(refused(status)) == (False, False, True)
    for status in (307, 403, 413, 501, 505):
        assert go_on(refused(status)) == (False, False, False)
