"""The command line, as a process, against Debian's docker-registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from tests.cli.driving import run
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


def test_from_login_to_delete(registry: DockerRegistry, tmp_path: Path) -> None:
    index, image = registry.url.removeprefix("http://"), make_image()
    name = f"{index}/one"
    run("tags", name).failed(4)
    run("login", index, "-u", USERNAME, "--password-stdin", stdin="wrong").failed(4)
    done = run("login", index, "-u", USERNAME, "--password-stdin", stdin=PASSWORD)
    assert "checked\tcredentials" in done.lines
    assert "challenge\tbasic" in run("ping", index).lines
    assert run("repos", index).lines == ["one"]
    assert sorted(run("tags", name).lines) == ["a", "b"]
    assert json.loads(run("inspect", f"{name}:a", "--json").out)["layers"][0]["digest"] == digest_of(image.layer)
    assert run("manifest", f"{name}:a", "--raw").out.encode() == image.docker
    assert run("blob", f"{name}@{digest_of(image.layer)}", "-o", str(tmp_path / "layer")).code == 0
    assert (tmp_path / "layer").read_bytes() == image.layer
    assert (run("referrers", f"{name}:a").code, run("referrers", f"{name}:a").lines) == (0, [])  # it keeps none by itself
    run("manifest", f"{name}:nope").failed(3)
    assert "by digest only" in run("delete", f"{name}:a").failed(1)[1]
    assert run("delete", f"{name}@{digest_of(image.docker)}").code == 0
    run("manifest", f"{name}:b").failed(3)
