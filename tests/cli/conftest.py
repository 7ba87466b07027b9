"""Registries with images, an empty home folder, and a function that runs the command line in this process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.cli.main import run
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.runner import Result
from tests.support.images import OCI_MANIFEST, make_image, manifest_of
from tests.support.skopeo import MultiPlatformImage, make_images

BIG_LAYER = bytes(range(256)) * 16384  # 4 MiB, more than the buffer of a pipe


class RunCli(Protocol):
    """A function that runs the command line in this process, as in pipes."""

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        """Run the command line.

        Args:
            arguments: The arguments of the program.
            stdin: The text on its standard input.
        """
        ...


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, so that the credentials of the person who runs the tests are not found."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def run_cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """Return a function that runs the command line in this process, which is faster than a process of its own."""

    def run_cli(*arguments: str, stdin: str = "") -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capfd.readouterr()
        code = run(arguments)
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return run_cli


@pytest.fixture(scope="package")
def images() -> MultiPlatformImage:
    """An image for several platforms."""
    return make_images("oci")


@pytest.fixture
def open_registry(embedded_registry: EmbeddedRegistry, images: MultiPlatformImage) -> EmbeddedRegistry:
    """A registry without authentication, with the image in `team/app`."""
    push_images(embedded_registry, images)
    return embedded_registry


@pytest.fixture
def token_registry(images: MultiPlatformImage) -> Iterator[EmbeddedRegistry]:
    """A registry with a token service that authorizes its user only, with the image in `team/app`."""
    with EmbeddedRegistry(auth="token", username="ann", password="open sesame", anonymous_pull=False) as registry:
        push_images(registry, images)
        yield registry


def push_images(registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    """Push the image to `team/app` under three tags."""
    name = f"http://{registry.host}/team/app"
    with RegistryClientV2(name, username=registry.username, password=registry.password) as client:
        for content in images.blobs.values():
            client.blob_upload(content)
        for digest, content in images.manifests.items():
            client.put_manifest(content, digest, media_type=OCI_MANIFEST)
        for tag in ("1.0", "1.1", "latest"):
            client.put_manifest(images.index, tag, media_type=images.media_type)


@pytest.fixture
def big_image(embedded_registry: EmbeddedRegistry) -> str:
    """The name of an image with a layer of 4 MiB."""
    image = make_image()
    with RegistryClientV2(f"{embedded_registry.host}/big") as client:
        client.blob_upload(image.config)
        client.blob_upload(BIG_LAYER)
        client.put_manifest(manifest_of("oci", image.config, BIG_LAYER), "latest", media_type=OCI_MANIFEST)
    return f"{embedded_registry.host}/big:latest"
