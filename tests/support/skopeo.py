"""Debian's skopeo, and multi-platform images to copy with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from attrs import frozen

from tests.support.images import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    descriptor,
    digest_of,
    index_of,
    make_image,
)

ARCHITECTURES = ("amd64", "arm64", "s390x")


@frozen
class MultiPlatformImage:
    """An image for several platforms.

    Attributes:
        media_type: The media type of its index.
        index: The index.
        manifests: The manifests by digest.
        blobs: Configs and layers by digest.
    """

    media_type: str
    index: bytes
    manifests: dict[str, bytes]
    blobs: dict[str, bytes]

    @property
    def everything(self) -> dict[str, bytes]:
        """The index, the manifests and the blobs by digest."""
        return {digest_of(self.index): self.index, **self.manifests, **self.blobs}


def make_images(form: str) -> MultiPlatformImage:
    """Return an image for three platforms, of the form `oci` or `docker`, with gzipped layers that differ."""
    images = {architecture: make_image(f"hello {architecture}\n" * 100, architecture) for architecture in ARCHITECTURES}
    manifests = {name: image.oci if form == "oci" else image.docker for name, image in images.items()}
    index_type, manifest_type = (OCI_INDEX, OCI_MANIFEST) if form == "oci" else (DOCKER_LIST, DOCKER_MANIFEST)
    return MultiPlatformImage(
        index_type,
        index_of(index_type, manifest_type, manifests),
        {digest_of(content): content for content in manifests.values()},
        {digest_of(content): content for image in images.values() for content in (image.config, image.layer)},
    )


def write_layout(image: MultiPlatformImage, folder: Path, tag: str) -> None:
    """Write an OCI layout with the image under a tag."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for digest, content in image.everything.items():
        (blobs / digest.removeprefix("sha256:")).write_bytes(content)
    entry = {**descriptor(image.media_type, image.index), "annotations": {"org.opencontainers.image.ref.name": tag}}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="utf-8")
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}), encoding="utf-8")


def read_layout(folder: Path) -> dict[str, bytes]:
    """Return the blobs of an OCI layout, with manifests and indexes, by digest."""
    return {f"sha256:{path.name}": path.read_bytes() for path in (folder / "blobs" / "sha256").iterdir()}


def write_docker_folder(image: MultiPlatformImage, folder: Path) -> None:
    """Write the image as a folder for skopeo's transport `dir:`."""
    folder.mkdir()
    (folder / "version").write_text("Directory Transport Version: 1.1\n", encoding="utf-8")
    (folder / "manifest.json").write_bytes(image.index)
    for digest, content in image.manifests.items():
        (folder / f"{digest.removeprefix('sha256:')}.manifest.json").write_bytes(content)
    for digest, content in image.blobs.items():
        (folder / digest.removeprefix("sha256:")).write_bytes(content)


def read_docker_folder(folder: Path) -> dict[str, bytes]:
    """Return the contents of a folder of skopeo's transport `dir:`, by digest."""
    contents = [path.read_bytes() for path in folder.iterdir() if path.name != "version"]
    return {digest_of(content): content for content in contents}


def require_skopeo() -> str:
    """Return the path of skopeo; skip the test without it, or fail where CI=true."""
    found = shutil.which("skopeo")
    if found is None:
        reason = "skopeo is not installed (Debian's package skopeo)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@frozen
class Skopeo:
    """skopeo with its own home folder.

    Attributes:
        program: The path of the program.
        folder: A folder for its files, empty at first.
    """

    program: str
    folder: Path

    def run(self, *arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run skopeo, and return its exit code and output.

        Args:
            arguments: Its arguments.
            password: The text for its standard input.
        """
        home = {"HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder)}
        command = [self.program, "--insecure-policy", "--tmpdir", str(self.folder), *arguments]
        environment = {**os.environ, **home}
        return subprocess.run(command, input=password, env=environment, capture_output=True, text=True, timeout=60)

    def copy(self, source: str, target: str, *options: str) -> None:
        """Copy an image with all its platforms, unchanged."""
        sides = (("--src-tls-verify=false", source), ("--dest-tls-verify=false", target))
        tls = [option for option, name in sides if name.startswith("docker:")]
        done = self.run("copy", "--all", "--preserve-digests", *tls, *options, source, target)
        assert done.returncode == 0, done.stderr
