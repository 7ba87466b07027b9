"""Docker archives with and without an OCI image layout, and malformed and hostile ones."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Collection
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.errors import DigestMismatchError, ImageError, RegistryError
from docker_registry_sdk.images import DockerArchive
from tests.images.built_images import BuiltImage, build_image, build_index, check_pushed_image, descriptor_of
from tests.images.conftest import StartRegistry
from tests.images.docker_archives import CONFIG, ENTRY, FILES, LAYERS, docker_files, write_tar
from tests.support.images import OCI_INDEX, OCI_MANIFEST, digest_of

pytestmark = pytest.mark.anyio


def oci_files(
    made: BuiltImage, name: str | None = "docker.io/library/alpine:3.20", *, without: Collection[str] = ()
) -> dict[str, bytes]:
    """Return the files of an archive in the format of Docker 25 and later."""
    entry = {**descriptor_of(made), "annotations": {"io.containerd.image.name": name} if name else {}}
    contents = made.blobs | {digest: raw for digest, (_, raw) in made.manifests.items()}
    return {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).encode(),
        "manifest.json": b"[]",
        **{f"blobs/{digest.replace(':', '/')}": raw for digest, raw in contents.items() if digest not in without},
    }


@pytest.mark.parametrize("ref", [None, "alpine:3.20", "docker.io/library/alpine:3.20"])
async def test_an_old_archive_is_pushed(start_registry: StartRegistry, tmp_path: Path, ref: str | None) -> None:
    registry = start_registry()
    path = write_tar(tmp_path / "image.tar", docker_files())
    result = await images.async_push(path, f"{registry.url}/a:v1", tag=ref)
    assert (result.media_type, result.blobs_moved, result.bytes_moved) == (OCI_MANIFEST, 3, sum(map(len, FILES.values())))
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        found = await client.get_manifest("v1")
        assert found.digest == result.digest
        document = json.loads(found.raw)
        assert [one["digest"] for one in document["layers"]] == [digest_of(one) for one in LAYERS]
        assert {one["mediaType"] for one in document["layers"]} == {"application/vnd.oci.image.layer.v1.tar"}
        for content in FILES.values():
            async with client.create_blob_read_stream(digest_of(content)) as stream:
                assert await stream.read() == content
    again = await images.async_copy(f"docker-archive:{path}", f"{registry.url}/a:v1")
    assert (again.bytes_moved, again.manifests_pushed, again.digest) == (0, 0, result.digest)


async def test_an_archive_is_copied_to_a_layout(start_registry: StartRegistry, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "image.tar", docker_files())
    result = await images.async_pull(f"docker-archive:{path}:alpine:3.20", tmp_path / "layout")
    pushed = await images.async_push(tmp_path / "layout", f"{start_registry().url}/a:v1", tag="alpine:3.20")
    assert pushed.digest == result.digest


async def test_compressed_layers_are_copied_unchanged(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    packed = [gzip.compress(one) for one in LAYERS]
    path = write_tar(tmp_path / "image.tar", {**docker_files(), "1/layer.tar": packed[0], "2/layer.tar": packed[1]})
    await images.async_push(path, f"{registry.url}/a:v1")
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        layers = json.loads((await client.get_manifest("v1")).raw)["layers"]
    assert [one["digest"] for one in layers] == [digest_of(one) for one in packed]
    assert {one["mediaType"] for one in layers} == {"application/vnd.oci.image.layer.v1.tar+gzip"}


async def test_a_link_to_another_layer_is_followed(start_registry: StartRegistry, tmp_path: Path) -> None:
    config = json.loads(CONFIG)
    config["rootfs"]["diff_ids"] = [digest_of(LAYERS[1])] * 2
    links: dict[str, bytes | str] = {"1/layer.tar": LAYERS[1], "2/layer.tar": "../1/layer.tar"}
    path = write_tar(tmp_path / "image.tar", {**docker_files(), "config.json": json.dumps(config).encode(), **links})
    result = await images.async_push(path, f"{start_registry().url}/a:v1")
    assert result.blobs_moved == 2


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc/passwd", "3/layer.tar", "2/layer.tar", "chain"])
async def test_a_link_outside_the_archive_is_not_followed(start_registry: StartRegistry, tmp_path: Path, target: str) -> None:
    path = write_tar(tmp_path / "image.tar", {**docker_files(), "2/layer.tar": target, "chain": "1/layer.tar"})
    with pytest.raises(ImageError, match=r"has no file '2/layer\.tar'"):
        await images.async_push(path, f"{start_registry().url}/a:v1")


@pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd", "", "."])
async def test_a_name_outside_the_archive_is_not_read(start_registry: StartRegistry, tmp_path: Path, name: str) -> None:
    path = write_tar(tmp_path / "image.tar", docker_files({**ENTRY, "Layers": ["1/layer.tar", name]}))
    with pytest.raises(ImageError, match="has no file"):
        await images.async_push(path, f"{start_registry().url}/a:v1")


async def test_an_archive_with_two_files_of_one_name_is_refused(start_registry: StartRegistry, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "image.tar", docker_files())
    with tarfile.open(path, "a") as tar:
        entry = tarfile.TarInfo("./1/layer.tar")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"other"))
    with pytest.raises(ImageError, match="has two files"):
        await images.async_push(path, f"{start_registry().url}/a:v1")


async def test_a_layer_with_another_digest_than_in_the_config_is_refused(start_registry: StartRegistry, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "image.tar", {**docker_files(), "2/layer.tar": b"another"})
    with pytest.raises(DigestMismatchError) as caught:
        await images.async_push(path, f"{start_registry().url}/a:v1")
    assert caught.value.problem.endswith(f"(named by layers[1] of manifest.json in {path})")


async def test_the_image_is_selected_by_its_name(start_registry: StartRegistry, tmp_path: Path) -> None:
    other = {**ENTRY, "RepoTags": ["example.com/b:1", "b:2"]}
    path = write_tar(tmp_path / "image.tar", docker_files(ENTRY, other, {**ENTRY, "RepoTags": None}))
    registry = start_registry()
    await images.async_push(path, f"{registry.url}/a:v1", tag="b:2")
    with pytest.raises(
        ImageError, match=r"has no image 'c:1'\. Choose one of its names: 'alpine:3\.20', 'b:2', 'example\.com/b:1'"
    ):
        await images.async_push(path, f"{registry.url}/a:v1", tag="c:1")
    with pytest.raises(ImageError, match="has 3 images, but no name was given"):
        await images.async_push(path, f"{registry.url}/a:v1")


@pytest.mark.parametrize("name", [None, "alpine:3.20"])
async def test_an_archive_without_images_is_refused(tmp_path: Path, name: str | None) -> None:
    path = write_tar(tmp_path / "image.tar", {"manifest.json": b"[]"})
    with pytest.raises(ImageError, match=r"image\.tar has no image\. Create the archive again"):
        await images.async_get_config(DockerArchive(path, name))


async def test_a_new_archive_keeps_its_manifest(start_registry: StartRegistry, tmp_path: Path) -> None:
    made = build_image(LAYERS)
    path = write_tar(tmp_path / "image.tar", oci_files(made))
    registry = start_registry()
    result = await images.async_copy(f"docker-archive:{path}:alpine:3.20", f"{registry.url}/a:v1")
    assert result.digest == made.root
    check_pushed_image(f"{registry.url}/a", made, "v1")
    with pytest.raises(ImageError, match=r"has no image 'b:1'"):
        await images.async_copy(f"docker-archive:{path}:b:1", f"{registry.url}/a:v1")


async def test_a_new_archive_may_hold_an_index(start_registry: StartRegistry, tmp_path: Path) -> None:
    parts = {"linux/amd64": build_image([b"1"]), "linux/arm64": build_image([b"2"], "linux/arm64")}
    made = build_index(parts)
    registry = start_registry()
    await images.async_push(write_tar(tmp_path / "all.tar", oci_files(made)), f"{registry.url}/a:v1")
    check_pushed_image(f"{registry.url}/a", made, "v1")
    only = parts["linux/arm64"]
    missing = {*parts["linux/amd64"].manifests, *parts["linux/amd64"].blobs}
    path = write_tar(tmp_path / "one.tar", oci_files(made, without=missing))
    result = await images.async_push(path, f"{registry.url}/b:v1")
    assert result.digest == only.root
    check_pushed_image(f"{registry.url}/b", only, "v1")


async def test_a_manifest_with_another_digest_than_its_name_is_refused(start_registry: StartRegistry, tmp_path: Path) -> None:
    """The same keys in another order have the same size and meaning, but not the same digest."""
    made = build_image(LAYERS)
    raw = made.manifests[made.root][1]
    reordered = json.dumps(dict(reversed(json.loads(raw).items()))).encode()
    assert (reordered != raw, len(reordered)) == (True, len(raw))
    path = write_tar(tmp_path / "image.tar", {**oci_files(made), f"blobs/{made.root.replace(':', '/')}": reordered})
    registry = start_registry()
    with pytest.raises(DigestMismatchError) as caught:
        await images.async_push(path, f"{registry.url}/a:v1")
    assert (caught.value.expected, caught.value.actual) == (made.root, digest_of(reordered))
    assert not any(one.method == "PUT" for one in registry.requests)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "no manifest.json"),
        ({"repositories": b"{}"}, "before 1.10"),
        ({"manifest.json": b"{"}, "not a JSON"),
        ({"manifest.json": b"{}"}, "is not a list of images"),
        ({"manifest.json": b"[1]"}, "is not a list of images"),
        ({"manifest.json": b"[{}]"}, "not a string"),
        ({"manifest.json": b'[{"Config": "c", "Layers": []}]'}, "no file 'c'"),
        ({"manifest.json": b'[{"Config": "c", "Layers": ["l"]}]', "c": b"{}"}, "1 layers, but the image's config lists 0"),
        ({"manifest.json": b'[{"Config": "c", "Layers": []}]', "c": b"[]"}, "ImageConfig"),
    ],
)
async def test_a_malformed_archive_is_refused(
    start_registry: StartRegistry, tmp_path: Path, files: dict[str, bytes | str], problem: str
) -> None:
    path = write_tar(tmp_path / "image.tar", files)
    with pytest.raises(RegistryError, match=problem):
        await images.async_push(path, f"{start_registry().url}/a:v1")
