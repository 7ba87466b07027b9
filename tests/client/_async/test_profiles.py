"""Push and pull on every profile of the embedded registry."""

from __future__ import annotations

from typing import get_args

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, create_async_client
from docker_registry_sdk.errors import ForbiddenError, MethodNotAllowedError, NotFoundError
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.storage.records import RepositoryRecord
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of, make_image
from tests.support.referrers_registries import referrer_manifest
from tests.support.request_log import recorded_requests

pytestmark = pytest.mark.anyio
PROFILES = get_args(ProfileName)
IMAGE = make_image()


@pytest.mark.parametrize("profile", PROFILES)
async def test_an_image_is_pushed_and_pulled(profile: ProfileName) -> None:
    with EmbeddedRegistry(profile=profile) as registry:
        async with await create_async_client(
            f"{registry.url}/team/app",
            username=registry.username,
            password=registry.password,
            trusted_realms=["localhost", "127.0.0.1"],  # the token service of some profiles is on another host
        ) as client:
            assert isinstance(client, AsyncRegistryClientV2)
            if profile == "ecr":  # ECR requires that a repository is created before the first push
                with pytest.raises(NotFoundError) as caught:
                    await client.blob_upload(IMAGE.layer)
                assert caught.value.codes == ("NAME_UNKNOWN",)
                registry.storage.save("team/app", RepositoryRecord())
            for blob in (IMAGE.config, IMAGE.layer):
                assert (await client.blob_upload(blob)).digest == digest_of(blob)
            pushed = await client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
            assert pushed.digest == digest_of(IMAGE.oci)
            assert (await client.get_manifest("v1")).raw == IMAGE.oci
            assert await read_blob(client, digest_of(IMAGE.layer)) == IMAGE.layer
            assert [tag async for tag in client.iter_tags()] == ["v1"]


@pytest.mark.parametrize("profile", ["ghcr", "docker-hub", "distribution-2.8"])
async def test_a_referrer_that_is_pushed_is_found_and_gone_after_its_deletion(profile: ProfileName) -> None:
    signature, has_api = referrer_manifest(), profile == "docker-hub"
    with EmbeddedRegistry(profile=profile) as registry:
        async with AsyncRegistryClientV2(
            f"{registry.url}/team/app",
            username=registry.username,
            password=registry.password,
            trusted_realms=["localhost", "127.0.0.1"],
        ) as client:
            for blob in (IMAGE.config, IMAGE.layer):
                await client.blob_upload(blob)
            subject = await client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
            # Docker Hub has the referrers API. At other registries the client reads the list, writes it, and reads it again.
            with recorded_requests(registry) as sent:
                pushed = await client.put_manifest(signature, media_type=OCI_MANIFEST)
            update = ["GET manifests 200", "PUT manifests 201", "GET manifests 200"]
            created = ["GET manifests 404", *update[1:]]
            assert without_logins(sent) == ["PUT manifests 201", *([] if has_api else created)]
            assert pushed.digest == digest_of(signature)
            assert [one.digest async for one in client.iter_referrers(subject)] == [pushed.digest]
            await client.put_manifest(signature, media_type=OCI_MANIFEST)
            assert [one.digest async for one in client.iter_referrers(subject)] == [pushed.digest]
            with recorded_requests(registry) as sent:
                await client.delete_manifest(pushed)
            find = ["GET manifests 200", f"GET referrers {200 if has_api else 404}"]
            assert without_logins(sent) == [*find, *([] if has_api else update), "DELETE manifests 202"]
            with recorded_requests(registry) as sent:
                assert [one.digest async for one in client.iter_referrers(subject)] == []
            assert without_logins(sent) == (["GET referrers 200"] if has_api else ["GET referrers 404", "GET manifests 200"])
            await client.put_manifest(signature, media_type=OCI_MANIFEST, referrers="off")
            assert [one.digest async for one in client.iter_referrers(subject)] == ([pushed.digest] if has_api else [])


def without_logins(requests: list[str]) -> list[str]:
    """Return requests without those for tokens and those that a registry rejected for lack of a token."""
    return [one for one in requests if " token " not in one and not one.endswith(" 401")]


async def test_a_tagged_referrer_that_docker_hub_does_not_delete_stays_listed() -> None:
    with EmbeddedRegistry(profile="docker-hub") as registry:
        async with AsyncRegistryClientV2(
            f"{registry.url}/team/app",
            username=registry.username,
            password=registry.password,
            trusted_realms=["localhost", "127.0.0.1"],
        ) as client:
            for blob in (IMAGE.config, IMAGE.layer):
                await client.blob_upload(blob)
            subject = await client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
            pushed = await client.put_manifest(referrer_manifest(), "signature", media_type=OCI_MANIFEST)
            with pytest.raises(ForbiddenError, match="still referenced"):
                await client.delete_manifest(pushed)
            with pytest.raises(MethodNotAllowedError, match="only digests"):
                await client.untag("signature")
            assert [one.digest async for one in client.iter_referrers(subject)] == [pushed.digest]
