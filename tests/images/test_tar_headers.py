"""The headers of tar files: the same as those that the standard library reads, in bounded time and memory."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.images.tar_headers import TarFormatError, TarHeader, read_tar_headers

KINDS = {
    tarfile.REGTYPE: "file", tarfile.LNKTYPE: "link", tarfile.SYMTYPE: "symlink", tarfile.DIRTYPE: "folder",
    tarfile.CHRTYPE: "other", tarfile.FIFOTYPE: "other",
}  # fmt: skip
NAMES = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=150)


def headers_of(content: bytes) -> list[TarHeader]:
    return list(read_tar_headers(io.BytesIO(content), len(content)))


def extended(content: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """Return the blocks of a header that extends the next one."""
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, len(content)
    return header.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)


@given(
    form=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    entries=st.lists(st.tuples(NAMES, st.sampled_from(sorted(KINDS)), NAMES, st.binary(max_size=1500)), max_size=5),
)
def test_headers_are_read_as_by_tarfile(form: int, entries: list[tuple[str, bytes, str, bytes]]) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, kind, link, content in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            entry.linkname = link if kind in (tarfile.LNKTYPE, tarfile.SYMTYPE) else ""
            entry.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(entry, io.BytesIO(content))
    found = headers_of(file.getvalue())
    file.seek(0)
    with tarfile.open(fileobj=file) as tar:
        expected = [(one.name.rstrip("/"), KINDS[one.type], one.linkname, one.offset_data, one.size) for one in tar]
    assert [(one.name.rstrip("/"), one.kind, one.link, one.offset, one.size) for one in found] == expected


@given(content=st.binary(max_size=2000))
def test_malformed_files_are_refused(content: bytes) -> None:
    """Bytes that are no tar file raise the one documented error, or are empty."""
    for block in (content, extended(content) + extended(b"a", b"0")):
        try:
            headers_of(block)
        except TarFormatError as error:
            assert str(error).isprintable()


def test_a_large_number_in_base_256_is_read() -> None:
    entry = tarfile.TarInfo("a")
    entry.size = 1 << 40
    block = entry.tobuf(tarfile.GNU_FORMAT)
    (header,) = read_tar_headers(io.BytesIO(block), 2 << 40)
    assert (header.size, header.offset) == (1 << 40, 512)


def test_headers_for_all_files_apply_to_each() -> None:
    content = extended(b"10 path=g\n", tarfile.XGLTYPE) + extended(b"10 path=x\n") + 2 * tarfile.TarInfo("a").tobuf()
    assert [one.name for one in headers_of(content)] == ["x", "g"]


def test_a_chain_of_extended_headers_needs_no_stack() -> None:
    content = extended(b"10 path=x\n") * 20_000 + tarfile.TarInfo("a").tobuf()
    assert [one.name for one in headers_of(content)] == ["x"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"x" * 512, "malformed number|checksum"),
        (b"x" * 100, "truncated"),
        (extended(b"1" * 30_000) + tarfile.TarInfo("a").tobuf(), "extended header is malformed"),
        (extended(b"999999 path=x\n") + tarfile.TarInfo("a").tobuf(), "extended header is malformed"),
        (extended(b"11 size=-1\n") + tarfile.TarInfo("a").tobuf(), "malformed size"),
        (extended(b"5011 path=" + b"x" * 5000 + b"\n") + tarfile.TarInfo("a").tobuf(), "a name of 5000 bytes"),
        (extended(b"x" * 5000, tarfile.GNUTYPE_LONGNAME) + tarfile.TarInfo("a").tobuf(), "a name of 5000 bytes"),
        (extended(b"x" * (1024 * 1024 + 1)), "a header has 1048577 bytes"),
        (extended(b"10 path=x\n")[:600], "truncated"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(TarFormatError, match=problem):
        headers_of(content)


def test_sparse_files_are_skipped_with_their_further_headers() -> None:
    sparse = bytearray(tarfile.TarInfo("sparse").tobuf(tarfile.GNU_FORMAT))
    sparse[156:157], sparse[482] = tarfile.GNUTYPE_SPARSE, 1
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse)
    content = bytes(sparse) + bytes(504) + b"\1" + bytes(7) + bytes(512) + tarfile.TarInfo("a").tobuf()
    assert [(one.name, one.kind, one.offset) for one in headers_of(content)] == [("sparse", "other", 1536), ("a", "file", 2048)]
    pax = extended(b"20 GNU.sparse.major=1\n".replace(b"20", b"22")) + tarfile.TarInfo("b").tobuf()
    assert [(one.name, one.kind) for one in headers_of(pax)] == [("b", "other")]
