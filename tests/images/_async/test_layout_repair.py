"""Layouts that another program has damaged, and unfinished files in them: the next copy repairs the layout."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from docker_registry_sdk import images
from docker_registry_sdk.errors import ImageError
from docker_registry_sdk.images import Layout
from tests.images.built_images import build_image, store_image
from tests.images.conftest import StartRegistry
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio

LAYER = b"x" * 300_000
IMAGE = build_image([LAYER])
CONFIG = next(digest for digest, content in IMAGE.blobs.items() if content != LAYER)


def blob_path(layout: Path, digest: str) -> Path:
    """Return the path of a blob in a layout."""
    return layout / "blobs" / "sha256" / digest.removeprefix("sha256:")


def files_of(layout: Path) -> dict[str, bytes]:
    """Return the content of all files of a layout, by their paths."""
    return {str(path.relative_to(layout)): path.read_bytes() for path in layout.rglob("*") if path.is_file()}


def replace_bytes(path: Path) -> None:
    """Replace the content of a file by other bytes of the same number."""
    path.write_bytes(bytes(path.stat().st_size))


def empty(path: Path) -> None:
    """Remove the content of a file."""
    path.write_bytes(b"")


def remove(path: Path) -> None:
    """Remove a file."""
    path.unlink()


@pytest.mark.parametrize("damage", [replace_bytes, empty, remove])
@pytest.mark.parametrize("name", ["manifest", "config", "layer", "index.json", "oci-layout"])
@pytest.mark.parametrize("has_entry", [True, False])
async def test_a_damaged_layout_is_repaired(
    start_registry: StartRegistry, tmp_path: Path, name: str, damage: Callable[[Path], None], has_entry: bool
) -> None:
    registry = start_registry()
    store_image(registry, "a", IMAGE, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    before = files_of(tmp_path)
    digests = {"manifest": IMAGE.root, "config": CONFIG, "layer": digest_of(LAYER)}
    if not has_entry:
        (tmp_path / "index.json").unlink()
    path = blob_path(tmp_path, digests[name]) if name in digests else tmp_path / name
    if not path.exists():
        return
    damage(path)
    if name in ("index.json", "oci-layout") and damage is replace_bytes:
        # It may list images that nothing else names, so it is not replaced.
        with pytest.raises(ImageError, match="not a JSON document") as caught:
            await images.async_pull(f"{registry.url}/a:v1", tmp_path)
        assert str(path) in caught.value.problem
        return
    if name == "oci-layout" and damage is remove and not has_entry:
        with pytest.raises(ImageError, match="neither empty nor an OCI image layout"):
            await images.async_pull(f"{registry.url}/a:v1", tmp_path)
        return
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("damage", [replace_bytes, empty, remove])
async def test_trusted_layers_are_compared_by_their_sizes_only(
    start_registry: StartRegistry, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    registry = start_registry()
    store_image(registry, "a", IMAGE, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    for digest in (IMAGE.root, CONFIG):
        damage(blob_path(tmp_path, digest))
        await images.async_pull(f"{registry.url}/a:v1", tmp_path, trust_existing=True)
        assert digest_of(blob_path(tmp_path, digest).read_bytes()) == digest
    damage(blob_path(tmp_path, digest_of(LAYER)))
    plan = await images.async_plan_copy(f"{registry.url}/a:v1", Layout(tmp_path, "v1"), trust_existing=True)
    result = await images.async_copy(f"{registry.url}/a:v1", Layout(tmp_path, "v1"), trust_existing=True)
    assert plan.bytes_to_move == result.bytes_moved
    is_trusted = damage is replace_bytes
    assert (blob_path(tmp_path, digest_of(LAYER)).read_bytes() == LAYER) is not is_trusted
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    assert blob_path(tmp_path, digest_of(LAYER)).read_bytes() == LAYER


@pytest.mark.parametrize("begun", [LAYER[:100_000], LAYER, LAYER + b"more", b"of another blob", b""])
@pytest.mark.parametrize("source", ["registry", "layout"])
async def test_the_part_file_of_a_killed_copy_is_resumed(
    start_registry: StartRegistry, tmp_path: Path, begun: bytes, source: str
) -> None:
    registry, layout = start_registry(), tmp_path / "layout"
    store_image(registry, "a", IMAGE, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path / "source")
    (layout / "blobs" / "sha256").mkdir(parents=True)
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    part = blob_path(layout, digest_of(LAYER)).with_suffix(".part")
    part.write_bytes(begun)
    part.chmod(0o600)
    place = f"{registry.url}/a:v1" if source == "registry" else f"oci:{tmp_path}/source:v1"
    await images.async_copy(place, f"oci:{layout}:v1")
    assert set(files_of(layout)) == set(files_of(tmp_path / "source"))
    assert blob_path(layout, digest_of(LAYER)).read_bytes() == LAYER


async def test_remnants_are_removed_and_files_of_others_are_kept(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", IMAGE, "v1")
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    blobs = tmp_path / "blobs" / "sha256"
    other = "1" * 64
    remnants = [
        tmp_path / ".index.json.0123456789ab.tmp",
        tmp_path / ".oci-layout.0123456789ab.tmp",
        tmp_path / "index.json.lock",
        blobs / f".{IMAGE.root[7:47]}.0123456789ab.tmp",
        blob_path(tmp_path, CONFIG).with_suffix(".part"),
    ]
    kept = [tmp_path / "notes.tmp", tmp_path / ".index.json.tmp", blobs / f"{other}.part", blobs / "README"]
    for path in (*remnants, *kept):
        path.write_text("x")
    os.mkfifo(blobs / ".pipe.0123456789ab.tmp")
    (blobs / ".link.0123456789ab.tmp").symlink_to(kept[0])
    await images.async_pull(f"{registry.url}/a:v1", tmp_path)
    assert [path for path in remnants if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
    assert {path.name for path in blobs.iterdir()} >= {".pipe.0123456789ab.tmp", ".link.0123456789ab.tmp"}
