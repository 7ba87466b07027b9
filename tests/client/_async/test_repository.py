"""Repositories, references and clients that borrow the connections of a client."""

from __future__ import annotations

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, Descriptor, InvalidDigestError, InvalidReferenceError
from docker_registry_sdk.client._async.manifest_ref import AsyncManifestRef
from docker_registry_sdk.client._async.registries import AsyncRegistries
from docker_registry_sdk.client._async.repository import AsyncRepository
from docker_registry_sdk.client.host import Host
from docker_registry_sdk.errors import ClosedError, RequestTimeoutError, ServerError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow, Status
from tests.support.images import OCI_MANIFEST, digest_of, make_image

pytestmark = pytest.mark.anyio

DIGEST = f"sha256:{'0' * 64}"


async def push(registry: EmbeddedRegistry, repo: str) -> None:
    image = make_image()
    async with AsyncRegistryClientV2(f"{registry.url}/{repo}", username=registry.username, password=registry.password) as client:
        for content in (image.config, image.layer):
            await client.blob_upload(content)
        await client.put_manifest(image.oci, "v1", media_type=OCI_MANIFEST)


async def test_a_repository_borrows_connections_and_does_not_close_them() -> None:
    with EmbeddedRegistry() as registry:
        await push(registry, "library/a")
        async with AsyncRegistryClientV2(registry=registry.url) as client:
            repository = client.repository("library/a")
            async with repository as entered:
                assert entered is repository
                assert isinstance(entered, AsyncRepository)
                await entered.get_manifest("v1")
            assert (await repository.get_manifest("v1")).media_type == OCI_MANIFEST
            assert not hasattr(repository, "aclose")
            assert (await client.ping()) is not None


async def test_a_client_of_with_repo_does_not_close_the_connections() -> None:
    with EmbeddedRegistry() as registry:
        await push(registry, "library/a")
        async with AsyncRegistryClientV2(f"{registry.url}/library/other") as client:
            async with client.with_repo("library/a") as borrower:
                await borrower.get_manifest("v1")
            await borrower.aclose()
            await client.repository("library/a").get_manifest("v1")
            assert client.repo.remote_name == "library/other"
            borrower, repository = client.with_repo("library/a"), client.repository("library/a")
        for closed in (client, borrower, repository):
            with pytest.raises(ClosedError):
                await closed.get_manifest("v1")
        async with client:
            with pytest.raises(ClosedError):
                await client.ping()


async def test_a_reference_of_a_repository() -> None:
    async with AsyncRegistryClientV2("ghcr.io/owner/app") as client:
        by_tag, by_digest, both = client.ref("1.0"), client.ref(DIGEST), client.ref(f"1.0@{DIGEST}")
        assert isinstance(by_tag, AsyncManifestRef)
        assert (by_tag.tag, by_tag.digest, str(by_tag)) == ("1.0", None, "ghcr.io/owner/app:1.0")
        assert (by_digest.tag, by_digest.digest, str(by_digest)) == (None, DIGEST, f"ghcr.io/owner/app@{DIGEST}")
        assert (both.tag, both.digest, str(both)) == ("1.0", DIGEST, f"ghcr.io/owner/app:1.0@{DIGEST}")
        assert by_tag.repository is client
        assert by_tag.repo == client.repo
        assert client.repository("owner/app").ref("1.0") == by_tag
        assert len({by_tag, client.ref("1.0")}) == 1
        descriptor = Descriptor(media_type=OCI_MANIFEST, digest=DIGEST, size=2)
        assert client.ref(descriptor) == client.ref(by_digest.digest or "") == by_digest
        with pytest.raises(InvalidDigestError, match="has no digest"):
            client.ref(by_tag)
        for malformed in ("", "a/b", "sha256:0", "1.0@", "@"):
            with pytest.raises(InvalidReferenceError):
                client.ref(malformed)


@pytest.mark.parametrize(
    "name", ["ghcr.io", "ghcr.io/", "localhost", "localhost:5000", "registry:5000", "https://ghcr.io", "10.0.0.1:5000"]
)
async def test_the_name_of_a_registry_is_no_repository(name: str) -> None:
    with pytest.raises(InvalidReferenceError, match=f"registry='{name.rstrip('/')}'"):
        AsyncRegistryClientV2(name)


async def test_the_registry_is_given_once() -> None:
    async with AsyncRegistryClientV2("app", registry="ghcr.io") as client:
        assert client.index is client.registry
        assert str(client.repo) == "ghcr.io/app"
    async with AsyncRegistryClientV2("app", index="ghcr.io") as client:
        assert client.registry.name == "ghcr.io"
    with pytest.raises(TypeError, match="registry= or as index="):
        AsyncRegistryClientV2("app", registry="ghcr.io", index="ghcr.io")


async def test_registries_open_one_pool_and_one_login_per_registry() -> None:
    with EmbeddedRegistry(auth="token") as first, EmbeddedRegistry() as second:
        await push(first, "library/a")
        await push(second, "library/a")
        name = second.url.removeprefix("http://")
        async with AsyncRegistries(hosts={name: Host(plain_http=True, max_retries=0)}) as registries:
            reference = registries.ref(f"{name}/library/a:v1")
            assert str(reference) == f"{name}/library/a:v1"
            await reference.repository.get_manifest("v1")
            assert len([one async for one in registries.repository(f"{name}/library/a").iter_tags()]) == 1
            async with registries.registry(name) as client:
                await client.ping()
            await client.ping()
            assert len(registries._clients) == 1
        with pytest.raises(ClosedError):
            await client.ping()
        with pytest.raises(ClosedError):
            await reference.repository.get_manifest("v1")
        with pytest.raises(ClosedError):
            registries.repository(f"{name}/library/a")


async def test_options_of_registries_are_checked_at_once() -> None:
    with pytest.raises(InvalidReferenceError):
        AsyncRegistries(hosts={"nohost": Host()})
    with pytest.raises(TypeError, match="must be a Host"):
        AsyncRegistries(hosts={"ghcr.io": {"insecure": True}})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="two keys"):
        AsyncRegistries(hosts={"ghcr.io": Host(), "https://ghcr.io": Host()})


async def test_with_options_changes_the_limits_of_a_copy() -> None:
    with EmbeddedRegistry(auth="token") as registry:
        await push(registry, "library/a")
        async with AsyncRegistryClientV2(
            f"{registry.url}/library/a", username=registry.username, password=registry.password, max_retry_wait=0.01
        ) as client:
            once = client.with_options(max_retries=0)
            registry.faults.add(Fault(Status(503), operation="get_manifest"))
            with pytest.raises(ServerError):
                await once.get_manifest("v1")
            registry.faults.add(Fault(Status(503), operation="get_manifest"))
            await once.with_options(max_retries=1).get_manifest("v1")
            registry.faults.add(Fault(Status(503), operation="get_manifest"))
            await client.get_manifest("v1")
            assert [tag async for tag in once.iter_tags()] == ["v1"]
            assert await once.read_blob(digest_of(make_image().layer)) == make_image().layer
            registry.faults.add(Fault(Slow(bytes_per_second=1), operation="get_manifest", times=None))
            for limited in (
                client.with_options(deadline=0.2),
                client.repository("library/a").with_options(timeout=0.2, max_retries=0),
                once.with_options(timeout=0.2),
            ):
                with pytest.raises(TimeoutError):
                    await limited.get_manifest("v1")
            registry.faults.clear()
            registry.revoke_tokens()
            registry.faults.add(Fault(Slow(bytes_per_second=1), operation="get_token", times=None))
            with pytest.raises(RequestTimeoutError):
                await once.with_options(timeout=0.2).get_manifest("v1")
            with pytest.raises(RequestTimeoutError):
                await once.list_tags(timeout=0.2)
            registry.faults.clear()
            await once.aclose()  # closes nothing
            async with once:
                pass
            await client.ping()
            with pytest.raises(ValueError, match="deadline"):
                client.with_options(deadline=0)
        with pytest.raises(ClosedError):
            await once.ping()
