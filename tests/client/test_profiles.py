"""Push and pull on every profile of the embedded registry."""

from __future__ import annotations

from typing import get_args

import pytest

from docker_registry_sdk import OCI_MANIFEST, AsyncRegistryClientV2, RegistryClientV2, create_async_client, create_client
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.storage.records import Repository
from tests.support.images import digest_of, make_image

PROFILES = get_args(ProfileName)
IMAGE = make_image()


@pytest.mark.parametrize("profile", PROFILES)
def test_an_image_is_pushed_and_pulled(profile: ProfileName) -> None:
    with (
        EmbeddedRegistry(profile=profile) as registry,
        create_client(
            f"{registry.url}/team/app",
            username=registry.username,
            password=registry.password,
            trusted_realms=["localhost", "127.0.0.1"],  # the token service of some profiles is on another host
        ) as client,
    ):
        assert isinstance(client, RegistryClientV2)
        if profile == "ecr":  # ECR requires that a repository is created before the first push
            with pytest.raises(NotFoundError) as caught:
                client.blob_upload(IMAGE.layer)
            assert caught.value.codes == ("NAME_UNKNOWN",)
            registry.storage.save("team/app", Repository())
        for blob in (IMAGE.config, IMAGE.layer):
            assert client.blob_upload(blob).digest == digest_of(blob)
        assert client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST).digest == digest_of(IMAGE.oci)
        answer = client.get_manifest("v1")
        assert answer.raw == IMAGE.oci
        with client.create_blob_read_stream(digest_of(IMAGE.layer)) as stream:
            assert stream.read() == IMAGE.layer
        assert list(client.iter_tags()) == ["v1"]


@pytest.mark.anyio
@pytest.mark.parametrize("profile", PROFILES)
async def test_an_image_is_pushed_and_pulled_by_an_async_client(profile: ProfileName) -> None:
    with EmbeddedRegistry(profile=profile) as registry:
        registry.storage.save("team/app", Repository())
        async with await create_async_client(
            f"{registry.url}/team/app",
            username=registry.username,
            password=registry.password,
            trusted_realms=["localhost", "127.0.0.1"],
        ) as client:
            assert isinstance(client, AsyncRegistryClientV2)
            for blob in (IMAGE.config, IMAGE.layer):
                assert (await client.blob_upload(blob)).digest == digest_of(blob)
            await client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
            assert (await client.get_manifest("v1")).raw == IMAGE.oci
            async with client.create_blob_read_stream(digest_of(IMAGE.layer)) as stream:
                assert await stream.read() == IMAGE.layer
            assert [tag async for tag in client.iter_tags()] == ["v1"]
