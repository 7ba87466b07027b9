"""A full disk: the error names the path, and says what is kept; nothing unfinished stays, and the next call completes."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import tempfile
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, artifacts, images
from docker_registry_sdk.artifacts import ArtifactBlob
from docker_registry_sdk.images import Layout
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.built_images import build_image, build_index
from tests.images.docker_archives import write_tar
from tests.images.stored_images import layout_files, write_files
from tests.support.full_disk import full_disk

pytestmark = pytest.mark.anyio

SMALL = b"small"
LARGE = os.urandom(100_000)
LIMIT = 50_000
KEPT = "and complete files are kept"


def leftovers(folder: Path) -> list[str]:
    """Return the names of unfinished files."""
    return [path.name for path in folder.rglob("*") if path.suffix in (".part", ".tmp", ".lock")]


@pytest.mark.parametrize("kind", ["registry", "layout", "archive"])
async def test_a_blob_of_a_layout(kind: str, tmp_path: Path, embedded_registry: EmbeddedRegistry) -> None:
    image = build_image([SMALL, LARGE])
    files = layout_files(image)
    digest = json.loads(image.manifests[image.root][1])["layers"][1]["digest"]
    target = Layout(tmp_path / "target", "v1")
    source = f"docker-archive:{write_tar(tmp_path / 'source.tar', files)}:v1"
    if kind == "layout":
        write_files(tmp_path / "source", files)
        source = f"oci:{tmp_path}/source:v1"
    if kind == "registry":
        source = f"{embedded_registry.url}/a:v1"
        await images.async_push(tmp_path / "source.tar", source)
    with full_disk(LIMIT), pytest.raises(OSError, match=rf"File too large: .*{KEPT}") as caught:
        await images.async_copy(source, target)
    part = tmp_path / "target" / "blobs" / f"{digest.replace(':', '/')}.part"
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(part))
    assert not part.exists()  # the blobs that were begun may have such files, which the next copy resumes
    assert not (target.path / "index.json").exists()
    assert (await images.async_copy(source, target)).digest == image.root
    assert leftovers(target.path) == []


async def test_a_manifest_of_a_layout(tmp_path: Path) -> None:
    image = build_image([SMALL], annotations={"text": "x" * 60_000})
    write_files(tmp_path / "source", layout_files(image))
    source, target = Layout(tmp_path / "source", "v1"), Layout(tmp_path / "target", "v1")
    with full_disk(LIMIT), pytest.raises(OSError, match=rf"File too large: the file is not changed, {KEPT}") as caught:
        await images.async_copy(source, target)
    assert caught.value.filename == f"{tmp_path}/target/blobs/{image.root.replace(':', '/')}"
    assert leftovers(target.path) == []
    assert (await images.async_copy(source, target)).digest == image.root


async def test_the_index_of_a_layout(tmp_path: Path) -> None:
    first = build_image([SMALL])
    write_files(tmp_path / "source", layout_files(first))
    target = Layout(tmp_path / "target", "v1")
    await images.async_copy(Layout(tmp_path / "source", "v1"), target)
    index = target.path / "index.json"
    document = json.loads(index.read_bytes())
    document["annotations"] = {"text": "x" * 60_000}
    index.write_text(json.dumps(document))
    before = index.read_bytes()
    with full_disk(LIMIT), pytest.raises(OSError, match=rf"File too large: the file is not changed, {KEPT}") as caught:
        await images.async_copy(Layout(tmp_path / "source", "v1"), Layout(target.path, "v2"))
    assert caught.value.filename == str(index)
    assert index.read_bytes() == before
    assert leftovers(target.path) == []


async def test_a_compressed_archive(tmp_path: Path) -> None:
    """Of an archive that decompresses to more than the buffer of a file, and of a small one, which is written at the end."""
    for size in (2_000_000, 6_000):
        plain = write_tar(tmp_path / "plain.tar", layout_files(build_index({"linux/amd64": build_image([b"x" * size])})))
        path = tmp_path / "image.tar.gz"
        path.write_bytes(gzip.compress(plain.read_bytes()))
        words = rf"File too large: the decompressed copy of {re.escape(str(path))} was removed\. Free some space, or set TMPDIR"
        with full_disk(1000), pytest.raises(OSError, match=words) as caught:
            await images.async_get_config(f"docker-archive:{path}", platform="linux/amd64")
        assert caught.value.filename == tempfile.gettempdir()


async def test_a_file_of_an_artifact(tmp_path: Path, embedded_registry: EmbeddedRegistry) -> None:
    async with AsyncRegistryClientV2(f"{embedded_registry.url}/a") as client:
        files = [ArtifactBlob(SMALL, title="small"), ArtifactBlob(LARGE, title="folder/large")]
        await artifacts.async_push(client.ref("v0"), files[:1], artifact_type="application/x")
        await artifacts.async_pull(client.ref("v0"), tmp_path / "files")  # files are pulled at the same time
        await artifacts.async_push(client.ref("v1"), files, artifact_type="application/x")
        with full_disk(LIMIT), pytest.raises(OSError, match=f"File too large: the unfinished file is removed, {KEPT}") as caught:
            await artifacts.async_pull(client.ref("v1"), tmp_path / "files")
        assert caught.value.filename == f"{tmp_path}/files/folder/large.part"
        assert leftovers(tmp_path) == []
        assert (tmp_path / "files/small").read_bytes() == SMALL
        await artifacts.async_pull(client.ref("v1"), tmp_path / "files")
    assert (tmp_path / "files/folder/large").read_bytes() == LARGE
    assert (tmp_path / "files/small").read_bytes() == SMALL
