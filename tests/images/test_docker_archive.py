"""Docker archives without a copy: offsets of blobs, truncated archives and random bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import ImageError
from docker_registry_sdk.images import DockerArchive
from docker_registry_sdk.images.docker_archive import open_archive
from tests.images.docker_archives import CONFIG, LAYERS, docker_files, write_tar
from tests.support.images import digest_of


@pytest.mark.parametrize("offset", [0, 1, len(LAYERS[0]) // 2, len(LAYERS[0]) - 1, len(LAYERS[0])])
def test_a_blob_is_read_from_an_offset_to_its_end(tmp_path: Path, offset: int) -> None:
    image = open_archive(DockerArchive(write_tar(tmp_path / "image.tar", docker_files())))
    assert b"".join(image.read_blob(Digest(digest_of(LAYERS[0])), offset)) == LAYERS[0][offset:]


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "image.tar", docker_files())
    whole = path.read_bytes()
    for length in (0, 100, 700, len(CONFIG) + 600, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(ImageError):
            open_archive(DockerArchive(path))
    with pytest.raises(FileNotFoundError):
        open_archive(DockerArchive(tmp_path / "nothing"))


@given(st.binary(max_size=2000))
def test_any_bytes_are_an_archive_or_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.tar"
    path.write_bytes(content)
    with pytest.raises(ImageError):
        open_archive(DockerArchive(path))
