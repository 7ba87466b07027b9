"""Tests of upload sessions as plain values, and of the ranges that registries report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.blobs.upload_session import UploadSession, received_bytes, session_after_chunk
from docker_registry_sdk.errors import ParseError
from docker_registry_sdk.v2.api.uploads.upload_blob_chunk import UploadBlobChunkCreated


@given(
    st.builds(
        UploadSession,
        repo=st.text(),
        location=st.text(),
        offset=st.integers(0),
        chunk_min_length=st.none() | st.integers(0),
    )
)
def test_a_session_survives_json(session: UploadSession) -> None:
    assert UploadSession.from_dict(json.loads(json.dumps(session.to_dict()))) == session


@pytest.mark.parametrize(
    "wrong",
    [
        {"repo": None},
        {"location": 7},
        {"offset": -1},
        {"offset": "1"},
        {"offset": True},
        {"chunk_min_length": "x"},
        {"chunk_min_length": -5},
    ],
)
def test_malformed_session_dicts(wrong: dict[str, Any]) -> None:
    document = {**UploadSession(repo="a", location="http://localhost/?sig=s3cret").to_dict(), **wrong}
    with pytest.raises(ParseError) as caught:
        UploadSession.from_dict(document)
    assert caught.value.field == next(iter(wrong))
    assert "s3cret" not in str(caught.value)
    document.pop(next(iter(wrong)))
    if "chunk_min_length" not in wrong:
        with pytest.raises(ParseError):
            UploadSession.from_dict(document)


def test_ranges_of_registries_old_and_new() -> None:
    assert [received_bytes(text) for text in ("0-0", "0-9", "bytes=0-9", " 0-9 ")] == [1, 10, 10, 10]
    assert {received_bytes(text) for text in (None, "", "0--1", "1-9", "0-9/10", "0-" + "9" * 30, "٠-٩")} == {None}


@given(offset=st.integers(0, 10_000), sent=st.integers(1, 10_000), form=st.integers(0, 7))
def test_forms_of_the_range_after_a_chunk(offset: int, sent: int, form: int) -> None:
    """Registries count from the start of the blob or of the chunk, state nothing, or are off by one."""
    end = offset + sent
    stated = [
        None,
        "0-0",
        f"0-{end - 1}",
        f"bytes=0-{end - 1}",
        f"0-{sent - 1}",
        f"{offset}-{end - 1}",
        f"0-{end}",
        f"0-{max(0, offset - 1)}",
    ][form]
    response = UploadBlobChunkCreated(
        status=202,
        headers={},
        media_type=None,
        body=None,
        location="/next",
        range=stated,
        docker_upload_uuid=None,
        docker_distribution_api_version=None,
        oci_chunk_min_length=None,
        warning=None,
    )
    session = session_after_chunk(UploadSession(repo="a", location="/", offset=offset), response, sent)
    assert (session.offset, session.location) == (end, "/next")
