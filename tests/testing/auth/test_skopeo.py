"""skopeo: logging in, pushing, and pulling without a login."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, Settings
from docker_registry_sdk.testing.auth.mode import AuthMode
from docker_registry_sdk.testing.settings import TokenOrigin
from tests.testing.helpers import OCI_INDEX, OCI_MANIFEST


@pytest.fixture(scope="module")
def skopeo() -> str:
    """Return the program."""
    program = shutil.which("skopeo")
    if program is None:
        reason = "skopeo is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


@pytest.fixture(params=["basic", "token", "token on another port", "token by another name"])
def registry(request: pytest.FixtureRequest) -> Iterator[EmbeddedRegistry]:
    auth: AuthMode = "basic" if request.param == "basic" else "token"
    origins: dict[str, TokenOrigin] = {"token on another port": "port", "token by another name": "name"}
    settings = Settings(token_origin=origins.get(request.param, "same"))
    with EmbeddedRegistry(auth=auth, settings=settings) as registry:
        yield registry


def make_layout(path: Path) -> dict[str, bytes]:
    """Write an OCI layout with one image, tagged v1, and return its blobs by digest."""
    blobs: dict[str, bytes] = {}

    def add(content: bytes, media_type: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    archive = bytes(1024)  # the end of a tar archive, and so an empty one
    diff_id = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": add(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
        "layers": [add(gzip.compress(archive), "application/vnd.oci.image.layer.v1.tar+gzip")],
    }
    top = {**add(json.dumps(manifest).encode(), OCI_MANIFEST), "annotations": {"org.opencontainers.image.ref.name": "v1"}}
    folder = path / "blobs" / "sha256"
    folder.mkdir(parents=True)
    for digest, content in blobs.items():
        (folder / digest).write_bytes(content)
    (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (path / "index.json").write_text(json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [top]}))
    return blobs


def test_login_push_and_pull(skopeo: str, registry: EmbeddedRegistry, tmp_path: Path) -> None:
    authfile, anonymous = tmp_path / "auth.json", tmp_path / "none.json"
    anonymous.write_text("{}")
    blobs = make_layout(tmp_path / "source")
    image = f"docker://{registry.host}/team/app"

    def run(*arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
        command = [skopeo, "--insecure-policy", "--tmpdir", str(tmp_path), *arguments]
        return subprocess.run(command, input=password, env=environment, capture_output=True, text=True, timeout=60)

    def login(password: str) -> subprocess.CompletedProcess[str]:
        options = ["--tls-verify=false", "--authfile", str(authfile), "--username", registry.username, "--password-stdin"]
        return run("login", *options, registry.host, password=password)

    push = ["copy", "--dest-tls-verify=false", f"oci:{tmp_path / 'source'}:v1", f"{image}:v1"]
    refused = run(*push, "--authfile", str(anonymous))
    assert refused.returncode != 0
    assert registry.storage.names() == []

    assert login("wrong").returncode != 0
    logged_in = login(registry.password)
    assert logged_in.returncode == 0, logged_in.stderr
    pushed = run(*push, "--authfile", str(authfile))
    assert pushed.returncode == 0, pushed.stderr

    listed = run("list-tags", "--tls-verify=false", "--authfile", str(anonymous), image)
    assert listed.returncode == 0, listed.stderr
    assert json.loads(listed.stdout)["Tags"] == ["v1"]
    target = tmp_path / "target"
    pulled = run("copy", "--src-tls-verify=false", "--authfile", str(anonymous), f"{image}:v1", f"oci:{target}:v1")
    assert pulled.returncode == 0, pulled.stderr
    assert {path.name: path.read_bytes() for path in (target / "blobs" / "sha256").iterdir()} == blobs

    delete = ["delete", "--tls-verify=false", f"{image}:v1"]
    assert run(*delete, "--authfile", str(anonymous)).returncode != 0
    deleted = run(*delete, "--authfile", str(authfile))
    assert deleted.returncode == 0, deleted.stderr
    assert registry.password not in repr(registry.requests)
