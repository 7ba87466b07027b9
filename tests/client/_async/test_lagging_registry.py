"""Registries that do not find a blob or manifest at once which they have just received, such as Amazon ECR under load."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.errors import StatusError
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault
from tests.support.images import descriptor, digest_of
from tests.support.missing_blobs import FORMS, MissingBlobs

pytestmark = pytest.mark.anyio
CONFIG, LAYER, OTHER = b"{}", b"layer", b"sha256:other"
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", CONFIG),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", LAYER)],
    }
).encode()


def pushes(registry: EmbeddedRegistry) -> int:
    """Return the number of requests that have pushed a manifest."""
    return sum(one.method == "PUT" and "/manifests/" in one.path for one in registry.requests.snapshot())


def client_of(registry: EmbeddedRegistry, **options: Any) -> AsyncRegistryClientV2:
    return AsyncRegistryClientV2(f"{registry.url}/a/b", max_retry_wait=0.01, **options)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("status", "code"), [(400, "MANIFEST_BLOB_UNKNOWN"), (404, "BLOB_UNKNOWN"), (404, "BLOB_UPLOAD_UNKNOWN")]
)
async def test_a_manifest_is_pushed_again_while_the_registry_does_not_find_new_blobs(status: int, code: str, form: str) -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(MissingBlobs((digest_of(LAYER),), status, code, form), operation="put_manifest", times=2))
        async with client_of(registry) as client:
            for blob in (CONFIG, LAYER):
                await client.upload_blob(blob)
            assert (await client.put_manifest(MANIFEST, "1", media_type=OCI_MANIFEST)).digest == digest_of(MANIFEST)
        assert pushes(registry) == 3


@pytest.mark.parametrize("max_retries", [0, 1])
async def test_the_option_max_retries_limits_the_requests_and_the_error_has_a_note(max_retries: int) -> None:
    with EmbeddedRegistry() as registry:
        registry.faults.add(Fault(MissingBlobs((digest_of(LAYER),)), operation="put_manifest", times=None))
        async with client_of(registry, max_retries=max_retries) as client:
            await client.upload_blob(LAYER)
            with pytest.raises(StatusError) as caught:
                await client.put_manifest(MANIFEST, media_type=OCI_MANIFEST)
        assert pushes(registry) == max_retries + 1
        assert any("a short time ago" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        *itertools.product(["never", "there already", "in another repository", "by another client"], FORMS),
        *itertools.product(["one of two"], ["message", "detail", "text"]),
    ],
)
async def test_a_blob_that_was_not_just_pushed_is_the_error_of_the_registry(kind: str, form: str) -> None:
    missing = (digest_of(LAYER), digest_of(OTHER)) if kind == "one of two" else (digest_of(LAYER),)
    with EmbeddedRegistry() as registry:
        async with client_of(registry) as client, client_of(registry) as other:
            if kind in ("there already", "by another client"):
                await other.upload_blob(LAYER)
            if kind in ("there already", "one of two"):
                await client.upload_blob(LAYER)
            if kind == "in another repository":
                await client.repository("a/c").upload_blob(LAYER)
            registry.faults.add(Fault(MissingBlobs(missing, form=form), operation="put_manifest", times=None))
            with pytest.raises(StatusError) as caught:
                await client.put_manifest(MANIFEST, media_type=OCI_MANIFEST)
        assert pushes(registry) == 1
        assert getattr(caught.value, "__notes__", []) == []


@pytest.mark.parametrize("way", ["chunks", "mount", "mount in an upload", "other limits"])
async def test_each_way_to_push_a_blob_counts(way: str) -> None:
    with EmbeddedRegistry() as registry:
        async with client_of(registry) as client:
            if way == "chunks":
                session = await client.upload_blob_chunk(await client.start_blob_upload(), LAYER)
                await client.complete_blob_upload(session, digest_of(LAYER))
            elif way == "other limits":
                await client.with_options(max_retries=2).upload_blob(LAYER)
            else:
                await client.repository("a/c").upload_blob(LAYER)
                if way == "mount":
                    await client.mount_blob(digest_of(LAYER), "a/c")
                else:
                    await client.upload_blob(LAYER, digest=digest_of(LAYER), from_repo="a/c")
            await client.upload_blob(CONFIG)
            registry.faults.add(Fault(MissingBlobs((digest_of(LAYER),)), operation="put_manifest"))
            await client.put_manifest(MANIFEST, media_type=OCI_MANIFEST)
        assert pushes(registry) == 2


async def test_an_index_is_pushed_again_while_the_registry_does_not_find_its_new_manifests() -> None:
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor(OCI_MANIFEST, MANIFEST)]}).encode()
    with EmbeddedRegistry() as registry:
        async with client_of(registry) as client:
            for blob in (CONFIG, LAYER):
                await client.upload_blob(blob)
            await client.put_manifest(MANIFEST, media_type=OCI_MANIFEST)
            registry.faults.add(Fault(MissingBlobs((digest_of(MANIFEST),), form="message"), operation="put_manifest", times=2))
            await client.put_manifest(index, "1", media_type=OCI_INDEX)
        assert pushes(registry) == 4


async def test_a_copy_is_complete_although_the_target_lags() -> None:
    with EmbeddedRegistry() as source, EmbeddedRegistry() as target:
        source.add_image("a:1", platforms=["linux/amd64", "linux/arm64"])
        target.faults.add(Fault(MissingBlobs(()), operation="put_manifest", times=2))
        await images.async_copy(f"{source.url}/a:1", f"{target.url}/b:1")
        async with AsyncRegistryClientV2(f"{target.url}/b") as client:
            assert await client.exists("1")
        assert pushes(target) == 5
