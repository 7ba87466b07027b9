"""Tests of `get_config`: the choice of a platform, and malformed configs."""

from __future__ import annotations

import json
import platform

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, images
from docker_registry_sdk.errors import DigestMismatchError, ImageError, NotFoundError, ParseError
from docker_registry_sdk.testing.faults import Fault, WrongBytes
from docker_registry_sdk.v2.models import Platform
from tests.images.built_images import build_image, build_index, build_manifest, push_image, store_image
from tests.images.conftest import StartRegistry
from tests.support.images import OCI_MANIFEST, descriptor

pytestmark = pytest.mark.anyio

AMD64 = build_image([b"1"], "linux/amd64")
ARM64 = build_image([b"2"], "linux/arm64/v8")
INDEX = build_index({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})


async def test_get_config_returns_the_config_of_a_platform(registry_url: str, repo_name: str) -> None:
    push_image(f"{registry_url}/{repo_name}", INDEX, "v1")
    async with AsyncRegistryClientV2(f"{registry_url}/{repo_name}") as client:
        for text in ("linux/arm64", Platform(os="linux", architecture="aarch64")):
            config = await images.async_get_config(client.ref("v1"), platform=text)
            assert (config.os, config.architecture, config.variant) == ("linux", "arm64", "v8")
            assert config.config is not None and config.config.labels == {"platform": "linux/arm64/v8"}
        assert (await images.async_get_config(client.ref(INDEX.root), platform="linux/amd64")).architecture == "amd64"


async def test_without_a_platform_get_config_chooses_linux_on_this_machine(
    start_registry: StartRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = start_registry()
    nested = build_index({}, without_platform=[])
    store_image(registry, "a", INDEX, "v1")
    store_image(registry, "a", ARM64, "arm64")
    store_image(registry, "a", nested, "empty")
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        for machine, architecture in (("x86_64", "amd64"), ("aarch64", "arm64")):
            monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
            assert (await images.async_get_config(client.ref("v1"))).architecture == architecture
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")
        assert (await images.async_get_config(client.ref("arm64"))).architecture == "arm64"
        with pytest.raises(ImageError, match="its platform is linux/arm64/v8"):
            await images.async_get_config(client.ref("arm64"), platform="linux/amd64")
        with pytest.raises(ImageError, match="its platforms are linux/amd64, linux/arm64/v8"):
            await images.async_get_config(client.ref("v1"), platform="linux/s390x")
        with pytest.raises(ImageError, match="its index is empty"):
            await images.async_get_config(client.ref("empty"))
        with pytest.raises(NotFoundError):
            await images.async_get_config(client.ref("v2"))


async def test_a_manifest_without_an_image_config_is_refused(start_registry: StartRegistry) -> None:
    registry = start_registry()
    artifact = build_manifest(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [],
        },
        OCI_MANIFEST,
        blobs=[b"{}"],
    )
    store_image(registry, "a", artifact, "v1")
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        with pytest.raises(
            ImageError, match=r"has no image config: its config has the media type application/vnd\.oci\.empty\.v1\+json"
        ):
            await images.async_get_config(client.ref("v1"))
        with pytest.raises(ImageError, match="has no image config: its config has the media type"):
            await client.get_manifest("v1", platform="linux/amd64")


@pytest.mark.parametrize("content", [b"{", b"[]", b" " * (5 * 1024 * 1024)])
async def test_a_malformed_config_is_refused(start_registry: StartRegistry, content: bytes) -> None:
    registry = start_registry()
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", content),
        "layers": [],
    }
    store_image(registry, "a", build_manifest(document, OCI_MANIFEST, blobs=[content]), "v1")
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        with pytest.raises((ImageError, ParseError), match="onfig"):
            await images.async_get_config(client.ref("v1"))
        with pytest.raises((ImageError, ParseError), match="onfig"):
            await client.get_manifest("v1", platform="linux/amd64")


async def test_odd_fields_of_a_config_are_named_unless_strict_is_requested(start_registry: StartRegistry) -> None:
    registry = start_registry()
    odd = {"os": "linux", "architecture": "amd64", "rootfs": 1, "config": {"Entrypoint": "/bin/sh", "User": 1000, "Cmd": ["-c"]}}
    content = json.dumps(odd).encode()
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", content),
        "layers": [],
    }
    store_image(registry, "a", build_manifest(document, OCI_MANIFEST, blobs=[content]), "v1")
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        config = await images.async_get_config(client.ref("v1"), platform="linux/amd64")
        assert config.config is not None
        assert (config.config.entrypoint, config.config.user, config.config.cmd) == (["/bin/sh"], None, ["-c"])
        assert [text.split(" ")[0] for text in config.problems] == ["config.User", "config.Entrypoint", "rootfs"]
        with pytest.raises(ParseError, match=r"\(ImageConfig\), field"):
            await images.async_get_config(client.ref("v1"), platform="linux/amd64", strict=True)


async def test_a_config_with_another_digest_is_refused(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    registry.faults.add(Fault(WrongBytes(), operation="create_blob_read_stream", times=None))
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        with pytest.raises(DigestMismatchError):
            await images.async_get_config(client.ref("v1"))
        with pytest.raises(DigestMismatchError):
            await client.get_manifest("v1", platform="linux/amd64")


async def test_a_config_keeps_all_fields_through_json(start_registry: StartRegistry) -> None:
    registry = start_registry()
    store_image(registry, "a", AMD64, "v1")
    async with AsyncRegistryClientV2(f"{registry.url}/a") as client:
        config = await images.async_get_config(client.ref("v1"))
    assert json.loads(json.dumps(config.to_dict())) == json.loads(next(iter(AMD64.blobs.values())))
