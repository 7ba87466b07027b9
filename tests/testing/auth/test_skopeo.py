"""skopeo with a registry that needs a login to push, but not to pull."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.testing.auth.authentication import AuthMode
from docker_registry_sdk.testing.settings import TokenOrigin
from tests.support.skopeo import Skopeo, make_images, read_layout, require_skopeo, write_layout


@pytest.fixture
def skopeo(tmp_path: Path) -> Skopeo:
    """Return a runner of skopeo, or skip the test if it is not installed."""
    return Skopeo(require_skopeo(), tmp_path)


@pytest.fixture(params=["basic", "token", "token on another port", "token by another name"])
def auth_registry(request: pytest.FixtureRequest) -> Iterator[EmbeddedRegistry]:
    auth: AuthMode = "basic" if request.param == "basic" else "token"
    origins: dict[str, TokenOrigin] = {"token on another port": "port", "token by another name": "name"}
    settings = RegistrySettings(token_origin=origins.get(request.param, "same"))
    with EmbeddedRegistry(auth=auth, settings=settings) as auth_registry:
        yield auth_registry


def test_login_push_and_pull(skopeo: Skopeo, auth_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    authfile, anonymous = tmp_path / "auth.json", tmp_path / "none.json"
    anonymous.write_text("{}")
    images = make_images("oci")
    write_layout(images, tmp_path / "source", "v1")
    image = f"docker://{auth_registry.host}/team/app"

    def login(password: str) -> subprocess.CompletedProcess[str]:
        options = ["--tls-verify=false", "--authfile", str(authfile), "--username", auth_registry.username, "--password-stdin"]
        return skopeo.run("login", *options, auth_registry.host, password=password)

    push = ["copy", "--all", "--dest-tls-verify=false", f"oci:{tmp_path / 'source'}:v1", f"{image}:v1"]
    refused = skopeo.run(*push, "--authfile", str(anonymous))
    assert refused.returncode != 0
    assert auth_registry.storage.names() == []

    assert login("wrong").returncode != 0
    logged_in = login(auth_registry.password)
    assert logged_in.returncode == 0, logged_in.stderr
    client_with_image = skopeo.run(*push, "--authfile", str(authfile))
    assert client_with_image.returncode == 0, client_with_image.stderr

    listed = skopeo.run("list-tags", "--tls-verify=false", "--authfile", str(anonymous), image)
    assert listed.returncode == 0, listed.stderr
    assert json.loads(listed.stdout)["Tags"] == ["v1"]
    target = tmp_path / "target"
    pulled = skopeo.run(
        "copy", "--all", "--src-tls-verify=false", "--authfile", str(anonymous), f"{image}:v1", f"oci:{target}:v1"
    )
    assert pulled.returncode == 0, pulled.stderr
    assert read_layout(target) == images.everything

    delete = ["delete", "--tls-verify=false", f"{image}:v1"]
    assert skopeo.run(*delete, "--authfile", str(anonymous)).returncode != 0
    deleted = skopeo.run(*delete, "--authfile", str(authfile))
    assert deleted.returncode == 0, deleted.stderr
    assert auth_registry.password not in repr(auth_registry.requests)
