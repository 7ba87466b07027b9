"""Tags and digests: resolve, exists, tag, untag, the choice of a platform, conditions; and reading a blob at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from attrs import evolve

from docker_registry_sdk import AsyncRegistryClientV2, Descriptor
from docker_registry_sdk.errors import (
    DigestMismatchError,
    ImageError,
    InvalidReferenceError,
    NotFoundError,
    NotModifiedError,
    PlatformNotFoundError,
)
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.reference import parse_repo
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, SetHeader
from tests.support.images import digest_of, make_image

pytestmark = pytest.mark.anyio
UNKNOWN = f"sha256:{'0' * 64}"
IMAGE = make_image()
PLATFORM = "linux/amd64"
INDEX = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            {
                "mediaType": OCI_MANIFEST,
                "digest": digest_of(IMAGE.oci),
                "size": len(IMAGE.oci),
                "platform": {"os": "linux", "architecture": "amd64"},
            }
        ],
    }
).encode()
OUTER = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            {
                "mediaType": OCI_INDEX,
                "digest": digest_of(INDEX),
                "size": len(INDEX),
                "platform": {"os": "linux", "architecture": "amd64"},
            }
        ],
    }
).encode()


@pytest.fixture
async def registry() -> AsyncIterator[EmbeddedRegistry]:
    """A registry with an image, an index, and an index of the index."""
    with EmbeddedRegistry() as running:
        async with AsyncRegistryClientV2(f"{running.url}/a/b") as client:
            for blob in (IMAGE.config, IMAGE.layer):
                await client.upload_blob(blob)
            await client.put_manifest(IMAGE.oci, "image", media_type=OCI_MANIFEST)
            await client.put_manifest(INDEX, "index", media_type=OCI_INDEX)
            await client.put_manifest(OUTER, "outer", media_type=OCI_INDEX)
        running.requests.clear()
        yield running


@pytest.fixture
async def client(registry: EmbeddedRegistry) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of the repository with the images."""
    async with AsyncRegistryClientV2(f"{registry.url}/a/b") as connected:
        yield connected


def sent(registry: EmbeddedRegistry) -> list[str]:
    """Return the methods of the requests, with the kind of their target, and clear the log."""
    kinds = [f"{record.method} {record.path.split('/')[4]}" for record in registry.requests]
    registry.requests.clear()
    return kinds


async def test_resolve(registry: EmbeddedRegistry, client: AsyncRegistryClientV2) -> None:
    found = await client.resolve("image")
    assert (found.digest, found.size, found.media_type) == (digest_of(IMAGE.oci), len(IMAGE.oci), OCI_MANIFEST)
    assert sent(registry) == ["HEAD manifests"]
    assert (await client.resolve(found)).digest == found.digest
    assert (await client.resolve("index")).media_type == OCI_INDEX
    with pytest.raises(NotFoundError):
        await client.resolve("missing")
    registry.requests.clear()
    assert (await client.resolve("index", platform=PLATFORM)).digest == found.digest
    assert sent(registry) == ["GET manifests"]
    assert (await client.resolve("outer", platform=PLATFORM)).digest == found.digest
    assert sent(registry) == ["GET manifests", "GET manifests"]
    assert (await client.resolve("image", platform=PLATFORM)).digest == found.digest
    assert sent(registry) == ["GET manifests", "GET blobs"]
    for ref in ("index", "image"):
        with pytest.raises(PlatformNotFoundError) as caught:
            await client.resolve(ref, platform="linux/s390x")
        assert caught.value.wanted == "linux/s390x"
    with pytest.raises(ImageError):
        await client.resolve("index", platform="linux")


async def test_resolve_requests_the_manifest_if_the_headers_lack_the_digest(
    registry: EmbeddedRegistry, client: AsyncRegistryClientV2
) -> None:
    registry.faults.add(Fault(SetHeader("docker-content-digest", None), operation="head_manifest", times=None))
    assert (await client.resolve("image")).digest == digest_of(IMAGE.oci)
    assert sent(registry) == ["HEAD manifests", "GET manifests"]


async def test_exists(registry: EmbeddedRegistry, client: AsyncRegistryClientV2) -> None:
    assert await client.exists("image")
    assert await client.exists(digest_of(INDEX))
    assert not await client.exists("missing")
    assert not await client.exists(UNKNOWN)
    assert not await client.repository("other").exists("image")
    assert sent(registry) == ["HEAD manifests"] * 4 + ["HEAD image"]


async def test_tag_and_untag(registry: EmbeddedRegistry, client: AsyncRegistryClientV2) -> None:
    tagged = await client.tag("index", "one", "two")
    assert tagged.digest == digest_of(INDEX)
    assert sent(registry) == ["GET manifests", "PUT manifests", "PUT manifests"]
    assert (await client.resolve("two")).digest == digest_of(INDEX)
    await client.untag("two")
    assert not await client.exists("two")
    assert await client.exists("one")
    registry.requests.clear()
    with pytest.raises(TypeError, match="new tag"):
        await client.tag("index")
    for malformed in ("a/b", UNKNOWN, ""):
        with pytest.raises(InvalidReferenceError):
            await client.tag("index", malformed)
        with pytest.raises(InvalidReferenceError):
            await client.untag(malformed)
    assert sent(registry) == []


async def test_get_manifest_for_a_platform(registry: EmbeddedRegistry, client: AsyncRegistryClientV2) -> None:
    assert (await client.get_manifest("index", platform=PLATFORM)).raw == IMAGE.oci
    assert sent(registry) == ["GET manifests", "GET manifests"]
    assert (await client.get_manifest("image", platform=PLATFORM)).raw == IMAGE.oci
    assert sent(registry) == ["GET manifests", "GET blobs"]
    with pytest.raises(PlatformNotFoundError):
        await client.get_manifest("image", platform="windows/amd64")


async def test_get_manifest_under_a_condition(client: AsyncRegistryClientV2) -> None:
    found = await client.get_manifest("image")
    etag = f'"{found.digest}"'
    with pytest.raises(NotModifiedError):
        await client.get_manifest("image", if_none_match=etag)
    assert (await client.get_manifest("index", if_none_match=etag)).raw == INDEX


async def test_read_blob(registry: EmbeddedRegistry, client: AsyncRegistryClientV2) -> None:
    assert await client.read_blob(digest_of(IMAGE.layer)) == IMAGE.layer
    assert sent(registry) == ["GET blobs"]
    with pytest.raises(NotFoundError):
        await client.read_blob(UNKNOWN)
    found = await client.head_blob(digest_of(IMAGE.layer))
    with pytest.raises(DigestMismatchError):
        await client.read_blob(evolve(found, size=found.size + 1))


async def test_a_stream_is_open_without_a_block(registry: EmbeddedRegistry, client: AsyncRegistryClientV2) -> None:
    stream = await client.create_blob_read_stream(digest_of(IMAGE.layer))
    assert stream.size == len(IMAGE.layer)
    assert await stream.read() == IMAGE.layer
    await stream.aclose()
    assert stream.closed
    assert sent(registry) == ["GET blobs"]


async def test_a_blob_is_mounted_from_a_repo(client: AsyncRegistryClientV2) -> None:
    other = client.repository("c/d")
    digest = digest_of(IMAGE.layer)
    assert (await other.upload_blob(IMAGE.layer, digest=digest, from_repo=client.repo)).digest == digest
    mounted = await client.repository("e/f").mount_blob(digest, client.repo)
    assert isinstance(mounted, Descriptor)
    assert mounted.size == len(IMAGE.layer)
    with pytest.raises(InvalidReferenceError):
        await other.mount_blob(digest, parse_repo("ghcr.io/a/b"))
