"""`inspect`, and the choice of a platform by `inspect` and `config`."""

from __future__ import annotations

import json

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.conftest import RunCli
from tests.images.built_images import OCI_LAYER, build_image, build_index, build_manifest, push_image, store_image
from tests.support.images import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, descriptor, digest_of, make_image
from tests.support.request_log import recorded_requests
from tests.support.skopeo import ARCHITECTURES, MultiPlatformImage


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_image_of_a_platform(
    run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage, architecture: str
) -> None:
    name, platform = f"{open_registry.host}/team/app", f"linux/{architecture}"
    document = json.loads(run_cli("inspect", name, "--platform", platform, "--json").out)
    image = make_image(f"hello {architecture}\n" * 100, architecture)
    assert document["digest"] == digest_of(images.index)
    assert (document["os"], document["architecture"], document["command"]) == ("linux", architecture, ["/bin/greet"])
    assert [one["platform"] for one in document["platforms"]] == [f"linux/{name}" for name in ARCHITECTURES]
    assert [one["digest"] for one in document["platforms"] if one["shown"]] == [digest_of(image.oci)]
    assert [layer["digest"] for layer in document["layers"]] == [digest_of(image.layer)]
    assert (document["size"], document["labels"]) == (len(image.layer), {"who": "tests"})
    config = json.loads(run_cli("config", name, "--platform", platform).out)
    assert (config["architecture"], config["history"][0]["created_by"]) == (architecture, "COPY greeting /")


def test_inspect_in_a_pipe(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    rows = [line.split("\t") for line in run_cli("inspect", f"{open_registry.host}/team/app", "--platform", "linux/amd64").lines]
    facts = {row[0]: row[1:] for row in rows}
    assert facts["digest"] == [digest_of(images.index)]
    assert [row[1] for row in rows if row[0] == "platform"] == [f"linux/{name}" for name in ARCHITECTURES]
    assert facts["label"] == ["who", "tests"]
    assert facts["size"] == [facts["layer"][1]]


def test_inspect_of_one_image_and_of_an_artifact(run_cli: RunCli, embedded_registry: EmbeddedRegistry) -> None:
    image = make_image()
    empty = b"{}"
    descriptor = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(empty), "size": 2}
    artifact = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "text/poem",
        "config": descriptor,
        "layers": [descriptor],
    }
    with RegistryClientV2(f"{embedded_registry.host}/one") as client:
        for content in (image.config, image.layer, empty):
            client.blob_upload(content)
        client.put_manifest(image.docker, "image", media_type=DOCKER_MANIFEST)
        client.put_manifest(json.dumps({**artifact, "annotations": {"by": "me"}}).encode(), "artifact", media_type=OCI_MANIFEST)
    document = json.loads(run_cli("inspect", f"{embedded_registry.host}/one:image", "--json").out)
    assert (document["platforms"], document["labels"]) == ([], {"who": "tests"})
    document = json.loads(run_cli("inspect", f"{embedded_registry.host}/one:artifact", "--json").out)
    assert (document["annotations"], document["size"]) == ({"by": "me"}, 2)
    assert "architecture" not in document
    assert "config" in run_cli("config", f"{embedded_registry.host}/one:artifact").check_failure(1)[0]


def test_unknown_platforms(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app"
    run_cli("inspect", name, "--platform", "linux").check_failure(2)
    for command in ("inspect", "config"):
        problem, hint = run_cli(command, name, "--platform", "windows/amd64").check_failure(1)
        assert "linux/arm64" in problem
        assert "inspect" in hint


def test_inspect_follows_nested_indexes_as_config_does(run_cli: RunCli, embedded_registry: EmbeddedRegistry) -> None:
    images = {"linux/amd64": build_image([b"1"], "linux/amd64"), "linux/arm64": build_image([b"2"], "linux/arm64")}
    nested = {platform: build_index({platform: image}) for platform, image in images.items()}
    store_image(embedded_registry, "nested", build_index(nested), "v1")
    name = f"{embedded_registry.host}/nested:v1"
    for platform, image in images.items():
        document = json.loads(run_cli("inspect", name, "--platform", platform, "--json").out)
        assert [layer["digest"] for layer in document["layers"]] == list(image.blobs)[1:]
        assert document["labels"] == {"platform": platform}
        # The entry of the outer index through which the shown image was found.
        assert [one["platform"] for one in document["platforms"] if one["shown"]] == [platform]
        config = json.loads(run_cli("config", name, "--platform", platform).out)
        assert config["architecture"] == document["architecture"]


def test_inspect_reads_each_manifest_once(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    with recorded_requests(open_registry) as asked:
        run_cli("inspect", f"{open_registry.host}/team/app", "--platform", "linux/arm64")
    assert [one for one in asked if "ping" not in one] == ["GET manifests 200", "GET manifests 200", "GET blobs 200"]


def test_without_a_platform_for_this_machine_the_first_image_is_shown(
    run_cli: RunCli, embedded_registry: EmbeddedRegistry
) -> None:
    image = build_image([b"layer"], "linux/odd")
    name = f"{embedded_registry.host}/a"
    nested = build_index({"linux/odd": build_index({"linux/odd": image})})
    push_image(f"http://{name}", nested, "nested")
    document = json.loads(run_cli("inspect", f"{name}:nested", "--json").out)
    assert (document["digest"], document["architecture"]) == (nested.root, "odd")
    assert [one["shown"] for one in document["platforms"]] == [True]


def test_an_index_of_layers_has_no_image_to_show(run_cli: RunCli, embedded_registry: EmbeddedRegistry) -> None:
    layers = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor(OCI_LAYER, b"layer")]}
    cache = build_manifest(layers, OCI_INDEX, blobs=[b"layer"])
    store_image(embedded_registry, "a", cache, "cache")
    document = json.loads(run_cli("inspect", f"{embedded_registry.host}/a:cache", "--json").out)
    assert (document["digest"], document["layers"]) == (cache.root, [])
    assert [one["shown"] for one in document["platforms"]] == [False]
