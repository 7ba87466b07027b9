"""The planner of copies: nested indexes, limits, and manifests of other types than OCI images."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.errors import (
    ImageError,
)
from docker_registry_sdk.testing import RegistrySettings
from tests.client.schema1_signing import payload_of, sign
from tests.images.built_images import (
    AMD64,
    ARM64,
    BASE_LAYER,
    build_index,
    build_manifest,
    check_pushed_image,
    descriptor_of,
    push_image,
)
from tests.images.conftest import StartRegistry
from tests.support.images import DOCKER_SCHEMA1, OCI_INDEX, descriptor, digest_of
from tests.support.request_log import recorded_requests

pytestmark = pytest.mark.anyio

ODD = "application/vnd.example.odd+json"
LENIENT = RegistrySettings(sparse_images=True)


async def test_nested_indexes_are_copied_children_first(registry_url: str, repo_name: str, start_registry: StartRegistry) -> None:
    inner = build_index({"linux/arm64": ARM64})
    outer = build_index({"linux/amd64": AMD64, "linux/arm64": ARM64}, without_platform=[inner])
    source = start_registry()
    push_image(f"{source.url}/a", outer, "v1")
    result = await images.async_copy(f"{source.url}/a:v1", f"{registry_url}/{repo_name}:v1")
    assert result.manifests_pushed == 4
    check_pushed_image(f"{registry_url}/{repo_name}", outer, "v1")


async def test_an_index_that_is_nested_too_deep_is_refused(start_registry: StartRegistry) -> None:
    nested = AMD64
    for _ in range(10):
        nested = build_index({}, without_platform=[nested])
    registry = start_registry()
    push_image(f"{registry.url}/a", nested, "v1")
    with (
        recorded_requests(registry) as asked,
        pytest.raises(ImageError, match="nested too deep: the limit is 8"),
    ):
        await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert not any("blobs" in one for one in asked)


@pytest.mark.parametrize("depth", [8, 9])
async def test_eight_nested_indexes_are_copied_and_nine_refused(start_registry: StartRegistry, depth: int) -> None:
    nested = AMD64
    for _ in range(depth):
        nested = build_index({}, without_platform=[nested])
    registry = start_registry()
    push_image(f"{registry.url}/a", nested, "v1")
    if depth == 9:
        with pytest.raises(ImageError, match="nested too deep: the limit is 8 levels"):
            await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    else:
        result = await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
        assert result.manifests_pushed == depth + 1
        check_pushed_image(f"{registry.url}/b", nested, "v1")


async def test_an_index_with_too_many_manifests_is_refused(start_registry: StartRegistry) -> None:
    entries = [{**descriptor_of(AMD64), "digest": digest_of(str(number).encode())} for number in range(3000)]
    many = build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}, OCI_INDEX)
    registry = start_registry()
    push_image(f"{registry.url}/a", many, "v1")
    with recorded_requests(registry) as asked, pytest.raises(ImageError, match="more than 2000 manifests"):
        await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert len(asked) < 10


async def test_a_manifest_of_an_unknown_type_is_copied_unchanged(start_registry: StartRegistry) -> None:
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    odd = build_manifest({"schemaVersion": 2, "mediaType": ODD, "what": "ever"}, ODD)
    outer = build_index({"linux/amd64": AMD64}, without_platform=[odd])
    push_image(f"{source.url}/a", outer, "v1")
    await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    async with AsyncRegistryClientV2(f"{target.url}/b") as client:
        assert (await client.get_manifest("v1")).digest == outer.root
        assert (await client.head_manifest(odd.root, accept=[ODD])).media_type == ODD
    with recorded_requests(target) as asked:
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert set(asked) == {"HEAD manifests 200"}


async def test_an_index_may_list_blobs(start_registry: StartRegistry) -> None:
    """BuildKit stores its cache in such an index."""
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    layer = gzip.compress(b"cached")
    entries = [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer), descriptor_of(AMD64)]
    cache = build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}, OCI_INDEX, [AMD64], [layer])
    push_image(f"{source.url}/a", cache, "cache")
    await images.async_copy(f"{source.url}/a:cache", f"{target.url}/b:cache")
    check_pushed_image(f"{target.url}/b", cache, "cache")


async def test_signed_schema_1_is_copied_unchanged(start_registry: StartRegistry, tmp_path: Path) -> None:
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    content = sign(payload_of(digest_of(BASE_LAYER)))
    async with AsyncRegistryClientV2(f"{source.url}/a") as client:
        await client.blob_upload(BASE_LAYER)
        pushed = await client.put_manifest(content, "v1", media_type=DOCKER_SCHEMA1)
    result = await images.async_copy(f"{source.url}/a:v1", f"{target.url}/a:v1")
    assert (result.digest, result.bytes_moved) == (pushed.digest, len(BASE_LAYER))
    async with AsyncRegistryClientV2(f"{target.url}/a") as client:
        assert (await client.get_manifest("v1")).raw == content
        assert (await client.head_blob(digest_of(BASE_LAYER))).size == len(BASE_LAYER)
    with pytest.raises(ImageError, match="cannot be written to a layout"):
        await images.async_pull(f"{source.url}/a:v1", tmp_path)
