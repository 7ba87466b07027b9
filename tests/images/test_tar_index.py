"""The index of tar archives: malicious headers, links and sizes."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from docker_registry_sdk.errors import ImageError
from docker_registry_sdk.images.tar_index import TarIndex


def tar_with(path: Path, *entries: tuple[tarfile.TarInfo, bytes], pax: bool = False) -> Path:
    """Write a tar file with these members."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT) as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("size", ["-1", "-512", "-1024", "-999999999999", "99999999999999999999"])
def test_a_negative_size_is_refused(tmp_path: Path, size: str) -> None:
    """After a member of negative size, tarfile would seek backwards, and never end."""
    entry = tarfile.TarInfo("manifest.json")
    entry.pax_headers = {"size": size}
    path = tar_with(tmp_path / "image.tar", (tarfile.TarInfo("first"), b""), (entry, b""), pax=True)
    with pytest.raises(ImageError):
        TarIndex(path).read("manifest.json", 1000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "image.tar")
    with pytest.raises(ImageError, match="is not a regular file"):
        TarIndex(tmp_path / "image.tar")


def test_tar_headers_are_not_kept_in_memory(tmp_path: Path) -> None:
    """Each member may have extended attributes of nearly 1 MiB."""
    import tracemalloc

    path = tmp_path / "image.tar"
    entry = tarfile.TarInfo("x")
    entry.pax_headers = {"comment": "x" * 900_000}
    block = entry.tobuf(tarfile.PAX_FORMAT)
    with path.open("wb") as file:
        for _ in range(60):
            file.write(block)
        file.write(bytes(1024))
    tracemalloc.start()
    try:
        TarIndex(path)
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


def test_sparse_files_and_devices_are_ignored(tmp_path: Path) -> None:
    entries = []
    for kind in (tarfile.GNUTYPE_SPARSE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        entry = tarfile.TarInfo(f"file{kind!r}")
        entry.type = kind
        entries.append((entry, b""))
    tar = TarIndex(tar_with(tmp_path / "image.tar", *entries))
    for entry, _ in entries:
        assert entry.name not in tar


def test_a_hard_link_is_followed_only_to_a_member(tmp_path: Path) -> None:
    real = tarfile.TarInfo("real")
    real.size = 4
    links = []
    for name, target in (("good", "real"), ("bad", "/etc/passwd"), ("up", "../../etc/passwd"), ("self", "self")):
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.LNKTYPE, target
        links.append((link, b""))
    tar = TarIndex(tar_with(tmp_path / "image.tar", (real, b"real"), *links))
    assert tar.read("good", 10) == b"real"
    for name in ("bad", "up", "self"):
        with pytest.raises(ImageError, match="has no file"):
            tar.find(name)


def test_a_huge_header_is_not_read_into_memory(tmp_path: Path) -> None:
    """A header can state that the extended attributes of a file are as long as the archive."""
    path = tmp_path / "image.tar"
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 33
    path.write_bytes(entry.tobuf(tarfile.GNU_FORMAT))
    with path.open("r+b") as file:
        file.truncate(1 << 33)
    with pytest.raises(ImageError, match="a header has"):
        TarIndex(path)
