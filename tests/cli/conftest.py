"""Registries with images in them, and runs of the command line in a process of its own or in this one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.cli.main import run
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.driving import Finished
from tests.support.images import OCI_MANIFEST
from tests.support.skopeo import Images, make_images

BIG = bytes(range(256)) * 16384  # 4 MiB, more than any pipe holds


class Call(Protocol):
    """Runs the command line in this process."""

    def __call__(self, *arguments: str, stdin: str = "") -> Finished:
        """Run it with the arguments, in pipes, with this on its standard input."""
        ...


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, so that no credentials of whoever runs the tests are found."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the command line in this process: for what does not depend on being one of its own."""

    def call(*arguments: str, stdin: str = "") -> Finished:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capfd.readouterr()
        code = run(arguments)
        captured = capfd.readouterr()
        return Finished(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="package")
def images() -> Images:
    """An image for several platforms."""
    return make_images("oci")


@pytest.fixture
def open_registry(embedded_registry: EmbeddedRegistry, images: Images) -> EmbeddedRegistry:
    """A registry for everybody, with the image in `team/app`."""
    fill(embedded_registry, images)
    return embedded_registry


@pytest.fixture
def token_registry(images: Images) -> Iterator[EmbeddedRegistry]:
    """A registry with a token service that lets in only its user, with the image in `team/app`."""
    with EmbeddedRegistry(auth="token", username="ann", password="open sesame", anonymous_pull=False) as registry:
        fill(registry, images)
        yield registry


def fill(registry: EmbeddedRegistry, images: Images) -> None:
    """Push the image to `team/app` under three tags."""
    name = f"http://{registry.host}/team/app"
    with RegistryClientV2(name, username=registry.username, password=registry.password) as client:
        for content in images.blobs.values():
            client.blob_upload(content)
        for digest, content in images.manifests.items():
            client.put_manifest(content, digest, media_type=OCI_MANIFEST)
        for tag in ("1.0", "1.1", "latest"):
            client.put_manifest(images.index, tag, media_type=images.media_type)
