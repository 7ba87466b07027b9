"""Files that are replaced atomically: a full disk is reported with the path and with what is kept."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from docker_registry_sdk._core.files import named_write_errors, write_atomically
from tests.support.full_disk import full_disk


def write(path: Path, size: int) -> None:
    with write_atomically(path) as file:
        file.write(b"x" * size)


@pytest.mark.parametrize("size", [600, 100_000])  # less and more than the buffer of a file
def test_a_full_disk_leaves_the_former_content(tmp_path: Path, size: int) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"before")
    with (
        full_disk(500),
        pytest.raises(OSError, match="File too large: the file was not changed") as caught,
        write_atomically(path) as file,
    ):
        file.write(b"x" * size)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(path))
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["config.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("size", [600, 100_000])
def test_a_full_device_is_named(size: int) -> None:
    path = Path("/dev/full")
    with (
        pytest.raises(OSError, match="No space left on device: the output is not complete") as caught,
        write_atomically(path) as file,
    ):
        file.write(b"x" * size)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


def test_an_error_that_names_a_file_stays_unchanged() -> None:
    error = FileNotFoundError(errno.ENOENT, "No such file", "/other")
    with pytest.raises(FileNotFoundError) as caught, named_write_errors("/path", "nothing was changed"):
        raise error
    assert caught.value is error
    with pytest.raises(OSError, match="odd: nothing was changed: '/path'"), named_write_errors("/path", "nothing was changed"):
        raise OSError("odd")
