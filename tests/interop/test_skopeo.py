"""skopeo copies multi-platform images into registries, between them and out of them, and no byte changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v2.api import create_blob_read_stream, get_manifest
from tests.interop.conftest import Server
from tests.support.docker_registry import run_docker_registry
from tests.support.images import digest_of
from tests.support.skopeo import (
    MultiPlatformImage,
    Skopeo,
    make_images,
    read_docker_folder,
    read_layout,
    require_skopeo,
    write_docker_folder,
    write_layout,
)
from tests.support.transports import ValidatingTransport
from tests.support.validation import Exchanges

Reader = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def skopeo(tmp_path: Path) -> Skopeo:
    """skopeo, if it is installed."""
    folder = tmp_path / "skopeo"
    folder.mkdir()
    return Skopeo(require_skopeo(), folder)


@pytest.fixture(params=["oci", "docker"])
def images(request: pytest.FixtureRequest) -> MultiPlatformImage:
    """An image for three platforms, as an OCI index and as a Docker list."""
    return make_images(request.param)


def write(images: MultiPlatformImage, folder: Path) -> str:
    """Write the image to a folder in the format that keeps its media types, and return skopeo's name of the folder."""
    if "oci" in images.media_type:
        write_layout(images, folder, "v1")
        return f"oci:{folder}:v1"
    write_docker_folder(images, folder)
    return f"dir:{folder}"


def forms(images: MultiPlatformImage) -> tuple[str, Reader]:
    """Return skopeo's name of a folder in the format of such an image, and the function that reads the folder."""
    return ("oci:{}:v1", read_layout) if "oci" in images.media_type else ("dir:{}", read_docker_folder)


def image_at(url: str, repo: str) -> str:
    """Return skopeo's name of an image in a registry."""
    return f"docker://{url.partition('://')[2]}/{repo}:v1"


def pull_all(http: httpx.Client, repo: str, images: MultiPlatformImage) -> dict[str, bytes]:
    """Pull an image with all its platforms by generated functions, and return its contents by digest."""
    index = get_manifest.sync(http, repo, "v1")
    assert index.media_type == images.media_type
    found = {digest_of(index.raw): index.raw}
    for digest in images.manifests:
        found[digest] = get_manifest.sync(http, repo, digest).raw
    for digest in images.blobs:
        found[digest] = create_blob_read_stream.sync(http, repo, digest).body
    return found


def test_in_and_back_out(
    registry: Server, http: httpx.Client, repo: str, skopeo: Skopeo, images: MultiPlatformImage, tmp_path: Path
) -> None:
    skopeo.copy(write(images, tmp_path / "source"), image_at(registry.url, repo))

    assert pull_all(http, repo, images) == images.everything

    name, read = forms(images)
    skopeo.copy(image_at(registry.url, repo), name.format(tmp_path / "target"))
    assert read(tmp_path / "target") == images.everything


@pytest.mark.parametrize("storage", ["memory", "directory"])
def test_from_docker_registry_and_back(
    skopeo: Skopeo, images: MultiPlatformImage, repo: str, storage: str, exchanges: Exchanges, tmp_path: Path
) -> None:
    with (
        run_docker_registry(tmp_path / "one") as one,
        run_docker_registry(tmp_path / "two") as two,
        EmbeddedRegistry(storage=tmp_path / "embedded" if storage == "directory" else None) as embedded,
    ):
        skopeo.copy(write(images, tmp_path / "source"), image_at(one.url, repo))
        skopeo.copy(image_at(one.url, repo), image_at(embedded.url, repo))
        skopeo.copy(image_at(embedded.url, repo), image_at(two.url, repo))
        for url in (one.url, embedded.url, two.url):
            with httpx.Client(base_url=url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as client:
                assert pull_all(client, repo, images) == images.everything


def test_with_tokens(skopeo: Skopeo, images: MultiPlatformImage, repo: str, tmp_path: Path) -> None:
    name, read = forms(images)
    with EmbeddedRegistry(auth="token", anonymous_pull=False) as registry:
        credentials = f"{registry.username}:{registry.password}"
        skopeo.copy(write(images, tmp_path / "source"), image_at(registry.url, repo), "--dest-creds", credentials)
        skopeo.copy(image_at(registry.url, repo), name.format(tmp_path / "target"), "--src-creds", credentials)
        assert read(tmp_path / "target") == images.everything
        refused = skopeo.run("inspect", "--tls-verify=false", image_at(registry.url, repo))
        assert refused.returncode != 0
        assert all(record.status is not None and record.status < 500 for record in registry.requests)
        assert any(record.path.startswith("/token") for record in registry.requests)
