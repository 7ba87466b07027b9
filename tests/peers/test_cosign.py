"""Signatures of cosign are copied with their image: `cosign verify` accepts the image at the target."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docker_registry_sdk import images
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.images.built_images import build_image, build_index, push_image
from tests.support.docker_registry import DockerRegistry, run_docker_registry
from tests.support.go_programs import require_go_program

FIRST = build_image([b"layer"], "linux/amd64")
INDEX = build_index({"linux/amd64": FIRST, "linux/arm64": build_image([b"layer"], "linux/arm64")})
# The transparency log and the certificates of the public service are not used.
TRUSTED_ROOT = '{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
VERIFY = ("--key", "cosign.pub", "--insecure-ignore-tlog", "--trusted-root", "root.json", "--allow-insecure-registry")
SIGN = ("--key", "cosign.key", "--tlog-upload=false", "--allow-insecure-registry", "--yes", "--recursive")

Cosign = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def cosign(tmp_path_factory: pytest.TempPathFactory) -> Cosign:
    """A function that runs cosign in a folder with a key pair."""
    program = require_go_program("github.com/sigstore/cosign/v2/cmd/cosign", "v2.6.5")
    folder = tmp_path_factory.mktemp("cosign")
    (folder / "root.json").write_text(TRUSTED_ROOT, encoding="utf-8")
    environment = {**os.environ, "COSIGN_PASSWORD": "", "HOME": str(folder)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)

    assert run("generate-key-pair").returncode == 0
    return run


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """Debian's docker-registry, which has no referrers API."""
    with run_docker_registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.mark.parametrize(
    ("name", "options"), [("tags", ()), ("bundles", ("--new-bundle-format",))], ids=["tags of cosign", "bundles as referrers"]
)
@pytest.mark.parametrize("through", ["registry", "layout"])
def test_cosign_verifies_an_image_that_was_copied_with_its_referrers(
    cosign: Cosign,
    embedded_registry: EmbeddedRegistry,
    debian: DockerRegistry,
    tmp_path: Path,
    name: str,
    options: tuple[str, ...],
    through: str,
) -> None:
    source, target = f"{embedded_registry.host}/{name}", f"{debian.url.removeprefix('http://')}/{name}/{through}"
    push_image(f"http://{source}", INDEX, "v1")
    signed = cosign("sign", *SIGN, *options, f"{source}@{INDEX.root}")
    assert signed.returncode == 0, signed.stderr
    images.copy(f"http://{source}:v1", f"http://{target}:v1")
    verified = cosign("verify", *VERIFY, *options, f"{target}@{INDEX.root}")
    assert verified.returncode != 0  # the image alone has no signature
    if through == "layout":
        images.copy(f"http://{source}:v1", f"oci:{tmp_path}/layout:v1", referrers=True)
        source = f"oci:{tmp_path}/layout"
    else:
        source = f"http://{source}"
    images.copy(f"{source}:v1", f"http://{target}:v1", referrers=True)
    for digest in (INDEX.root, FIRST.root):
        verified = cosign("verify", *VERIFY, *options, f"{target}@{digest}")
        assert verified.returncode == 0, verified.stderr
        assert digest in verified.stdout
