"""Compressed archives, and archives and layouts that lack parts of an image."""

from __future__ import annotations

import base64
import bz2
import gzip
import importlib
import itertools
import json
import lzma
import os
import re
import stat
import sys
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import images
from docker_registry_sdk.errors import ImageError, ParseError
from docker_registry_sdk.images import DockerArchive, Layout, decompress
from docker_registry_sdk.media_types import OCI_INDEX
from tests.images._async.test_docker_archive import oci_files
from tests.images.built_images import build_image, build_index, build_manifest, check_pushed_image, descriptor_of
from tests.images.conftest import StartRegistry
from tests.images.docker_archives import ENTRY, docker_files, write_tar
from tests.support.images import descriptor, digest_of

pytestmark = pytest.mark.anyio

PARTS = {one: build_image([one.encode()], one) for one in ("linux/amd64", "linux/arm64", "linux/s390x")}
ATTESTATION = build_image([b"{}"], "unknown/unknown")
WHOLE = build_index({**PARTS, "unknown/unknown": ATTESTATION})


def zstd(content: bytes) -> bytes:
    """Compress with zstd."""
    module = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return bytes(importlib.import_module(module).compress(content))


FORMS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd}


def write_layout(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the files of a layout."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def open_files(folder: Path) -> list[Path]:
    """Return the paths of the files below a folder that this process has open, on systems that list them."""
    found = []
    for number in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # the descriptor of this listing
            found.append(number.readlink())
    return [path for path in found if path.is_relative_to(folder)]


def make_other_than_file(path: Path, kind: str) -> None:
    """Make a folder, a named pipe or a socket."""
    if kind == "folder":
        path.mkdir()
    else:
        os.mknod(path, {"pipe": stat.S_IFIFO, "socket": stat.S_IFSOCK}[kind] | 0o600)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("streams", [1, 3])
async def test_a_compressed_archive_is_read(start_registry: StartRegistry, tmp_path: Path, form: str, streams: int) -> None:
    plain = write_tar(tmp_path / "image.tar", docker_files())
    content, packed = plain.read_bytes(), tmp_path / "image.packed"
    step = len(content) // streams + 1
    packed.write_bytes(b"".join(FORMS[form](content[start : start + step]) for start in range(0, len(content), step)))
    expected = await images.async_push(plain, f"{start_registry().url}/a:v1")
    result = await images.async_push(packed, f"{start_registry().url}/a:v1", tag="alpine:3.20")
    assert (result.digest, result.bytes_moved) == (expected.digest, expected.bytes_moved)
    assert (await images.async_get_config(packed)).architecture == "amd64"


@pytest.mark.parametrize("form", FORMS)
async def test_a_damaged_compressed_archive_is_refused(tmp_path: Path, form: str) -> None:
    packed = FORMS[form](write_tar(tmp_path / "image.tar", docker_files()).read_bytes())
    path = tmp_path / "image.packed"
    for content in (packed[:-9], packed[: len(packed) // 2], packed[:20] + bytes(20) + packed[40:], packed + b"more"):
        path.write_bytes(content)
        with pytest.raises(ImageError, match=r"image\.packed") as caught:
            await images.async_get_config(path)
        assert form in caught.value.problem


async def test_the_decompressed_size_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompress, "MIN_LIMIT_BYTES", 4 * 1024 * 1024)
    monkeypatch.setattr(decompress, "MAX_RATIO", 10)
    (tmp_path / "image.tar.xz").write_bytes(lzma.compress(bytes(5 * 1024 * 1024)))
    with pytest.raises(ImageError, match="decompresses to more than 4194304 bytes"):
        await images.async_get_config(tmp_path / "image.tar.xz")


async def test_a_missing_zstd_module_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", fail)
    (tmp_path / "image.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    with pytest.raises(ImageError, match=r"compressed with zstd.*Install backports\.zstd"):
        await images.async_get_config(tmp_path / "image.tar.zst")


@pytest.mark.parametrize("form", ["layout", "archive"])
@pytest.mark.parametrize(
    "lacking", [names for count in range(1, 5) for names in itertools.combinations([*PARTS, "unknown/unknown"], count)]
)
async def test_what_is_there_is_copied_and_what_is_missing_is_named(
    start_registry: StartRegistry, tmp_path: Path, lacking: tuple[str, ...], form: str
) -> None:
    registry = start_registry()
    parts = {**PARTS, "unknown/unknown": ATTESTATION}
    without = {digest for name in lacking for digest in {**parts[name].manifests, **parts[name].blobs}}
    files = oci_files(WHOLE, without=without)
    place: Layout | DockerArchive
    if form == "layout":
        place = Layout(write_layout(tmp_path / "layout", files))
    else:
        place = DockerArchive(write_tar(tmp_path / "image.tar", files))
    there = [name for name in PARTS if name not in lacking]
    if len(there) == 1:
        assert (await images.async_copy(place, f"{registry.url}/a:v1")).digest == PARTS[there[0]].root
        check_pushed_image(f"{registry.url}/a", PARTS[there[0]], "v1")
        assert (await images.async_get_config(place)).architecture == there[0].split("/")[1]
        return
    with pytest.raises(ImageError) as caught:
        await images.async_copy(place, f"{registry.url}/a:v1")
    assert f"lacks {len(lacking)} of its 4 manifests" in caught.value.problem and str(tmp_path) in caught.value.problem
    assert all(parts[name].root in caught.value.problem for name in lacking)
    assert not any(one.method in ("PUT", "POST") for one in registry.requests)
    for name in there:
        assert name in (caught.value.hint or "")
        result = await images.async_copy(place, f"{registry.url}/b:{name.replace('/', '-')}", platform=name)
        assert result.digest == PARTS[name].root


async def check_incomplete(
    start_registry: StartRegistry, folder: Path, files: dict[str, bytes], there: list[str], missing: list[str]
) -> None:
    """Check copies of a layout and an archive that lack parts: the only image there is copied, or the error lists all parts."""
    registry = start_registry()
    for place in (Layout(write_layout(folder / "layout", files)), DockerArchive(write_tar(folder / "image.tar", files))):
        if len(there) == 1:
            assert (await images.async_copy(place, f"{registry.url}/a:v1")).digest == PARTS[there[0]].root
            continue
        with pytest.raises(ImageError) as caught:
            await images.async_copy(place, f"{registry.url}/a:v1")
        assert re.search(f"lacks {len(missing)} of its [0-9]+ manifests", caught.value.problem)
        assert all(digest in caught.value.problem for digest in missing)
        assert all(name in caught.value.hint for name in there)
        for name in there:
            assert (await images.async_copy(place, f"{registry.url}/b:v1", platform=name)).digest == PARTS[name].root


@pytest.mark.parametrize(
    "lacking", [("linux/arm64",), ("linux/arm64", "linux/s390x"), ("unknown/unknown", "linux/arm64", "linux/s390x"), ("whole",)]
)
async def test_what_is_there_of_an_index_in_an_index_is_copied(
    start_registry: StartRegistry, tmp_path: Path, lacking: tuple[str, ...]
) -> None:
    parts = {**PARTS, "unknown/unknown": ATTESTATION}
    single = PARTS["linux/amd64"]
    outer = build_index({"linux/amd64": single} if lacking == ("whole",) else {}, without_platform=[WHOLE])
    missing = [WHOLE.root] if lacking == ("whole",) else [parts[name].root for name in lacking]
    without = {*missing, *(digest for name in lacking if name in parts for digest in parts[name].blobs)}
    there = ["linux/amd64"] if lacking == ("whole",) else [name for name in PARTS if name not in lacking]
    await check_incomplete(start_registry, tmp_path, oci_files(outer, without=without), there, missing)


@pytest.mark.parametrize("nested", [False, True])
async def test_a_manifest_that_its_descriptor_embeds_is_there(
    start_registry: StartRegistry, tmp_path: Path, nested: bool
) -> None:
    first, second = PARTS["linux/amd64"], PARTS["linux/arm64"]
    data = base64.b64encode(first.manifests[first.root][1]).decode()
    entries = [{**descriptor_of(first), "data": data}, descriptor_of(second)]
    made = build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}, OCI_INDEX, [first, second])
    whole = build_index({}, without_platform=[made]) if nested else made
    files = oci_files(whole, without=[first.root])
    for place in (Layout(write_layout(tmp_path / "layout", files)), DockerArchive(write_tar(tmp_path / "image.tar", files))):
        registry = start_registry()
        await images.async_copy(place, f"{registry.url}/a:v1")
        check_pushed_image(f"{registry.url}/a", whole, "v1")


async def test_a_layer_in_an_index_is_no_image_that_is_there(start_registry: StartRegistry, tmp_path: Path) -> None:
    layers = [b"one", b"two"]
    entries = [descriptor("application/vnd.oci.image.layer.v1.tar", content) for content in layers]
    cache = build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}, OCI_INDEX, blobs=layers)
    files = oci_files(cache, without=[digest_of(b"two")])
    for place in (Layout(write_layout(tmp_path / "layout", files)), DockerArchive(write_tar(tmp_path / "image.tar", files))):
        with pytest.raises(ImageError, match=f"has no .*{digest_of(b'two')[7:]}.* .named by manifests.1. of the manifest"):
            await images.async_copy(place, f"{start_registry().url}/a:v1")


async def test_an_index_without_images_gives_way_to_manifest_json(start_registry: StartRegistry, tmp_path: Path) -> None:
    expected = await images.async_push(write_tar(tmp_path / "plain.tar", docker_files()), f"{start_registry().url}/a:v1")
    for index in (
        b'{"schemaVersion": 2, "manifests": null}',
        b'{"schemaVersion": 2, "manifests": []}',
        b'{"manifests": []}',
        b"null",
    ):
        files = {
            **docker_files({**ENTRY, "RepoTags": None}),
            "index.json": index,
            "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        }
        result = await images.async_push(write_tar(tmp_path / "image.tar", files), f"{start_registry().url}/a:v1")
        assert result.digest == expected.digest


@pytest.mark.parametrize("tags", [5, "alpine:3.20", {"a": 1}, [5, None], True, [["a:1"]]])
async def test_names_of_another_type_are_no_names(start_registry: StartRegistry, tmp_path: Path, tags: Any) -> None:
    path = write_tar(tmp_path / "image.tar", docker_files({**ENTRY, "RepoTags": tags}))
    await images.async_push(path, f"{start_registry().url}/a:v1")
    with pytest.raises(ImageError, match=r"has no image 'alpine:3\.20'"):
        await images.async_push(path, f"{start_registry().url}/a:v1", tag="alpine:3.20")


@pytest.mark.parametrize("layers", [5, "l", {"a": 1}, True])
async def test_layers_of_another_type_are_refused(start_registry: StartRegistry, tmp_path: Path, layers: Any) -> None:
    path = write_tar(tmp_path / "image.tar", docker_files({**ENTRY, "Layers": layers}))
    with pytest.raises(ImageError, match=r"image\.tar: manifest\.json"):
        await images.async_push(path, f"{start_registry().url}/a:v1")


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket"])
@pytest.mark.parametrize("name", ["index.json", "oci-layout", "layer", "manifest"])
async def test_something_in_the_place_of_a_file_is_named(
    start_registry: StartRegistry, tmp_path: Path, name: str, kind: str
) -> None:
    made = build_image([b"layer"])
    layout = write_layout(tmp_path / "layout", oci_files(made))
    layer = next(digest for digest, content in made.blobs.items() if content == b"layer")
    path = layout / {"layer": f"blobs/{layer}".replace(":", "/"), "manifest": f"blobs/{made.root}".replace(":", "/")}.get(
        name, name
    )
    path.unlink()
    make_other_than_file(path, kind)
    for target in (Layout(tmp_path / "target"), Layout(tmp_path / "target"), f"{start_registry().url}/a:v1"):
        with pytest.raises(ImageError) as caught:
            await images.async_copy(Layout(layout), target)
        assert str(path) in caught.value.problem and "server" not in str(caught.value)
        assert open_files(tmp_path) == []


@pytest.mark.parametrize("document", [{"schemaVersion": 2, "manifests": 5}, {"schemaVersion": 2, "manifests": [5]}, {}, [1]])
async def test_a_malformed_index_is_named_by_its_file(tmp_path: Path, document: Any) -> None:
    files = oci_files(build_image([b"1"])) | {"index.json": json.dumps(document).encode()}
    del files["manifest.json"]
    for place in (Layout(write_layout(tmp_path / "layout", files)), DockerArchive(write_tar(tmp_path / "image.tar", files))):
        with pytest.raises(ParseError) as caught:
            await images.async_get_config(place)
        assert str(place.path) in caught.value.problem and "index.json" in caught.value.problem
        assert "server" not in str(caught.value)


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket"])
async def test_something_in_the_place_of_an_archive_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "image.tar"
    make_other_than_file(path, kind)
    with pytest.raises(ImageError) as caught:
        await images.async_get_config(DockerArchive(path))
    assert f"{path} is not a regular file" in caught.value.problem
    assert open_files(tmp_path) == []


async def test_an_unnamed_image_in_a_tar_of_a_layout_is_read(tmp_path: Path) -> None:
    made = build_image([b"1"])
    layout = write_layout(tmp_path / "layout", oci_files(made, None))
    (layout / "manifest.json").unlink()
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        tar.add(layout, arcname="")
    assert descriptor_of(made)["digest"] == made.root
    result = await images.async_copy(DockerArchive(tmp_path / "image.tar"), Layout(tmp_path / "target"))
    assert result.digest == made.root
