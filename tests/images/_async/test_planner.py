"""The planner of copies: nested indexes, limits, and manifests of other types than OCI images."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.errors import (
    ImageError,
    NotFoundError,
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
    store_image,
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
    store_image(source, "a", outer, "v1")
    result = await images.async_copy(f"{source.url}/a:v1", f"{registry_url}/{repo_name}:v1")
    assert result.manifests_pushed == 4
    check_pushed_image(f"{registry_url}/{repo_name}", outer, "v1")


async def test_an_index_that_is_nested_too_deep_is_refused(start_registry: StartRegistry) -> None:
    nested = AMD64
    for _ in range(10):
        nested = build_index({}, without_platform=[nested])
    registry = start_registry()
    store_image(registry, "a", nested, "v1")
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
    store_image(registry, "a", nested, "v1")
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
    store_image(registry, "a", many, "v1")
    with recorded_requests(registry) as asked, pytest.raises(ImageError, match="more than 2000 manifests"):
        await images.async_copy(f"{registry.url}/a:v1", f"{registry.url}/b:v1")
    assert len(asked) < 10


async def test_a_manifest_of_an_unknown_type_is_copied_unchanged(start_registry: StartRegistry) -> None:
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    odd = build_manifest({"schemaVersion": 2, "mediaType": ODD, "what": "ever"}, ODD)
    outer = build_index({"linux/amd64": AMD64}, without_platform=[odd])
    store_image(source, "a", outer, "v1")
    await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    async with AsyncRegistryClientV2(f"{target.url}/b") as client:
        assert (await client.get_manifest("v1")).digest == outer.root
        assert (await client.head_manifest(odd.root, accept=[ODD])).media_type == ODD
    with recorded_requests(target) as asked:
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert set(asked) == {"HEAD manifests 200"}


@pytest.mark.parametrize("in_index", [False, True])
async def test_a_manifest_of_an_unknown_type_is_copied_with_its_blobs(
    start_registry: StartRegistry, tmp_path: Path, in_index: bool
) -> None:
    """The ORAS artifact manifest, for example, has a list `blobs`."""
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    artifact = "application/vnd.cncf.oras.artifact.manifest.v1+json"
    document = {
        "mediaType": artifact,
        "blobs": [descriptor("application/x-one", b"one")],
        "more": {"file": descriptor(ODD, b"two")},
    }
    made = build_manifest(document, artifact, blobs=[b"one", b"two"])
    root = build_index({"linux/amd64": AMD64}, without_platform=[made]) if in_index else made
    store_image(source, "a", root, "v1")
    await images.async_copy(f"{source.url}/a:v1", f"oci:{tmp_path}:v1")
    for start in (f"{source.url}/a:v1", f"oci:{tmp_path}:v1"):
        name = f"{target.url}/{'a' if start.startswith('oci') else 'b'}"
        result = await images.async_copy(start, f"{name}:v1")
        assert result.bytes_moved == root.size
        async with AsyncRegistryClientV2(name) as client:
            assert (await client.head_manifest(made.root, accept=[artifact])).media_type == artifact
            for blob in (b"one", b"two"):
                assert (await client.head_blob(digest_of(blob))).size == 3


async def test_a_manifest_of_an_unknown_type_with_unknown_needs_is_refused(start_registry: StartRegistry) -> None:
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    odd = build_manifest({"schemaVersion": 2, "mediaType": ODD, "parts": [digest_of(b"part")]}, ODD)
    store_image(source, "a", odd, "v1")
    with pytest.raises(ImageError, match=f"manifest {odd.root} of the unknown media type .* names .* without a size"):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")
    assert not target.requests.snapshot() or not any(one.method == "PUT" for one in target.requests.snapshot())


async def test_an_index_may_list_blobs(registry_url: str, repo_name: str, tmp_path: Path, start_registry: StartRegistry) -> None:
    """BuildKit stores its cache in such an index. docker-registry answers 500 when a blob is requested as a manifest."""
    source = start_registry(settings=LENIENT)
    layer, config, statement = gzip.compress(b"cached", mtime=0), b'{"layers":[{"blob":"x"}]}', b'{"_type":"statement"}'
    entries = [
        descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer),
        descriptor_of(AMD64),
        descriptor("application/vnd.buildkit.cacheconfig.v0", config),
        descriptor("application/vnd.in-toto+json", statement),
    ]
    cache = build_manifest(
        {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}, OCI_INDEX, [AMD64], [layer, config, statement]
    )
    store_image(source, "a", cache, "cache")
    if "docker-registry" in repo_name:
        first = f"{registry_url}/{repo_name}/first"
    else:  # the shared embedded registry refuses an index whose entries are blobs
        first = f"{start_registry(settings=LENIENT).url}/first"
    await images.async_copy(f"{source.url}/a:cache", f"{first}:cache")
    mounted = await images.async_copy(f"{first}:cache", f"{first}/mounted:cache")
    assert (mounted.bytes_moved, mounted.blobs_mounted) == (0, len(cache.blobs))
    await images.async_copy(f"{first}/mounted:cache", f"oci:{tmp_path}:cache")
    await images.async_copy(f"oci:{tmp_path}:cache", f"{first}/back:cache")
    for name in (first, f"{first}/mounted", f"{first}/back"):
        check_pushed_image(name, cache, "cache")


@pytest.mark.parametrize("as_blob", [False, True])
async def test_an_entry_of_an_unknown_type_is_looked_for_as_both(
    start_registry: StartRegistry, tmp_path: Path, as_blob: bool
) -> None:
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    content = b'{"_type":"statement"}' if as_blob else b'{"schemaVersion":2}'
    entry = descriptor(ODD, content)
    parts = [] if as_blob else [build_manifest({"schemaVersion": 2}, ODD)]
    if parts:
        entry = descriptor_of(parts[0])
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    made = build_manifest(index, OCI_INDEX, parts, [content] if as_blob else [])
    store_image(source, "a", made, "v1")
    await images.async_copy(f"{source.url}/a:v1", f"oci:{tmp_path}:v1")
    for start in (f"{source.url}/a:v1", f"oci:{tmp_path}:v1"):
        result = await images.async_copy(start, f"{target.url}/{'a' if start.startswith('oci') else 'b'}:v1")
        assert (result.blobs_moved, result.manifests_pushed) == ((1, 1) if as_blob else (0, 2))


async def test_an_entry_of_an_unknown_type_that_is_missing_is_an_error(start_registry: StartRegistry) -> None:
    source, target = start_registry(settings=LENIENT), start_registry(settings=LENIENT)
    entry = descriptor(ODD, b"{}")
    push_image(
        f"{source.url}/a", build_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}, OCI_INDEX), "v1"
    )
    with pytest.raises(NotFoundError, match=entry["digest"]):
        await images.async_copy(f"{source.url}/a:v1", f"{target.url}/b:v1")


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
