"""The number of requests that each call may take, counted in the registry's log."""

from __future__ import annotations

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, create_async_client
from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.client.conftest import BLOBS, NAME, options_of
from tests.client.log_of_requests import Requests
from tests.support.images import OCI_MANIFEST, make_image

pytestmark = pytest.mark.anyio


async def test_the_first_manifest_takes_three_requests_and_each_further_one_takes_one(
    image_registry: EmbeddedRegistry, requests: Requests
) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        assert await client.supports_v2()
        await client.get_manifest("v1")
        assert requests.scopes() == [f"repository:{NAME}:pull"]
        assert requests.take() == ["GET ping 401", "GET token 200", "GET manifests 200"]
        for _ in range(3):
            await client.get_manifest("v1")
            assert requests.take() == ["GET manifests 200"]
        await client.list_tags()
        await client.with_repo(NAME).get_manifest("v1")
        assert requests.take() == ["GET tags 200", "GET manifests 200"]


async def test_the_first_manifest_takes_three_requests_also_without_a_ping(
    image_registry: EmbeddedRegistry, requests: Requests
) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        assert requests.take() == ["GET manifests 401", "GET token 200", "GET manifests 200"]


async def test_ten_blobs_take_ten_requests(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        requests.take()
        for content in BLOBS:
            async with client.create_blob_read_stream(digest_of(content)) as blob:
                assert await blob.read() == content
        assert requests.take(10) == ["GET blobs 200"] * 10


async def test_a_push_after_a_pull_takes_one_more_token(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        requests.take()
        await client.blob_upload(b"something new")
        await client.put_manifest(make_image().oci, "v2", media_type=OCI_MANIFEST)
        await client.get_manifest("v2")
        taken = requests.take(6)
        assert taken.count("GET token 200") == 1
        assert [each for each in taken if " 401" in each or " 403" in each] == []
        assert sorted(taken) == sorted(
            [
                "HEAD blobs 404",
                "GET token 200",
                "POST blobs 202",
                "PUT blobs 201",
                "PUT manifests 201",
                "GET manifests 200",
            ]
        )


async def test_a_first_upload_takes_one_challenge(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.blob_upload(iter([b"read", b"once"]))
        await client.list_tags()
        taken = requests.take()
        assert [each for each in taken if each.endswith("401")] == ["POST blobs 401"]
        assert taken.count("GET token 200") == 1


async def test_each_repository_takes_one_token(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        requests.take()
        for number in range(3):
            other = client.with_repo(f"{NAME}-{number}")
            for _ in range(2):
                with pytest.raises(NotFoundError):
                    await other.list_tags()
        assert requests.take().count("GET token 200") == 3


async def test_a_revoked_token_takes_one_rejected_request_and_a_new_token(
    image_registry: EmbeddedRegistry, requests: Requests
) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        image_registry.revoke_tokens()
        requests.take()
        await client.get_manifest("v1")
        assert requests.take() == ["GET manifests 401", "GET token 200", "GET manifests 200"]


async def test_finding_the_version_keeps_the_challenge(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with await create_async_client(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        assert isinstance(client, AsyncRegistryClientV2)
        await client.get_manifest("v1")
        assert len(requests.take(3)) == 3
        await client.get_manifest("v1")
        assert len(requests.take(1)) == 1
