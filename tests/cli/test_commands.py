"""What each command tells of a registry, in a pipe and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, WrongBytes
from tests.cli.conftest import Call
from tests.support.images import DOCKER_MANIFEST, OCI_MANIFEST, digest_of, make_image
from tests.support.skopeo import ARCHITECTURES, Images
from tests.support.v1 import make_image as make_v1_image

V1_ONLY: tuple[Literal["v1"]] = ("v1",)


def test_parse(call: Call) -> None:
    assert call("parse", "alpine:3.20").lines == [
        "index\tdocker.io",
        "official\tyes",
        "remote_name\tlibrary/alpine",
        "local_name\talpine",
        "canonical_name\tdocker.io/alpine",
        "tag\t3.20",
    ]
    document = json.loads(call("parse", "http://localhost:5000/a/b", "--json").out)
    assert document["remote_name"] == "a/b"
    assert (document["scheme"], document["official"], document["digest"]) == ("http", False, None)


def test_ping(call: Call, open_registry: EmbeddedRegistry) -> None:
    done = call("ping", open_registry.host)
    assert done.lines == [f"index\t{open_registry.host}", f"url\t{open_registry.url}", "api_version\t2"]


def test_ping_falls_back_to_v1(call: Call) -> None:
    with EmbeddedRegistry(apis=V1_ONLY) as registry:
        assert json.loads(call("ping", registry.host, "--json").out)["api_version"] == 1


def test_tags(call: Call, open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app"
    assert call("tags", name).lines == ["1.0", "1.1", "latest"]
    assert [json.loads(line) for line in call("tags", name, "--json").lines] == [{"tag": tag} for tag in ("1.0", "1.1", "latest")]


def test_repos(call: Call, open_registry: EmbeddedRegistry) -> None:
    assert call("repos", open_registry.host).lines == ["team/app"]
    assert json.loads(call("repos", open_registry.host, "--json").out) == {"repo": "team/app"}


def test_manifest(call: Call, open_registry: EmbeddedRegistry, images: Images) -> None:
    name = f"{open_registry.host}/team/app:1.0"
    assert call("manifest", name, "--raw").out.encode() == images.index
    assert json.loads(call("manifest", name).out) == json.loads(images.index)
    assert json.loads(call("manifest", name, "--json").out) == {
        "digest": digest_of(images.index),
        "media_type": images.media_type,
        "size": len(images.index),
        "manifest": json.loads(images.index),
    }
    call("manifest", name, "--raw", "--json").failed(2)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_inspect_and_config_of_a_platform(call: Call, open_registry: EmbeddedRegistry, images: Images, architecture: str) -> None:
    name, platform = f"{open_registry.host}/team/app", f"linux/{architecture}"
    document = json.loads(call("inspect", name, "--platform", platform, "--json").out)
    image = make_image(f"hello {architecture}\n" * 100, architecture)
    assert document["digest"] == digest_of(images.index)
    assert (document["os"], document["architecture"], document["command"]) == ("linux", architecture, ["/bin/greet"])
    assert [one["platform"] for one in document["platforms"]] == [f"linux/{name}" for name in ARCHITECTURES]
    assert [one["digest"] for one in document["platforms"] if one["shown"]] == [digest_of(image.oci)]
    assert [layer["digest"] for layer in document["layers"]] == [digest_of(image.layer)]
    assert (document["size"], document["labels"]) == (len(image.layer), {"who": "tests"})
    config = json.loads(call("config", name, "--platform", platform).out)
    assert (config["architecture"], config["history"][0]["created_by"]) == (architecture, "COPY greeting /")


def test_inspect_in_a_pipe(call: Call, open_registry: EmbeddedRegistry, images: Images) -> None:
    rows = [line.split("\t") for line in call("inspect", f"{open_registry.host}/team/app", "--platform", "linux/amd64").lines]
    facts = {row[0]: row[1:] for row in rows}
    assert facts["digest"] == [digest_of(images.index)]
    assert [row[1] for row in rows if row[0] == "platform"] == [f"linux/{name}" for name in ARCHITECTURES]
    assert facts["label"] == ["who", "tests"]
    assert facts["size"] == [facts["layer"][1]]


def test_inspect_of_one_image_and_of_an_artifact(call: Call, embedded_registry: EmbeddedRegistry) -> None:
    image = make_image()
    empty = b"{}"
    described = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(empty), "size": 2}
    artifact = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "text/poem",
        "config": described,
        "layers": [described],
    }
    with RegistryClientV2(f"{embedded_registry.host}/one") as client:
        for content in (image.config, image.layer, empty):
            client.blob_upload(content)
        client.put_manifest(image.docker, "image", media_type=DOCKER_MANIFEST)
        client.put_manifest(json.dumps({**artifact, "annotations": {"by": "me"}}).encode(), "artifact", media_type=OCI_MANIFEST)
    document = json.loads(call("inspect", f"{embedded_registry.host}/one:image", "--json").out)
    assert (document["platforms"], document["labels"]) == ([], {"who": "tests"})
    document = json.loads(call("inspect", f"{embedded_registry.host}/one:artifact", "--json").out)
    assert (document["annotations"], document["size"]) == ({"by": "me"}, 2)
    assert "architecture" not in document
    assert "config" in call("config", f"{embedded_registry.host}/one:artifact").failed(1)[0]


def test_platforms(call: Call, open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app"
    call("inspect", name, "--platform", "linux").failed(2)
    for command in ("inspect", "config"):
        what, advice = call(command, name, "--platform", "windows/amd64").failed(1)
        assert "linux/arm64" in what
        assert "inspect" in advice


def test_blob(call: Call, open_registry: EmbeddedRegistry, images: Images, tmp_path: Path) -> None:
    layer = make_image("hello amd64\n" * 100).layer
    name, path = f"{open_registry.host}/team/app@{digest_of(layer)}", tmp_path / "layer"
    done = call("blob", name, "-o", str(path))
    assert path.read_bytes() == layer
    assert done.lines == [f"file\t{path}", f"digest\t{digest_of(layer)}", f"size\t{len(layer)}"]
    assert json.loads(call("blob", name, "-o", str(path), "--json").out)["size"] == len(layer)
    call("blob", name, "--json").failed(2)
    call("blob", f"{open_registry.host}/team/app:latest").failed(2)


def test_a_wrong_blob_leaves_no_file(call: Call, open_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    layer = make_image("hello amd64\n" * 100).layer
    open_registry.faults.add(Fault(WrongBytes(at=5), operation="create_blob_read_stream", times=None))
    folder = tmp_path / "files"
    folder.mkdir()
    what, _ = call("blob", f"{open_registry.host}/team/app@{digest_of(layer)}", "-o", str(folder / "layer")).failed(6)
    assert digest_of(layer) in what
    assert list(folder.iterdir()) == []
    (folder / "layer").write_text("from before", encoding="utf-8")
    what, advice = call("blob", f"{open_registry.host}/team/app@{digest_of(layer)}", "-o", str(folder / "layer")).failed(1)
    assert str(folder / "layer") in what
    assert "another file" in advice
    assert [(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()] == [("layer", "from before")]


def test_delete(call: Call, open_registry: EmbeddedRegistry, images: Images) -> None:
    name = f"{open_registry.host}/team/app"
    call("delete", name).failed(2)
    call("delete", f"{name}:1.0@{digest_of(images.index)}").failed(2)
    assert call("tags", name).lines == ["1.0", "1.1", "latest"]
    assert call("delete", f"{name}:1.0").lines == [f"deleted\t{name}", "tag\t1.0"]
    assert call("tags", name).lines == ["1.1", "latest"]
    assert call("delete", f"{name}@{digest_of(images.index)}").code == 0
    assert call("tags", name).lines == []
    call("delete", f"{name}:1.1").failed(3)


def test_v1(call: Call, home: Path) -> None:
    with EmbeddedRegistry(apis=V1_ONLY) as registry:
        name = f"{registry.host}/team/old"
        image = make_v1_image("a")
        identity, folder = image.id, home
        (folder / "json").write_bytes(image.json)
        (folder / "layer").write_bytes(image.layer)
        (folder / "images").write_text(json.dumps([{"id": identity}]), encoding="utf-8")
        (folder / "tag").write_text(json.dumps(identity), encoding="utf-8")
        for arguments in (
            ("put_repo", name, "--body", f"{folder}/images"),
            ("put_img_json", identity, "--repo", name, "--body", f"{folder}/json"),
            ("put_img_layer", identity, "--repo", name, "--body", f"{folder}/layer"),
            ("put_img_checksum", identity, "--repo", name, "--x-docker-checksum-payload", image.checksum),
            ("put_repo_tag", name, "latest", "--body", f"{folder}/tag"),
        ):
            done = call("api", "v1", *arguments)
            assert done.code == 0, done
        assert call("tags", name).lines == [f"latest\t{identity}"]
        assert json.loads(call("tags", name, "--json").out) == {"tag": "latest", "image": identity}
        assert json.loads(call("api", "v1", "get_img_id", name, "latest").out)["body"] == identity
        done = call("api", "v1", "get_img_layer_stream", identity, "--repo", name, "-o", f"{folder}/got")
        assert done.code == 0, done
        assert json.loads(done.out)["status"] == 200
        assert (folder / "got").read_bytes() == image.layer
        assert [line.split("\t")[0] for line in call("search", "old", "--index", registry.host).lines] == ["team/old"]
        assert "API v1 only" in call("manifest", name).failed(1)[0]
        call("delete", f"{name}@sha256:{'0' * 64}").failed(2)
        assert call("delete", f"{name}:latest").code == 0


def test_referrers(call: Call, open_registry: EmbeddedRegistry, images: Images) -> None:
    name = f"{open_registry.host}/team/app"
    subject = {"mediaType": images.media_type, "digest": digest_of(images.index), "size": len(images.index)}
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}
    pushed = {}
    with RegistryClientV2(name) as client:
        client.blob_upload(b"{}")
        for kind in ("text/poem", "text/song"):
            document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": kind, "config": empty, "layers": [empty]}
            content = json.dumps({**document, "subject": subject, "annotations": {"by": "me"}}).encode()
            pushed[kind] = (client.put_manifest(content, digest_of(content), media_type=OCI_MANIFEST).digest, len(content))
    assert sorted(line.split("\t") for line in call("referrers", name).lines) == sorted(
        [digest, str(size), kind, OCI_MANIFEST] for kind, (digest, size) in pushed.items()
    )
    (line,) = call("referrers", f"{name}@{digest_of(images.index)}", "--type", "text/song", "--json").lines
    digest, size = pushed["text/song"]
    assert json.loads(line) == {
        "digest": digest,
        "size": size,
        "artifact_type": "text/song",
        "media_type": OCI_MANIFEST,
        "annotations": {"by": "me"},
    }
