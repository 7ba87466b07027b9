"""Copies, pushes and pulls against the profiles of registries that are stricter than the specification, from end to end."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistries, artifacts, images
from docker_registry_sdk.errors import BadRequestError
from docker_registry_sdk.media_types import DOCKER_CONFIG, DOCKER_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Reset
from docker_registry_sdk.testing.profiles import ProfileName
from docker_registry_sdk.testing.storage.records import RepositoryRecord
from tests.images.built_images import build_image, build_index, build_manifest, check_pushed_image, descriptor_of, store_image
from tests.images.conftest import StartRegistry
from tests.images.docker_archives import ENTRY, docker_files, write_tar
from tests.support.images import descriptor

pytestmark = pytest.mark.anyio
PROFILES: tuple[ProfileName, ...] = ("ecr", "gitea", "gitlab", "quay")
PLAIN_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
AMD64, ARM64 = build_image([b"base", b"for amd64"]), build_image([b"base", b"for arm64"], "linux/arm64")
ATTESTATION = build_image([b"attestation"], "unknown/unknown", subject=descriptor_of(AMD64), artifactType="application/x-a")
SIGNATURE = build_image([b"signature"], subject=descriptor_of(ARM64), artifactType="application/x-s")
# The attestation comes first, so that a push in the order of the index would push it before its subject.
IMAGE = build_index({}, without_platform=[ATTESTATION, AMD64, ARM64])


def start(start_registry: StartRegistry, profile: ProfileName) -> EmbeddedRegistry:
    """Return a registry with the repository `team/app`, which ECR requires to exist."""
    registry = start_registry(profile=profile)
    registry.storage.save("team/app", RepositoryRecord())
    return registry


def open_registries(registry: EmbeddedRegistry) -> AsyncRegistries:
    """Return connections that are logged in to a registry."""
    return AsyncRegistries(
        credentials={registry.host: (registry.username, registry.password)},
        trusted_realms=["localhost", "127.0.0.1"],
        max_retry_wait=0.01,
    )


@pytest.mark.parametrize("profile", PROFILES)
async def test_an_image_is_copied_there_and_back(start_registry: StartRegistry, tmp_path: Path, profile: ProfileName) -> None:
    source, target = start_registry(), start(start_registry, profile)
    for made, tag in ((IMAGE, "1"), (SIGNATURE, None)):
        store_image(source, "a", made, tag)
    place = f"{target.url}/team/app:1"
    async with open_registries(target) as registries:
        result = await images.async_copy(f"{source.url}/a:1", place, referrers=True, registries=registries)
        assert (result.digest, result.manifests_pushed) == (IMAGE.root, 5)
        again = await images.async_copy(f"{source.url}/a:1", place, referrers=True, registries=registries)
        assert (again.blobs_moved, again.manifests_pushed) == (0, 0)
        pulled = await images.async_pull(place, tmp_path / "layout", referrers=True, registries=registries)
        assert pulled.digest == IMAGE.root
        for digest, content in {**IMAGE.blobs, **SIGNATURE.blobs}.items():
            assert (tmp_path / "layout" / "blobs" / digest.replace(":", "/")).read_bytes() == content
        repushed = await images.async_push(tmp_path / "layout", f"{target.url}/team/app:2", tag="1", registries=registries)
        assert repushed.digest == IMAGE.root
    options = {"username": target.username, "password": target.password, "trusted_realms": ["localhost", "127.0.0.1"]}
    check_pushed_image(f"{target.url}/team/app", IMAGE, "1", **options)


@pytest.mark.parametrize("profile", PROFILES)
async def test_an_archive_of_docker_save_is_pushed(start_registry: StartRegistry, tmp_path: Path, profile: ProfileName) -> None:
    registry = start(start_registry, profile)
    place = f"{registry.url}/team/app:1"
    async with open_registries(registry) as registries:
        await images.async_push(write_tar(tmp_path / "image.tar", docker_files(ENTRY)), place, registries=registries)
        assert (await images.async_get_config(place, registries=registries)).rootfs is not None


@pytest.mark.parametrize("profile", PROFILES)
async def test_an_artifact_is_pushed_and_pulled(start_registry: StartRegistry, tmp_path: Path, profile: ProfileName) -> None:
    registry = start(start_registry, profile)
    report = tmp_path / "report.json"
    report.write_bytes(random.Random(9).randbytes(2_000_000))
    async with open_registries(registry) as registries:
        repository = registries.repository(f"{registry.url}/team/app")
        pushed = await artifacts.async_push(repository, [report], artifact_type="application/x-report")
        sbom = await artifacts.async_push(repository, [report], artifact_type="application/x-sbom", subject=pushed)
        assert [one.digest async for one in repository.iter_referrers(pushed)] == [sbom.digest]
        [path] = await artifacts.async_pull(repository.ref(sbom), tmp_path / "pulled")
    assert path.read_bytes() == report.read_bytes()


@pytest.mark.parametrize("chunk_size", [None, 400_000])
async def test_interrupted_transfers_with_gitea(start_registry: StartRegistry, tmp_path: Path, chunk_size: int | None) -> None:
    """An interrupted upload cannot be resumed, and an interrupted download has no ranges."""
    content = random.Random(10).randbytes(2_000_000)
    registry = start(start_registry, "gitea")
    after = 0 if chunk_size is None else 1
    registry.faults.add(
        Fault(Reset(after=300_000, of="request"), operation=("upload_blob_chunk", "complete_blob_upload"), after=after),
        Fault(Reset(after=300_000), operation="create_blob_read_stream"),
    )
    (tmp_path / "blob").write_bytes(content)
    async with open_registries(registry) as registries:
        repository = registries.repository(f"{registry.url}/team/app").with_options(max_retries=2)
        blob = await repository.blob_upload(tmp_path / "blob", chunk_size=chunk_size)
        await repository.download_blob(blob, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


async def test_a_docker_manifest_with_plain_layers_is_the_error_of_quay(start_registry: StartRegistry) -> None:
    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": descriptor(DOCKER_CONFIG, b"{}"),
        "layers": [descriptor(PLAIN_LAYER, b"layer")],
    }
    source, target = start_registry(), start(start_registry, "quay")
    store_image(source, "a", build_manifest(document, DOCKER_MANIFEST, blobs=[b"{}", b"layer"]), "1")
    async with open_registries(target) as registries:
        with pytest.raises(BadRequestError, match="does not match schema"):
            await images.async_copy(f"{source.url}/a:1", f"{target.url}/team/app:1", registries=registries)
