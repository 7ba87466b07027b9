"""Images whose descriptors embed the content in `data`: it is used if it is right, and ignored if it is wrong."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.errors import ImageError, NotFoundError, RegistryError
from docker_registry_sdk.media_types import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status
from tests.images.built_images import OCI_LAYER, BuiltImage, build_manifest, check_pushed_image, store_image
from tests.images.conftest import StartRegistry
from tests.support.images import descriptor, digest_of

pytestmark = pytest.mark.anyio

CONFIG = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
LAYER = bytes(range(256))
PLATFORM = {"platform": {"os": "linux", "architecture": "amd64"}}


def build(change: Any = lambda data: data) -> BuiltImage:
    """Return an index of one image, with `data` in the descriptors of the manifest, the config and the layer."""

    def embedded(media_type: str, content: bytes) -> dict[str, Any]:
        return descriptor(media_type, content) | {"data": change(base64.b64encode(content).decode())}

    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": embedded(OCI_CONFIG, CONFIG),
        "layers": [embedded(OCI_LAYER, LAYER)],
    }
    image = build_manifest(manifest, OCI_MANIFEST, blobs=[CONFIG, LAYER])
    entry = embedded(OCI_MANIFEST, image.manifests[image.root][1]) | PLATFORM
    return build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}, OCI_INDEX, [image])


RIGHT = build()
WRONG = {
    "no base64": build(lambda data: "!"),
    "no padding": build(lambda data: data.rstrip("=") + "A"),
    "line breaks": build(lambda data: "\n".join(data)),
    "other bytes": build(lambda data: base64.b64encode(base64.b64decode(data)[::-1]).decode()),
    "more bytes": build(lambda data: base64.b64encode(base64.b64decode(data) + b"x").decode()),
    "no bytes": build(lambda data: ""),
    "null": build(lambda data: None),
    "a number": build(lambda data: 7),
}


def delete_all_but_the_root(registry: EmbeddedRegistry, image: BuiltImage) -> None:
    for digest in [*image.blobs, *image.manifests]:
        if digest != image.root:
            registry.faults.add(Fault(Status(404), path=f"/v2/a/.*/{digest}", times=None))


async def make_source(registry: EmbeddedRegistry, folder: Path, kind: str, image: BuiltImage, *, is_broken: bool) -> str:
    """Store an image in a registry or a layout, without everything but its root if it is broken, and return its place."""
    store_image(registry, "a", image, "v1")
    if kind == "layout":
        await images.async_copy(f"{registry.url}/a:v1", f"oci:{folder}:v1")
        for digest in [*image.blobs, *image.manifests]:
            if is_broken and digest != image.root:
                (folder / "blobs" / "sha256" / digest.removeprefix("sha256:")).unlink()
        return f"oci:{folder}:v1"
    if is_broken:
        delete_all_but_the_root(registry, image)
    return f"{registry.url}/a:v1"


KINDS = pytest.mark.parametrize("kind", ["registry", "layout"])


@KINDS
async def test_embedded_content_replaces_what_the_source_lacks(start_registry: StartRegistry, tmp_path: Path, kind: str) -> None:
    registry, target = start_registry(), start_registry()
    source = await make_source(registry, tmp_path / "source", kind, RIGHT, is_broken=True)
    registry.requests.clear()
    assert (await images.async_get_config(source, platform="linux/amd64")).architecture == "amd64"
    await images.async_copy(source, f"{target.url}/b:v1")
    check_pushed_image(f"{target.url}/b", RIGHT, "v1")
    await images.async_copy(source, f"oci:{tmp_path / 'target'}:v1")
    await images.async_copy(f"oci:{tmp_path / 'target'}:v1", f"{target.url}/c:v1")
    check_pushed_image(f"{target.url}/c", RIGHT, "v1")
    plan = await images.async_plan_copy(source, f"{target.url}/d:v1")
    assert images.CopyPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    await images.async_apply_copy(images.CopyPlan.from_dict(plan.to_dict()))
    check_pushed_image(f"{target.url}/d", RIGHT, "v1")
    assert [one.path for one in registry.requests if "/blobs/" in one.path or "/manifests/sha256:" in one.path] == []


@KINDS
@pytest.mark.parametrize("wrong", sorted(WRONG))
async def test_wrong_data_is_ignored(start_registry: StartRegistry, tmp_path: Path, kind: str, wrong: str) -> None:
    registry, target, image = start_registry(), start_registry(), WRONG[wrong]
    source = await make_source(registry, tmp_path / "source", kind, image, is_broken=False)
    assert (await images.async_get_config(source, platform="linux/amd64")).architecture == "amd64"
    await images.async_copy(source, f"{target.url}/b:v1")
    check_pushed_image(f"{target.url}/b", image, "v1")
    source = await make_source(registry, tmp_path / "broken", kind, image, is_broken=True)
    with pytest.raises((NotFoundError, ImageError)):
        await images.async_copy(source, f"{target.url}/c:v1")
    async with AsyncRegistryClientV2(f"{target.url}/c") as client:
        assert not await client.exists("v1")


async def test_only_one_of_two_descriptors_has_data(start_registry: StartRegistry) -> None:
    registry, target = start_registry(), start_registry()
    layer = descriptor(OCI_LAYER, LAYER)
    layers = [layer, layer | {"data": base64.b64encode(LAYER).decode()}]
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(OCI_CONFIG, CONFIG)}
    for name, order in {"a": layers, "b": layers[::-1]}.items():
        image = build_manifest(document | {"layers": order}, OCI_MANIFEST, blobs=[CONFIG, LAYER])
        store_image(registry, name, image, "v1")
        registry.faults.add(Fault(Status(404), operation="create_blob_read_stream", path=f".*/{digest_of(LAYER)}", times=None))
        await images.async_copy(f"{registry.url}/{name}:v1", f"{target.url}/{name}:v1")
        check_pushed_image(f"{target.url}/{name}", image, "v1")


async def test_a_missing_blob_with_wrong_data_is_named(start_registry: StartRegistry) -> None:
    registry, target, image = start_registry(), start_registry(), WRONG["other bytes"]
    store_image(registry, "a", image, "v1")
    registry.faults.add(Fault(Status(404), operation="create_blob_read_stream", path=f".*/{digest_of(LAYER)}", times=None))
    with pytest.raises(RegistryError) as caught:
        await images.async_copy(f"{registry.url}/a:v1", f"{target.url}/b:v1")
    assert "has data, but it was ignored" in "".join(caught.value.__notes__)
