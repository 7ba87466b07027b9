"""Images that tests add to the storage of a registry."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import ImageError, InvalidReferenceError, images
from docker_registry_sdk.testing import EmbeddedRegistry, MemoryStorage
from docker_registry_sdk.v2.models import Descriptor, ImageIndex, ImageManifest, Platform
from tests.testing.helpers import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest_of

FILES: dict[str, bytes | str] = {"etc/motd": "hello", "/app/run": b"\x00\xff"}


def manifest_of(registry: EmbeddedRegistry, added: Descriptor, name: str = "library/app") -> dict[str, Any]:
    reader = registry.storage.open(str(added.digest))
    assert reader is not None
    content = bytes(reader.read(0, reader.size))
    reader.close()
    assert (digest_of(content), len(content)) == (added.digest, added.size)
    document: dict[str, Any] = json.loads(content)
    assert document["mediaType"] == added.media_type
    return document


def test_image() -> None:
    with EmbeddedRegistry() as registry:
        added = registry.add_image(
            "library/app:1",
            files=FILES,
            platforms=["linux/arm64/v8"],
            labels={"version": "1"},
            env={"HOME": "/"},
            cmd=["run"],
            annotations={"a": "b"},
        )
        repository = registry.repository("library/app")
        response = repository.get_manifest("1")
        assert (response.digest, response.media_type, added.size) == (added.digest, OCI_MANIFEST, len(response.raw))
        assert isinstance(response.manifest, ImageManifest)
        assert response.manifest.annotations == {"a": "b"}
        config_descriptor = response.manifest.config
        layer, *others = response.manifest.layers
        assert not others
        with repository.open_blob(layer) as file, tarfile.open(fileobj=file, mode="r:gz") as archive:
            members = {member.name: member for member in archive.getmembers()}
            assert list(members) == ["app", "app/run", "etc", "etc/motd"]
            assert {(each.mtime, each.uid, each.gid) for each in members.values()} == {(0, 0, 0)}
            content = archive.extractfile("app/run")
            assert content is not None
            assert content.read() == b"\x00\xff"
        with repository.open_blob(config_descriptor) as file:
            config = json.loads(file.read())
        assert (config["os"], config["architecture"], config["variant"]) == ("linux", "arm64", "v8")
        assert config["config"] == {"Labels": {"version": "1"}, "Env": ["HOME=/"], "Cmd": ["run"]}


def test_diff_id_is_the_digest_of_the_uncompressed_layer(tmp_path: Path) -> None:
    with EmbeddedRegistry() as registry:
        registry.add_image("app", files={"a": "x" * 200_000})
        images.pull(f"{registry.host}/app:latest", tmp_path / "layout")  # verifies digests and diff ids


def test_several_platforms() -> None:
    with EmbeddedRegistry() as registry:
        added = registry.add_image(
            "app:1", platforms=["linux/amd64", Platform(os="linux", architecture="arm64")], annotations={"a": "b"}
        )
        response = registry.repository("app").get_manifest("1")
        assert (response.digest, response.media_type) == (added.digest, OCI_INDEX)
        assert isinstance(response.manifest, ImageIndex)
        assert response.manifest.annotations == {"a": "b"}
        platforms = [each.platform for each in response.manifest.manifests]
        assert [each.architecture for each in platforms if each is not None] == ["amd64", "arm64"]
        for each in response.manifest.manifests:
            image = registry.repository("app").get_manifest(each.digest).manifest
            assert isinstance(image, ImageManifest)
            assert image.annotations is None


def test_docker_format() -> None:
    registry = EmbeddedRegistry()
    one = registry.add_image("library/app:1", image_format="docker")
    many = registry.add_image("library/app:2", image_format="docker", platforms=["linux/amd64", "linux/s390x"])
    assert (one.media_type, many.media_type) == (DOCKER_MANIFEST, DOCKER_LIST)
    assert manifest_of(registry, one)["layers"][0]["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar.gzip"
    assert [each["mediaType"] for each in manifest_of(registry, many)["manifests"]] == [DOCKER_MANIFEST] * 2


def test_digests_are_the_same_on_all_machines() -> None:
    assert EmbeddedRegistry().add_image("a", files=FILES).digest == EmbeddedRegistry().add_image("b:2", files=FILES).digest
    reversed_files = dict(reversed(FILES.items()))
    assert EmbeddedRegistry().add_image("a", files=reversed_files).digest == EmbeddedRegistry().add_image("a", files=FILES).digest
    assert EmbeddedRegistry().add_image("a", files=FILES).digest == (
        "sha256:e0dbdfe3650df46df76201f3bc258271f28a866ab82385ef88b86ef4dbb1813a"
    )


def test_registry_need_not_run(tmp_path: Path) -> None:
    registry = EmbeddedRegistry(storage=tmp_path)
    added = registry.add_image("library/app:1", files=FILES)
    with registry:
        assert registry.repository("library/app").get_manifest("1").digest == added.digest
    with EmbeddedRegistry(storage=tmp_path) as restarted:
        assert restarted.repository("library/app").get_manifest("1").digest == added.digest
    assert not list((tmp_path / "uploads").iterdir())


def test_tags() -> None:
    storage = MemoryStorage()
    registry = EmbeddedRegistry(storage=storage)
    first = registry.add_image("library/app")
    second = registry.add_image("library/app:1", files=FILES)
    assert registry.add_image("library/app:2", files=FILES) == second
    registry.add_image("library/app:1")
    record = storage.load("library/app")
    assert record is not None
    assert record.tags == {"latest": first.digest, "1": first.digest, "2": second.digest}


def test_subject() -> None:
    with EmbeddedRegistry() as registry:
        image = registry.add_image("app:1", platforms=["linux/amd64", "linux/arm64"])
        report = registry.add_image("app", files={"report": "fine"}, subject=image, artifact_type="text/x-report")
        repository = registry.repository("app")
        referrers = list(repository.iter_referrers(image.digest))
        assert [(each.digest, each.artifact_type) for each in referrers] == [(report.digest, "text/x-report")]
        assert registry.storage.load("app").tags == {"1": image.digest}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("add", "error", "message"),
    [
        (lambda registry: registry.add_image("App:1"), InvalidReferenceError, "lower case"),
        (lambda registry: registry.add_image("app:a:b"), InvalidReferenceError, "tag"),
        (lambda registry: registry.add_image("app@sha256:" + "0" * 64), ValueError, "contains a digest"),
        (lambda registry: registry.add_image("app", files={"../a": ""}), ValueError, "not the path of a file"),
        (lambda registry: registry.add_image("app", files={"/": ""}), ValueError, "not the path of a file"),
        (lambda registry: registry.add_image("app", files={"a": "", "a/b": ""}), ValueError, "also of a folder"),
        (lambda registry: registry.add_image("app", platforms=["linux"]), ImageError, "not a platform"),
        (lambda registry: registry.add_image("app", platforms="linux/amd64"), TypeError, "platforms is a text"),
        (lambda registry: registry.add_image("app", cmd="run"), TypeError, "cmd is a text"),
        (lambda registry: registry.add_image("app", files=["a"]), TypeError, "files must be a mapping, .*, not list"),
        (lambda registry: registry.add_image("app", image_format="oic"), ValueError, "oci"),
    ],
)
def test_wrong_arguments(add: Callable[[EmbeddedRegistry], object], error: type[Exception], message: str) -> None:
    registry = EmbeddedRegistry()
    with pytest.raises(error, match=message):
        add(registry)
    assert registry.storage.names() == []
