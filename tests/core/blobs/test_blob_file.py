"""Tests of blobs as files of zipfile, tarfile and io, and of the ranges to read ahead."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk._core.blobs.read_ahead import MAX_READ_AHEAD_BYTES, MIN_READ_AHEAD_BYTES, ReadAhead
from tests.core.blobs.conftest import Server

MIB = 1024 * 1024


@cache
def large() -> bytes:
    """Return 100 MiB of random bytes, made when first needed."""
    return random.Random(1).randbytes(100 * MIB)


def test_listing_a_large_zip_file_fetches_few_bytes(server: Server) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(100):
            archive.writestr(f"{number}.bin", large()[number * MIB : (number + 1) * MIB])
    digest = server.push(packed.getvalue())
    with (
        RegistryClientV2(server.name, **server.options) as client,
        client.open_blob(digest) as blob,
        zipfile.ZipFile(blob) as archive,
    ):
        assert len(archive.namelist()) == 100
        assert (server.sent, len(server.reads)) == (MIN_READ_AHEAD_BYTES, 1)  # a zip file is read from its end
        assert archive.read("57.bin") == large()[57 * MIB : 58 * MIB]
    assert server.sent <= 4 * MIB


@pytest.mark.parametrize("buffered", [True, False])
def test_one_member_of_a_large_tar_file_fetches_few_bytes(server: Server, buffered: bool) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number in range(10):
            member = tarfile.TarInfo(f"{number}.bin")
            member.size = 10 * MIB
            archive.addfile(member, io.BytesIO(large()[number * 10 * MIB :]))
    digest = server.push(packed.getvalue())
    with RegistryClientV2(server.name, **server.options) as client, client.open_blob(digest) as blob:
        assert isinstance(blob, io.RawIOBase)
        file = io.BufferedReader(blob) if buffered else blob
        with tarfile.open(fileobj=file, mode="r:") as archive:
            member = archive.getmember("7.bin")
            assert server.sent <= 12 * MIN_READ_AHEAD_BYTES
            found = archive.extractfile(member)
            assert found is not None
            assert found.read() == large()[70 * MIB : 80 * MIB]
    assert server.sent <= 16 * MIB


def test_a_stream_is_an_io_raw_base(server: Server) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("x")
        member.size = 1000
        archive.addfile(member, io.BytesIO(large()[:1000]))
    digest = server.push(packed.getvalue())
    with RegistryClientV2(server.name, **server.options) as client:
        with client.create_blob_read_stream(digest) as blob, tarfile.open(fileobj=blob, mode="r|gz") as archive:
            assert [one.name for one in archive] == ["x"]
        with client.create_blob_read_stream(digest) as blob, io.BufferedReader(blob) as buffered:
            assert not blob.seekable()
            assert not blob.writable()
            assert buffered.read() == packed.getvalue()
        assert blob.closed
        with pytest.raises(ValueError, match="closed"):
            blob.read()


@given(st.integers(1, 20 * MIB), st.lists(st.tuples(st.floats(0, 1), st.integers(1, 6 * MIB)), max_size=40))
def test_planned_ranges_cover_the_position_and_stay_within_bounds(size: int, reads: list[tuple[float, int]]) -> None:
    ahead = ReadAhead(size)
    for place, length in reads:
        position = min(int(place * size), size - 1)
        for _ in range(200):
            if position >= size or length <= 0:
                break
            found = ahead.find(position, length)
            if found is None:
                start, stop = ahead.plan(position, length)
                assert 0 <= start <= position < stop <= size
                assert stop - start <= MAX_READ_AHEAD_BYTES
                ahead.add(start, bytes(stop - start))
                continue
            assert 0 < len(found) <= length
            position += len(found)
            length -= len(found)
        else:
            raise AssertionError("the reading does not come to an end")
