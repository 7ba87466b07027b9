"""Places of images in all forms: text, parsed and bound references, layouts, archives and paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, images
from docker_registry_sdk.errors import ImageError, PlatformNotFoundError
from docker_registry_sdk.images import DockerArchive, Layout
from docker_registry_sdk.reference import parse_repo_and_ref
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.built_images import AMD64, ARM64, INDEX, check_pushed_image, store_image
from tests.images.conftest import StartRegistry
from tests.images.docker_archives import docker_files, write_tar
from tests.images.layout_entries import index_entries
from tests.support.request_log import recorded_requests

pytestmark = pytest.mark.anyio


async def test_get_config_accepts_every_place(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    text, folder = f"{registry.url}/a:v1", tmp_path / "layout"
    await images.async_pull(text, folder)
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client, AsyncRegistries() as registries:
        for place in (
            text,
            f"{registry.url}/a@{INDEX.root}",
            parse_repo_and_ref(text),
            client.ref("v1"),
            client.ref(INDEX.root),
            registries.ref(text),
            f"oci:{folder}:v1",
            Layout(folder),
            folder,
        ):
            config = await images.async_get_config(place, platform="linux/arm64")
            assert (config.architecture, config.variant) == ("arm64", "v8")
            with pytest.raises(PlatformNotFoundError):
                await images.async_get_config(place, platform="linux/s390x", registries=registries)


async def test_get_config_reads_an_archive(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "saved.tar", docker_files())
    for place in (path, f"docker-archive:{path}", DockerArchive(path)):
        assert (await images.async_get_config(place)).architecture == "amd64"


async def test_a_path_is_the_folder_of_a_layout(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    store_image(registry, "a", INDEX, "v1")
    folder = tmp_path / "new" / "layout"
    result = await images.async_copy(f"{registry.url}/a:v1", folder)
    assert (result.digest, index_entries(folder)) == (INDEX.root, [("v1", INDEX.root)])
    await images.async_copy(folder, f"{registry.url}/b:v2")
    check_pushed_image(f"{registry.url}/b", INDEX, "v2")
    await images.async_copy(folder, tmp_path / "other", platform="linux/arm64")
    assert index_entries(tmp_path / "other") == [(None, ARM64.root)]
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match="is a file, but a layout is a folder"):
        await images.async_copy(folder, tmp_path / "file")
    with pytest.raises(ImageError, match="not an OCI image layout"):
        await images.async_copy(tmp_path / "missing", f"{registry.url}/b:v2")


async def test_a_bound_reference_uses_the_connections_of_its_owner(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token", anonymous_pull=False)
    store_image(registry, "a", AMD64, "v1")
    async with AsyncRegistries(credentials=(registry.username, registry.password)) as registries:
        source, target = registries.ref(f"{registry.url}/a:v1"), registries.repository(f"{registry.url}/b").ref("v1")
        with recorded_requests(registry) as asked:
            await images.async_copy(source, target)
        assert asked.count("GET token 200") == 1
        assert (await images.async_get_config(target)).architecture == "amd64"
        plan = await images.async_plan_copy(source, target)
        assert (str(plan.source), str(plan.target)) == (str(source), str(target))


async def test_an_image_is_copied_between_references_of_two_registries() -> None:
    async with (
        EmbeddedRegistry(auth="token", anonymous_pull=False) as source,
        EmbeddedRegistry(auth="basic", tls=True) as target,
    ):
        added = source.add_image("library/app:1", files={"etc/motd": "hello"}, platforms=["linux/amd64", "linux/arm64"])
        result = await images.async_copy(source.async_ref("library/app:1"), target.async_ref("mirror/app:1"))
        assert (result.digest, result.blobs_skipped, result.manifests_pushed) == (added.digest, 0, 3)
        assert (await target.async_repository("mirror/app").resolve("1")).digest == added.digest
        again = await images.async_copy(source.async_ref("library/app:1"), target.async_ref("mirror/app:1"))
        assert (again.digest, again.bytes_moved, again.manifests_pushed) == (added.digest, 0, 0)


async def test_registries_of_another_kind_are_refused(start_registry: StartRegistry, tmp_path: Path) -> None:
    registry = start_registry()
    wanted = AsyncRegistries.__name__
    with recorded_requests(registry) as asked, pytest.raises(TypeError, match=f"must be of the type {wanted} or None, not dict"):
        await images.async_copy(f"{registry.url}/a:v1", tmp_path, registries={"a": "b"})  # type: ignore[arg-type]
    assert asked == []
