"""Manifests and tags on every registry: push, pull, HEAD requests, listing and deletion."""

from __future__ import annotations

import json

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import DigestMismatchError, InvalidDigestError, NotFoundError, StatusError
from docker_registry_sdk.v2.models import Descriptor, DockerManifest, DockerManifestList, ImageIndex, ImageManifest
from tests.client.conftest import Server
from tests.support.images import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    digest_of,
    index_of,
    make_image,
)

pytestmark = pytest.mark.anyio
UNKNOWN = "sha256:" + "0" * 64


async def push_blobs(client: AsyncRegistryClientV2, image: Image) -> None:
    await client.blob_upload(image.config)
    await client.blob_upload(image.layer)


async def test_a_pulled_image_equals_the_pushed_one(client: AsyncRegistryClientV2) -> None:
    image = make_image()
    await push_blobs(client, image)
    for tag, content, media_type, model in (
        ("oci", image.oci, OCI_MANIFEST, ImageManifest),
        ("docker", image.docker, DOCKER_MANIFEST, DockerManifest),
    ):
        pushed = await client.put_manifest(content, tag, media_type=media_type)
        assert pushed.digest == digest_of(content)
        assert pushed.location is not None
        assert pushed.location.endswith(f"/manifests/{pushed.digest}")
        for ref in (tag, pushed.digest, str(pushed.digest)):
            pulled = await client.get_manifest(ref)
            assert isinstance(pulled.manifest, model)
            assert pulled.manifest.to_dict() == json.loads(content)
            assert (pulled.raw, pulled.digest, pulled.media_type) == (content, digest_of(content), media_type)
            assert isinstance(pulled.digest, Digest)
            assert pulled.signature == "unsigned"
            assert pulled.response is not None
            assert pulled.response.docker_content_digest == pulled.digest


async def test_a_pulled_index_equals_the_pushed_one(client: AsyncRegistryClientV2) -> None:
    images = {architecture: make_image(architecture, architecture) for architecture in ("amd64", "arm64")}
    for image in images.values():
        await push_blobs(client, image)
        await client.put_manifest(image.oci, digest_of(image.oci), media_type=OCI_MANIFEST)
        await client.put_manifest(image.docker, digest_of(image.docker), media_type=DOCKER_MANIFEST)
    oci = index_of(OCI_INDEX, OCI_MANIFEST, {key: image.oci for key, image in images.items()})
    docker = index_of(DOCKER_LIST, DOCKER_MANIFEST, {key: image.docker for key, image in images.items()})
    await client.put_manifest(oci, "oci", media_type=OCI_INDEX)
    await client.put_manifest(docker, "docker", media_type=DOCKER_LIST)
    pulled = await client.get_manifest("oci")
    assert isinstance(pulled.manifest, ImageIndex)
    assert [one.digest for one in pulled.manifest.manifests] == [digest_of(image.oci) for image in images.values()]
    assert isinstance((await client.get_manifest("docker")).manifest, DockerManifestList)


async def test_head_manifest_returns_size_type_and_digest(client: AsyncRegistryClientV2) -> None:
    image = make_image()
    await push_blobs(client, image)
    await client.put_manifest(image.oci, "v1", media_type=OCI_MANIFEST)
    head = await client.head_manifest("v1")
    assert head == Descriptor(media_type=OCI_MANIFEST, digest=digest_of(image.oci), size=len(image.oci))
    for ref in (digest_of(image.oci), head, await client.get_manifest("v1")):
        assert await client.head_manifest(ref) == head
    with pytest.raises(NotFoundError):
        await client.head_manifest("v2")


async def test_missing_manifests_are_not_found(client: AsyncRegistryClientV2) -> None:
    for ref in ("v1", UNKNOWN):
        with pytest.raises(NotFoundError):
            await client.get_manifest(ref)
        with pytest.raises(NotFoundError):
            await client.head_manifest(ref)
    with pytest.raises(NotFoundError):
        await client.list_tags()
    with pytest.raises(NotFoundError):
        await client.delete_manifest(UNKNOWN)


async def test_tags_are_listed(client: AsyncRegistryClientV2) -> None:
    image = make_image()
    await push_blobs(client, image)
    for number in range(5):
        await client.put_manifest(image.oci, f"v{number}", media_type=OCI_MANIFEST)
    tags = [f"v{number}" for number in range(5)]
    assert sorted(await client.list_tags()) == tags
    assert sorted([tag async for tag in client.iter_tags()]) == tags
    assert sorted([tag async for tag in client.iter_tags(page_size=2)]) == tags


async def test_repositories_are_listed(client: AsyncRegistryClientV2) -> None:
    image = make_image()
    name = client.repo.remote_name
    for end in ("a", "b", "c"):
        await push_blobs(client.with_repo(f"{name}-{end}"), image)
        await client.with_repo(f"{name}-{end}").put_manifest(image.oci, "v1", media_type=OCI_MANIFEST)
    names = {f"{name}-{end}" for end in ("a", "b", "c")}
    everything = {each async for each in client.iter_repositories()}
    assert names <= everything
    assert names <= {each async for each in client.iter_repositories(page_size=len(everything) // 3)}
    assert len(await anext(client.iter_repositories(page_size=1).pages())) == 1


async def test_a_digest_of_other_content_sends_no_request(client: AsyncRegistryClientV2, server: Server) -> None:
    image = make_image()
    await push_blobs(client, image)
    sent = len(server.embedded.requests) if server.embedded else 0
    with pytest.raises(DigestMismatchError) as caught:
        await client.put_manifest(image.oci, UNKNOWN, media_type=OCI_MANIFEST)
    assert (caught.value.expected, caught.value.actual) == (UNKNOWN, digest_of(image.oci))
    with pytest.raises(InvalidDigestError):
        await client.put_manifest(image.oci, "sha256:abc", media_type=OCI_MANIFEST)
    with pytest.raises(InvalidDigestError):
        await client.get_manifest("sha256:abc")
    with pytest.raises(InvalidDigestError):
        await client.get_manifest("blake3:" + "0" * 64)
    assert (len(server.embedded.requests) if server.embedded else 0) == sent


async def test_a_manifest_whose_blobs_are_missing_is_refused(client: AsyncRegistryClientV2) -> None:
    with pytest.raises(StatusError) as caught:
        await client.put_manifest(make_image().oci, "v1", media_type=OCI_MANIFEST)
    assert "MANIFEST_BLOB_UNKNOWN" in caught.value.codes


async def test_further_tags_that_the_registry_set_are_returned(client: AsyncRegistryClientV2, server: Server) -> None:
    image = make_image()
    await push_blobs(client, image)
    pushed = await client.put_manifest(image.oci, digest_of(image.oci), media_type=OCI_MANIFEST, tags=("a", "b"))
    if server.is_debian:
        assert pushed.tags == ()
        with pytest.raises(NotFoundError):
            await client.get_manifest("a")
    else:
        assert pushed.tags == ("a", "b")
        assert (await client.get_manifest("b")).digest == pushed.digest


async def test_the_subject_is_returned_by_a_registry_with_a_referrers_api(client: AsyncRegistryClientV2, server: Server) -> None:
    image = make_image()
    await push_blobs(client, image)
    subject = (await client.put_manifest(image.oci, "v1", media_type=OCI_MANIFEST)).digest
    document = json.loads(image.oci) | {
        "artifactType": "example/signature",
        "subject": {"mediaType": OCI_MANIFEST, "size": len(image.oci), "digest": subject},
    }
    content = json.dumps(document).encode()
    pushed = await client.put_manifest(content, digest_of(content), media_type=OCI_MANIFEST, referrers="off")
    if server.is_debian:
        assert pushed.subject is None
        assert await client.list_referrers(subject) == []
        assert [one async for one in client.iter_referrers(subject)] == []  # no client has added it to the fallback tag
        return
    assert pushed.subject == subject
    assert [one.digest for one in await client.list_referrers(subject)] == [pushed.digest]
    assert [one.digest async for one in client.iter_referrers(subject, artifact_type="example/signature")] == [pushed.digest]
    assert [one async for one in client.iter_referrers(subject, artifact_type="example/other")] == []
    assert [one async for one in client.iter_referrers(UNKNOWN)] == []


async def test_deleting_a_tag_keeps_the_manifest(client: AsyncRegistryClientV2, server: Server) -> None:
    image = make_image()
    await push_blobs(client, image)
    digest = (await client.put_manifest(image.oci, "v1", media_type=OCI_MANIFEST)).digest
    await client.put_manifest(image.oci, "v2", media_type=OCI_MANIFEST)
    if server.is_debian:
        with pytest.raises(StatusError):  # 2.8 deletes by digest only
            await client.delete_manifest("v1")
        assert (await client.get_manifest("v1")).digest == digest
    else:
        await client.delete_manifest("v1")
        with pytest.raises(NotFoundError):
            await client.get_manifest("v1")
    assert (await client.get_manifest("v2")).digest == digest
    assert (await client.get_manifest(digest)).raw == image.oci
    if server.embedded is not None:
        deleted = [record.path for record in server.embedded.requests if record.method == "DELETE"]
        assert deleted[-1].endswith("/manifests/v1")


async def test_deleting_by_digest_deletes_the_tags(client: AsyncRegistryClientV2) -> None:
    image = make_image()
    await push_blobs(client, image)
    digest = (await client.put_manifest(image.oci, "v1", media_type=OCI_MANIFEST)).digest
    await client.delete_manifest(digest)
    with pytest.raises(NotFoundError):
        await client.get_manifest("v1")
    with pytest.raises(NotFoundError):
        await client.delete_manifest(digest)


@pytest.mark.only_on("none", "basic", "token")
async def test_a_manifest_is_identified_by_sha512(client: AsyncRegistryClientV2) -> None:
    import hashlib

    image = make_image()
    await push_blobs(client, image)
    digest = f"sha512:{hashlib.sha512(image.oci).hexdigest()}"
    assert (await client.put_manifest(image.oci, digest, media_type=OCI_MANIFEST)).digest == digest
    assert (await client.get_manifest(digest)).digest == digest


async def test_ping_and_supports_v2(client: AsyncRegistryClientV2) -> None:
    assert await client.supports_v2() is True
    assert (await client.ping()).status == 200
