"""The command line against Debian's docker-registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from tests.cli.conftest import RunCli
from tests.support.docker_registry import PASSWORD, USERNAME, DockerRegistry, htpasswd_settings, run_docker_registry
from tests.support.images import DOCKER_MANIFEST, digest_of, make_image


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A registry that requires a user name and password, with one image."""
    folder = tmp_path_factory.mktemp("registry")
    with run_docker_registry(folder, settings=htpasswd_settings(folder)) as registry:
        image = make_image()
        with RegistryClientV2(f"{registry.url}/one", username=USERNAME, password=PASSWORD) as client:
            client.blob_upload(image.config)
            client.blob_upload(image.layer)
            for tag in ("a", "b"):
                client.put_manifest(image.docker, tag, media_type=DOCKER_MANIFEST)
        yield registry


def test_from_login_to_delete(run_cli: RunCli, registry: DockerRegistry, tmp_path: Path) -> None:
    index, image = registry.url.removeprefix("http://"), make_image()
    name = f"{index}/one"
    run_cli("tags", name).check_failure(4)
    run_cli("login", index, "-u", USERNAME, "--password-stdin", stdin="wrong").check_failure(4)
    done = run_cli("login", index, "-u", USERNAME, "--password-stdin", stdin=PASSWORD)
    assert "checked\tcredentials" in done.lines
    assert "challenge\tbasic" in run_cli("ping", index).lines
    assert run_cli("repos", index).lines == ["one"]
    assert sorted(run_cli("tags", name).lines) == ["a", "b"]
    assert json.loads(run_cli("inspect", f"{name}:a", "--json").out)["layers"][0]["digest"] == digest_of(image.layer)
    assert run_cli("manifest", f"{name}:a", "--raw").out.encode() == image.docker
    assert run_cli("blob", f"{name}@{digest_of(image.layer)}", "-o", str(tmp_path / "layer")).code == 0
    assert (tmp_path / "layer").read_bytes() == image.layer
    done = run_cli("referrers", f"{name}:a")
    assert (done.code, done.lines) == (0, [])  # this registry has no referrers API
    run_cli("manifest", f"{name}:nope").check_failure(3)
    assert "by digest only" in run_cli("delete", f"{name}:a").check_failure(1)[1]
    assert run_cli("delete", f"{name}@{digest_of(image.docker)}").code == 0
    run_cli("manifest", f"{name}:b").check_failure(3)
