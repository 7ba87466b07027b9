"""The number of requests that each call may take, counted in the registry's log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, artifacts, create_async_client, images
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


PUSHED = make_image("pushed for the first time")


async def push_blobs(registry: EmbeddedRegistry, client: AsyncRegistryClientV2, folder: Path) -> None:
    for content in (PUSHED.config, PUSHED.layer):
        await client.upload_blob(content)
    await client.put_manifest(PUSHED.oci, "v2", media_type=OCI_MANIFEST)


async def push_stream(registry: EmbeddedRegistry, client: AsyncRegistryClientV2, folder: Path) -> None:
    await client.upload_blob(iter([b"read ", b"once"]))


async def push_manifest(registry: EmbeddedRegistry, client: AsyncRegistryClientV2, folder: Path) -> None:
    await client.put_manifest(make_image().oci, "v3", media_type=OCI_MANIFEST)


async def push_artifact(registry: EmbeddedRegistry, client: AsyncRegistryClientV2, folder: Path) -> None:
    (folder / "file").write_bytes(b"x" * 10)
    await artifacts.async_push(client.ref("file"), [folder / "file"], artifact_type="application/vnd.example", subject="v1")


async def push_layout(registry: EmbeddedRegistry, client: AsyncRegistryClientV2, folder: Path) -> None:
    with EmbeddedRegistry() as source:
        source.add_image("app:1", files={"etc/motd": "hello"}, platforms=["linux/amd64", "linux/arm64"])
        await images.async_pull(f"{source.url}/app:1", folder / "layout")
    await images.async_push(folder / "layout", client.ref("v4"))


@pytest.mark.parametrize("push", [push_blobs, push_stream, push_manifest, push_artifact, push_layout])
async def test_a_first_push_takes_one_token_and_no_ping(
    image_registry: EmbeddedRegistry, requests: Requests, tmp_path: Path, push: Any
) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await push(image_registry, client, tmp_path)
        await client.list_tags()
        assert requests.scopes() == [f"repository:{NAME}:pull,push"]
        taken = requests.take()
    assert [one for one in taken if one.endswith((" 401", " 403"))] == [taken[0]]
    assert taken.count("GET token 200") == 1
    assert [one for one in taken if one.startswith("GET ping")] == []


async def test_a_first_copy_with_mounts_takes_one_token(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        copied = await images.async_copy(client.ref("v1"), client.repository("tests/copy").ref("v1"))
        await client.repository("tests/copy").list_tags()
        assert copied.blobs_mounted == 2
        assert sorted(requests.scopes()) == ["repository:tests/budget:pull", "repository:tests/copy:pull,push"]
        taken = requests.take()
    assert taken.count("GET token 200") == 1
    assert [one for one in taken if one.startswith("GET ping")] == []


async def test_a_first_mount_takes_one_token(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/tests/mounted", **options_of(image_registry)) as client:
        await client.upload_blob(BLOBS[0], digest=digest_of(BLOBS[0]), from_repo=NAME)
        await client.list_tags()
        assert sorted(requests.scopes()) == ["repository:tests/budget:pull", "repository:tests/mounted:pull,push"]
        assert requests.take().count("GET token 200") == 1


async def test_an_open_registry_needs_no_ping_before_a_streamed_body() -> None:
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/{NAME}") as client:
            await client.upload_blob(iter([b"read ", b"once"]))
            await client.list_tags()
        assert Requests(registry).take() == ["POST blobs 202", "PATCH blobs 202", "PUT blobs 201", "GET tags 200"]


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


async def test_a_tag_and_a_deletion_take_one_token_each(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        digest = (await client.tag("v1", "v2", "v3")).digest
    assert requests.scopes() == [f"repository:{NAME}:pull,push"]
    assert requests.take() == [
        "GET manifests 401",
        "GET token 200",
        "GET manifests 200",
        "PUT manifests 201",
        "PUT manifests 201",
    ]
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.delete_manifest(digest)
    assert requests.scopes() == [f"repository:{NAME}:delete,pull"]
    assert requests.take() == ["GET manifests 401", "GET token 200", "GET manifests 200", "DELETE manifests 202"]
