"""The command line against Debian's docker-registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from tests.cli.conftest import Call
from tests.support.docker_registry import PASSWORD, USERNAME, DockerRegistry, htpasswd_settings, run_docker_registry
from tests.support.images import DOCKER_MANIFEST, digest_of, make_image


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A registry that asks for a name and a password, with one image."""
    folder = tmp_path_factory.mktemp("registry")
    with run_docker_registry(folder, settings=htpasswd_settings(folder)) as registry:
        image = make_image()
        with RegistryClientV2(f"{registry.url}/one", username=USERNAME, password=PASSWORD) as client:
            client.blob_upload(image.config)
            client.blob_upload(image.layer)
            for tag in ("a", "b"):
                client.put_manifest(image.docker, tag, media_type=DOCKER_MANIFEST)
        yield registry


def test_from_login_to_delete(registry: DockerRegistry, call: Call, tmp_path: Path) -> None:
    index, image = registry.url.removeprefix("http://"), make_image()
    name = f"{index}/one"
    call("tags", name).failed(4)
    call("login", index, "-u", USERNAME, "--password-stdin", stdin="wrong").failed(4)
    done = call("login", index, "-u", USERNAME, "--password-stdin", stdin=PASSWORD)
    assert "checked\tcredentials" in done.lines
    assert "challenge\tbasic" in call("ping", index).lines
    assert call("repos", index).lines == ["one"]
    assert sorted(call("tags", name).lines) == ["a", "b"]
    assert json.loads(call("inspect", f"{name}:a", "--json").out)["layers"][0]["digest"] == digest_of(image.layer)
    assert call("manifest", f"{name}:a", "--raw").out.encode() == image.docker
    assert call("blob", f"{name}@{digest_of(image.layer)}", "-o", str(tmp_path / "layer")).code == 0
    assert (tmp_path / "layer").read_bytes() == image.layer
    assert (call("referrers", f"{name}:a").code, call("referrers", f"{name}:a").lines) == (0, [])  # it keeps none by itself
    call("manifest", f"{name}:nope").failed(3)
    assert "by digest only" in call("delete", f"{name}:a").failed(1)[1]
    assert call("delete", f"{name}@{digest_of(image.docker)}").code == 0
    call("manifest", f"{name}:b").failed(3)
