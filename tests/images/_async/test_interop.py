"""Images copied to and from skopeo and umoci keep their digests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.conftest import StartRegistry
from tests.support.images import digest_of
from tests.support.skopeo import MultiPlatformImage, Skopeo, make_images, read_docker_folder, read_layout, write_layout
from tests.support.umoci import run_umoci

pytestmark = pytest.mark.anyio


def without_scheme(registry_url: str) -> str:
    """Return the host and port of a URL, as in references of skopeo."""
    return registry_url.removeprefix("http://")


@pytest.mark.parametrize("form", ["oci", "docker"])
async def test_skopeo_copies_a_pushed_image(registry_url: str, repo_name: str, skopeo: Skopeo, tmp_path: Path, form: str) -> None:
    made = make_images(form)
    write_layout(made, tmp_path / "ours", "v1")
    await images.async_push(tmp_path / "ours", f"{registry_url}/{repo_name}:v1")
    skopeo.copy(f"docker://{without_scheme(registry_url)}/{repo_name}:v1", f"dir:{tmp_path}/theirs")
    assert read_docker_folder(tmp_path / "theirs") == made.everything


@pytest.mark.parametrize("form", ["oci", "docker"])
async def test_an_image_pushed_by_skopeo_is_pulled(
    registry_url: str, repo_name: str, skopeo: Skopeo, tmp_path: Path, form: str
) -> None:
    made = push_by_skopeo(registry_url, repo_name, skopeo, tmp_path, form)
    result = await images.async_pull(f"{registry_url}/{repo_name}:v1", tmp_path / "pulled")
    assert result.digest == digest_of(made.index)
    assert read_layout(tmp_path / "pulled") == made.everything


async def test_skopeo_reads_a_pulled_layout(registry_url: str, repo_name: str, skopeo: Skopeo, tmp_path: Path) -> None:
    made = push_by_skopeo(registry_url, repo_name, skopeo, tmp_path, "oci")
    await images.async_pull(f"{registry_url}/{repo_name}:v1", tmp_path / "pulled", tag="name/a-tag:1.0")
    skopeo.copy(f"oci:{tmp_path}/pulled:name/a-tag:1.0", f"oci:{tmp_path}/theirs:v1")
    assert read_layout(tmp_path / "theirs") == made.everything


async def test_a_layout_may_be_written_by_skopeo_and_by_pull(
    start_registry: StartRegistry, skopeo: Skopeo, tmp_path: Path
) -> None:
    registry = start_registry()
    made = push_by_skopeo(registry.url, "a", skopeo, tmp_path, "oci")
    source = f"docker://{without_scheme(registry.url)}/a:v1"
    for first in ("ours", "theirs"):
        layout = tmp_path / first
        if first == "ours":
            await images.async_pull(f"{registry.url}/a:v1", layout, tag="ours")
            skopeo.copy(source, f"oci:{layout}:theirs")
        else:
            skopeo.copy(source, f"oci:{layout}:theirs")
            await images.async_pull(f"{registry.url}/a:v1", layout, tag="ours")
        for tag in ("ours", "theirs"):
            result = await images.async_copy(f"oci:{layout}:{tag}", f"{registry.url}/b:{first}-{tag}")
            assert result.digest == digest_of(made.index)
            skopeo.copy(f"oci:{layout}:{tag}", f"oci:{tmp_path}/{first}-{tag}:x")
            assert read_layout(tmp_path / f"{first}-{tag}") == made.everything


async def test_an_archive_of_skopeo_is_pushed(start_registry: StartRegistry, skopeo: Skopeo, tmp_path: Path) -> None:
    registry = start_registry()
    push_by_skopeo(registry.url, "a", skopeo, tmp_path, "oci")
    done = skopeo.run(
        "copy", "--src-tls-verify=false", f"docker://{without_scheme(registry.url)}/a:v1", f"docker-archive:{tmp_path}/a.tar:a:v1"
    )
    assert done.returncode == 0, done.stderr
    result = await images.async_copy(f"docker-archive:{tmp_path}/a.tar:a:v1", f"{registry.url}/b:v1")
    async with AsyncRegistryClientV2(f"{registry.url}/b") as client:
        document = json.loads((await client.get_manifest("v1")).raw)
    config = await read_blob(registry, document["config"]["digest"])
    assert [one["digest"] for one in document["layers"]] == json.loads(config)["rootfs"]["diff_ids"]
    # skopeo finds the same image in the archive, and accepts the pushed image.
    inspected = skopeo.run("inspect", "--config", "--raw", f"docker-archive:{tmp_path}/a.tar:a:v1")
    assert inspected.stdout.encode() == config
    skopeo.copy(f"docker://{without_scheme(registry.url)}/b:v1", f"dir:{tmp_path}/back")
    assert result.digest in read_docker_folder(tmp_path / "back")


async def test_an_image_of_umoci_is_pushed_and_pulled(registry_url: str, repo_name: str, skopeo: Skopeo, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    run_umoci("init", "--layout", str(layout))
    run_umoci("new", "--image", f"{layout}:made")
    (tmp_path / "file").write_text("hello")
    run_umoci("insert", "--rootless", "--image", f"{layout}:made", str(tmp_path / "file"), "/file")
    run_umoci("config", "--image", f"{layout}:made", "--config.env", "A=b")
    result = await images.async_push(layout, f"{registry_url}/{repo_name}:v1", tag="made")
    async with AsyncRegistryClientV2(f"{registry_url}/{repo_name}") as client:
        config = (await images.async_get_config(client.ref("v1"))).config
        assert config is not None and config.env is not None and "A=b" in config.env
    await images.async_pull(f"{registry_url}/{repo_name}:v1", tmp_path / "back", tag="back")
    assert "back" in run_umoci("list", "--layout", str(tmp_path / "back"))
    stat = json.loads(run_umoci("stat", "--image", f"{tmp_path}/back:back", "--json"))
    assert stat["history"]
    run_umoci("config", "--image", f"{tmp_path}/back:back", "--tag", "changed", "--config.env", "C=d")
    again = await images.async_push(tmp_path / "back", f"{registry_url}/{repo_name}:v2", tag="back")
    changed = await images.async_push(tmp_path / "back", f"{registry_url}/{repo_name}:v3", tag="changed")
    assert again.digest == result.digest != changed.digest
    run_umoci("gc", "--layout", str(tmp_path / "back"))


def push_by_skopeo(registry_url: str, repo_name: str, skopeo: Skopeo, folder: Path, form: str) -> MultiPlatformImage:
    """Push an image with skopeo, and return the image."""
    made = make_images(form)
    write_layout(made, folder / "made", "v1")
    if form == "oci":
        skopeo.copy(f"oci:{folder}/made:v1", f"docker://{without_scheme(registry_url)}/{repo_name}:v1")
    else:
        from tests.support.skopeo import write_docker_folder

        write_docker_folder(made, folder / "dir")
        skopeo.copy(f"dir:{folder}/dir", f"docker://{without_scheme(registry_url)}/{repo_name}:v1")
    return made


async def read_blob(registry: EmbeddedRegistry, digest: str) -> bytes:
    """Return a blob of the repository `b`."""
    async with AsyncRegistryClientV2(f"{registry.url}/b") as client, client.create_blob_read_stream(digest) as stream:
        return await stream.read()
