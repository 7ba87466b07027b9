"""OCI image layouts: written atomically, verified, and never read or written outside of their folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistries, images
from docker_registry_sdk.errors import DigestMismatchError, ImageError, InvalidDigestError, ParseError, TransportError
from docker_registry_sdk.images import Layout
from docker_registry_sdk.images.files import MAX_JSON_BYTES
from docker_registry_sdk.testing.faults import Fault, Reset
from tests.images.built_images import (
    AMD64,
    ARM64,
    INDEX,
    build_image,
    check_pushed_image,
    descriptor_of,
    push_image,
    store_image,
)
from tests.images.conftest import StartRegistry
from tests.images.layout_entries import TAG_ANNOTATION, index_entries
from tests.support.images import OCI_INDEX, OCI_MANIFEST, descriptor, index_of
from tests.support.request_log import recorded_requests

pytestmark = pytest.mark.anyio


async def test_an_image_is_pulled_to_a_layout_and_pushed_again(registry_url: str, repo_name: str, tmp_path: Path) -> None:
    push_image(f"{registry_url}/{repo_name}", INDEX, "v1")
    result = await images.async_pull(f"{registry_url}/{repo_name}:v1", tmp_path / "new" / "layout")
    assert (result.digest, result.bytes_moved) == (INDEX.root, INDEX.size)
    assert blob_names(tmp_path / "new" / "layout") == {
        digest.removeprefix("sha256:") for digest in {**INDEX.blobs, **INDEX.manifests}
    }
    assert index_entries(tmp_path / "new" / "layout") == [("v1", INDEX.root)]
    again = await images.async_copy(f"{registry_url}/{repo_name}:v1", f"oci:{tmp_path}/new/layout:v1")
    assert (again.bytes_moved, again.manifests_pushed, again.blobs_skipped) == (0, 0, 5)
    await images.async_push(tmp_path / "new" / "layout", f"{registry_url}/{repo_name}/back:v1")
    check_pushed_image(f"{registry_url}/{repo_name}/back", INDEX, "v1")


async def test_a_layout_is_copied_to_a_layout(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path / "one", tag="docker.io/library/a:1")
    result = await images.async_copy(
        f"oci:{tmp_path}/one:docker.io/library/a:1", Layout(tmp_path / "two"), platform="linux/arm64"
    )
    assert (result.digest, result.bytes_moved) == (ARM64.root, ARM64.size)
    assert index_entries(tmp_path / "two") == [(None, ARM64.root)]
    assert blob_names(tmp_path / "two") == {digest.removeprefix("sha256:") for digest in {**ARM64.blobs, **ARM64.manifests}}


async def test_a_repeated_pull_requests_no_blob(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path / "layout")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with recorded_requests(registry) as asked:
        result = await images.async_pull(f"{registry.url}/a:v1", tmp_path / "layout")
    assert set(asked) == {"GET manifests 200"}
    assert (result.bytes_moved, result.manifests_pushed) == (0, 0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


async def test_moving_a_tag_keeps_all_other_entries_and_fields(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "amd64")
    store_image(registry, "a", ARM64, "arm64")
    await images.async_pull(f"{registry.url}/a:amd64", tmp_path, tag="v1")
    document = json.loads((tmp_path / "index.json").read_text())
    other = {
        "mediaType": OCI_MANIFEST,
        "digest": AMD64.root,
        "size": 1,
        "annotations": {TAG_ANNOTATION: "other", "x": "y"},
        "odd": [1],
    }
    document |= {"annotations": {"a": "ü"}, "future": {"b": None}}
    document["manifests"].append(other)
    (tmp_path / "index.json").write_text(json.dumps(document))
    await images.async_pull(f"{registry.url}/a:arm64", tmp_path, tag="v1")
    after = json.loads((tmp_path / "index.json").read_text())
    assert after["manifests"][0] == other
    assert index_entries(tmp_path) == [("other", AMD64.root), ("v1", ARM64.root)]
    assert {name: after[name] for name in ("annotations", "future")} == {"annotations": {"a": "ü"}, "future": {"b": None}}


async def test_the_tag_may_be_omitted_for_the_only_image(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path / "one")
    await images.async_push(tmp_path / "one", f"{registry.url}/b:v1")
    with pytest.raises(ImageError, match=r"has no image with the tag 'v2'\. Choose one of its tags: 'v1'"):
        await images.async_push(tmp_path / "one", f"{registry.url}/b:v1", tag="v2")
    store_image(registry, "a", ARM64, "v2")
    await images.async_pull(f"{registry.url}/a:v2", tmp_path / "one")
    with pytest.raises(ImageError, match=r"has 2 images, but no tag was given\. Choose one of its tags: 'v1', 'v2'"):
        await images.async_push(tmp_path / "one", f"{registry.url}/b:v1")
    await images.async_push(tmp_path / "one", f"{registry.url}/b:v2", tag="v2")
    check_pushed_image(f"{registry.url}/b", ARM64, "v2")


async def test_a_referrer_without_tag_does_not_count_as_image(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    signature = build_image([b"signature"], subject=descriptor_of(AMD64))
    store_image(registry, "a", AMD64, "v1")
    store_image(registry, "a", signature, None)
    for ref in (AMD64.root, signature.root):
        await images.async_copy(f"{registry.url}/a@{ref}", f"oci:{tmp_path}")
    assert len(index_entries(tmp_path)) == 2
    result = await images.async_push(tmp_path, f"{registry.url}/b:v1")
    assert result.digest == AMD64.root
    (tmp_path / "blobs" / "sha256" / signature.root.removeprefix("sha256:")).unlink()
    with pytest.raises(ImageError, match="has 2 images"):
        await images.async_push(tmp_path, f"{registry.url}/b:v1")


@pytest.mark.parametrize("where", ["blobs", "blobs/sha256", "index.json", "oci-layout", "blob", "part"])
async def test_a_link_is_never_followed(start_registry: StartRegistry, tmp_path: Path, where: str) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    layout, outside = tmp_path / "layout", tmp_path / "outside"
    await images.async_pull(f"{registry.url}/a:v1", layout)
    if where in ("blob", "part"):
        digest = next(iter(AMD64.blobs)).removeprefix("sha256:")
        path = layout / "blobs" / "sha256" / digest
        path.rename(outside)
        (path if where == "blob" else path.with_name(f"{digest}.part")).symlink_to(outside)
    else:
        path = layout / where
        path.rename(outside)
        path.symlink_to(outside)
    before = {path: path.read_bytes() for path in [outside, *outside.rglob("*")] if path.is_file()}
    if where != "part":
        with pytest.raises(ImageError, match="link"):
            await images.async_push(layout, f"{registry.url}/b:v1")
    store_image(registry, "a", ARM64, "v2")
    with pytest.raises(ImageError, match="link"):
        await images.async_pull(f"{registry.url}/a:v1", layout)
    assert {path: path.read_bytes() for path in [outside, *outside.rglob("*")] if path.is_file()} == before


@pytest.mark.parametrize("digest", ["sha256:../../../etc/passwd", "../x", "sha256:" + "A" * 64, "md5:../" + "0" * 32])
async def test_an_invalid_digest_is_not_used_as_path(start_registry: StartRegistry, tmp_path: Path, digest: str) -> None:
    make_layout(tmp_path, {"mediaType": OCI_MANIFEST, "digest": digest, "size": 1})
    with pytest.raises(ParseError, match=r"manifests\[0\]\.digest: is invalid"):
        await images.async_push(tmp_path, f"{start_registry().url}/a:v1")


def with_md5(content: bytes, digest: str) -> bytes:
    """Return a document that names the MD5 of some content instead of the content's digest."""
    return content.replace(digest.encode(), b"md5:d41d8cd98f00b204e9800998ecf8427e") if digest else content


@pytest.mark.parametrize("where", ["root", "child", "config", "layer"])
async def test_content_that_cannot_be_verified_is_not_copied(start_registry: StartRegistry, tmp_path: Path, where: str) -> None:
    registry, layout = start_registry(), tmp_path / "layout"
    media_type, manifest = AMD64.manifests[AMD64.root]
    config, (layer, *_) = json.loads(manifest)["config"], json.loads(manifest)["layers"]
    if where == "child":
        media_type, content = OCI_INDEX, with_md5(index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": manifest}), AMD64.root)
    else:
        content = with_md5(manifest, {"root": "", "config": config["digest"], "layer": layer["digest"]}[where])
    entry = descriptor(media_type, content)
    make_layout(layout, entry | ({"digest": "md5:" + "0" * 32} if where == "root" else {}))
    (layout / "blobs" / "sha256" / entry["digest"].removeprefix("sha256:")).write_bytes(content)
    with recorded_requests(registry) as sent, pytest.raises(InvalidDigestError, match="'md5' is not supported"):
        await images.async_push(layout, f"{registry.url}/a:v1")
    assert not any(one.startswith(("POST", "PUT")) for one in sent)
    if where != "layer":
        with pytest.raises(InvalidDigestError, match="'md5' is not supported"):
            await images.async_get_config(layout)


async def test_bytes_with_another_digest_are_refused(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    for kind, digest in (("manifest", AMD64.root), ("layer", next(digest for digest in AMD64.blobs))):
        layout = tmp_path / kind
        await images.async_pull(f"{registry.url}/a:v1", layout)
        path = layout / "blobs" / "sha256" / digest.removeprefix("sha256:")
        content = path.read_bytes()
        path.write_bytes(content[:-1] + b"?")
        with pytest.raises(DigestMismatchError):
            await images.async_push(layout, f"{registry.url}/b:v1")
        with pytest.raises(DigestMismatchError):
            await images.async_copy(f"oci:{layout}", f"oci:{tmp_path}/copy-{kind}")
        assert list(tmp_path.rglob(".*")) == []


async def test_a_damaged_blob_is_replaced(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    digest, content = next(iter(AMD64.blobs.items()))
    path = tmp_path / "blobs" / "sha256" / digest.removeprefix("sha256:")
    path.write_bytes(content[:-1])
    result = await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    assert result.bytes_moved == len(content)
    assert path.read_bytes() == content


async def test_a_partly_pulled_image_has_no_entry(
    start_registry: StartRegistry, tmp_path: Path, hasty_registries: AsyncRegistries
) -> None:
    registry = start_registry()
    big = build_image([b"x" * (2 * 1024 * 1024), b"small"])
    store_image(registry, "a", big, "v1")
    registry.faults.add(Fault(Reset(after=1000), operation="create_blob_read_stream", times=None))
    with pytest.raises(TransportError, match="Check the URL"):
        await images.async_pull(f"{registry.url}/a:v1", tmp_path, registries=hasty_registries)
    assert not (tmp_path / "index.json").exists()
    with pytest.raises(ImageError, match=r"no index\.json"):
        await images.async_push(tmp_path, f"{registry.url}/b:v1")
    assert [name for name in blob_names(tmp_path) if not name.endswith(".part") and len(name) != 64] == []
    registry.faults.clear()
    result = await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    assert all(len(name) == 64 for name in blob_names(tmp_path))
    assert result.digest == big.root


async def test_a_folder_with_other_files_is_not_changed(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, problem in (("folder", "neither empty"), ("file", "is a file")):
        with pytest.raises(ImageError, match=problem):
            await images.async_pull(f"{registry.url}/a:v1", tmp_path / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder", "thesis.txt"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("oci-layout", b"{", "not a JSON"),
        ("oci-layout", b"[]", "version"),
        ("oci-layout", b'{"imageLayoutVersion": "2.0.0"}', "version '2.0.0'"),
        ("index.json", b"\xff", "not a JSON"),
        ("index.json", b"[" * 100_000, "not a JSON"),
        ("index.json", b"{}", "schemaVersion"),
        ("index.json", b" " * (MAX_JSON_BYTES + 1), "larger than"),
    ],
)
async def test_a_malformed_layout_is_an_error(
    start_registry: StartRegistry, tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises((ImageError, ParseError), match=problem):
        await images.async_push(tmp_path, f"{registry.url}/b:v1")
    if name == "index.json":
        with pytest.raises((ImageError, ParseError), match=problem):
            await images.async_pull(f"{registry.url}/a:v1", tmp_path)
        assert (tmp_path / name).read_bytes() == content


async def test_a_named_pipe_does_not_block(start_registry: StartRegistry, tmp_path: Path) -> None:
    make_layout(tmp_path, {"mediaType": OCI_MANIFEST, "digest": "sha256:" + "0" * 64, "size": 1})
    os.mkfifo(tmp_path / "blobs" / "sha256" / ("0" * 64))
    with pytest.raises(ImageError, match="is not a regular file"):
        await images.async_push(tmp_path, f"{start_registry().url}/a:v1")


def make_layout(folder: Path, entry: dict[str, Any]) -> None:
    """Write a layout whose index has one entry."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))


def blob_names(folder: Path) -> set[str]:
    """Return the file names of a layout's blobs."""
    return {path.name for path in (folder / "blobs" / "sha256").iterdir()}
