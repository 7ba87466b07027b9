"""A token or password that worked before and has ended, as registries such as GHCR and ECR answer it: 403."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, Credential
from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.errors import ForbiddenError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status
from tests.client.conftest import BLOBS, NAME, StartRegistry, options_of
from tests.client.log_of_requests import Requests
from tests.support.images import OCI_MANIFEST, make_image

pytestmark = pytest.mark.anyio

Call = Callable[[AsyncRegistryClientV2, Path], Any]
BLOB = digest_of(BLOBS[0])


async def read_stream(client: AsyncRegistryClientV2, folder: Path) -> bytes:
    async with client.create_blob_read_stream(BLOB) as stream:
        return await stream.read()


async def put_manifest(client: AsyncRegistryClientV2, folder: Path) -> None:
    await client.put_manifest(make_image().oci, "v2", media_type=OCI_MANIFEST)


CALLS: list[tuple[str, Call]] = [
    ("list_tags", lambda client, folder: client.list_tags()),
    ("get_manifest", lambda client, folder: client.get_manifest("v1")),
    ("head_manifest", lambda client, folder: client.head_manifest("v1")),
    ("head_blob", lambda client, folder: client.head_blob(BLOB)),
    ("create_blob_read_stream", read_stream),
    ("create_blob_read_stream", lambda client, folder: client.download_blob(BLOB, folder / "blob")),
    ("start_blob_upload", lambda client, folder: client.blob_upload(b"new")),
    ("complete_blob_upload", lambda client, folder: client.blob_upload(b"new")),
    ("put_manifest", put_manifest),
    ("delete_manifest", lambda client, folder: client.delete_manifest("v1")),
]


async def warm_up(client: AsyncRegistryClientV2) -> None:
    """Let a client fetch a token for all actions."""
    await client.blob_upload(b"warm")
    await client.head_blob(digest_of(b"warm"))


@pytest.mark.parametrize(("operation", "call"), CALLS, ids=[f"{number} {name}" for number, (name, _) in enumerate(CALLS)])
async def test_a_token_that_has_ended_is_replaced_once(
    image_registry: EmbeddedRegistry, requests: Requests, tmp_path: Path, operation: Any, call: Call
) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", max_retries=0, **options_of(image_registry)) as client:
        await warm_up(client)
        if operation == "delete_manifest":
            await client.put_manifest(make_image().oci, "other", media_type=OCI_MANIFEST)
            await client.delete_manifest("other")
        requests.take()
        image_registry.faults.add(Fault(Status(403), operation=operation, times=1))
        await call(client, tmp_path)
        taken = requests.take()
    assert [one for one in taken if one.endswith(" 403")] == [next(one for one in taken if one.endswith(" 403"))]
    assert taken.count("GET token 200") == 1


async def test_a_new_token_that_is_refused_is_an_error(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await warm_up(client)
        requests.take()
        image_registry.faults.add(Fault(Status(403), operation="list_tags", times=None))
        with pytest.raises(ForbiddenError):
            await client.list_tags()
        assert requests.take() == ["GET tags 403", "GET token 200", "GET tags 403"]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_password_that_has_ended_is_asked_for_once(start_registry: StartRegistry, status: int) -> None:
    registry = start_registry(auth="basic", anonymous_pull=False)
    asked = 0

    class Provider:
        def get_credential(self, name: str, repo: str | None, /) -> Credential:
            nonlocal asked
            asked += 1
            return Credential(registry.username, registry.password, source=f"login {asked}")

    async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=Provider(), max_retries=0) as client:
        assert not await client.exists("v1")
        assert asked == 1
        registry.faults.add(Fault(Status(status), operation="head_manifest", times=1))
        with pytest.raises(Exception, match=str(status)):  # the provider has no other password
            await client.exists("v1")
        assert asked == 2
        assert not await client.exists("v1")
        assert asked == 2
        assert client.explain_auth().credential == "login 2"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("operation", ["upload_blob_chunk", "complete_blob_upload"])
async def test_an_upload_resumes_after_a_token_has_ended(
    image_registry: EmbeddedRegistry, requests: Requests, tmp_path: Path, status: int, operation: Any
) -> None:
    path = tmp_path / "layer"
    path.write_bytes(bytes(3 * 1024 * 1024))
    chunk = 1024 * 1024 if operation == "upload_blob_chunk" else None
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await warm_up(client)
        requests.take()
        image_registry.faults.add(Fault(Status(status), operation=operation, times=1))
        blob = await client.upload_blob(path, chunk_size=chunk)
        assert (await client.head_blob(blob.digest)).size == 3 * 1024 * 1024
        taken = requests.take()
    assert [one for one in taken if one.endswith((" 401", " 403"))] == [next(one for one in taken if one.endswith(f" {status}"))]
    assert taken.count("GET token 200") == 1


async def test_an_upload_that_stays_refused_resumes_once(
    image_registry: EmbeddedRegistry, requests: Requests, tmp_path: Path
) -> None:
    path = tmp_path / "layer"
    path.write_bytes(bytes(2 * 1024 * 1024))
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await warm_up(client)
        requests.take()
        image_registry.faults.add(Fault(Status(403), operation="upload_blob_chunk", times=None))
        with pytest.raises(ForbiddenError):
            await client.upload_blob(path)
        assert requests.take().count("PATCH blobs 403") == 2
