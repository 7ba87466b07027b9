"""`api`: every operation of the specifications as a subcommand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docker_registry_sdk._core.wire.operations import Operation
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v1.operations import OPERATIONS as V1
from docker_registry_sdk.v2.operations import OPERATIONS as V2
from tests.cli.conftest import Call
from tests.support.images import OCI_MANIFEST, digest_of, make_image

ALL = [(1, operation) for operation in V1] + [(2, operation) for operation in V2]


@pytest.mark.parametrize(("version", "operation"), ALL, ids=[f"v{version} {one.id}" for version, one in ALL])
def test_every_operation_has_its_help(call: Call, version: int, operation: Operation) -> None:
    done = call("api", f"v{version}", operation.id, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"docker-registry-sdk api v{version} {operation.id}" in done.out
    for parameter in operation.parameters:
        word = parameter.name.upper() if parameter.location == "path" else f"-{parameter.name.replace('_', '-')}"
        assert word in done.out
    assert ("--body" in done.out) == (operation.body is not None)
    assert ("-o, --output" in done.out) == operation.streams


@pytest.mark.parametrize(("version", "operations"), [(1, V1), (2, V2)])
def test_the_list_has_all(call: Call, version: int, operations: tuple[Operation, ...]) -> None:
    listed = [line.split()[0] for line in call("api", f"v{version}", "--help").out.partition("Commands:")[2].splitlines() if line]
    assert sorted(set(listed) & {one.id for one in operations}) == sorted(one.id for one in operations)


def test_a_push_and_a_pull_by_single_operations(call: Call, embedded_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    name, image = f"{embedded_registry.host}/a/b", make_image()
    for content in (image.layer, image.config):
        half = len(content) // 2
        (tmp_path / "first").write_bytes(content[:half])
        (tmp_path / "rest").write_bytes(content[half:])
        location = location_of(call("api", "v2", "start_blob_upload", name).out)
        done = call("api", "v2", "upload_blob_chunk", name, "--location", location, "--body", f"{tmp_path}/first")
        location = location_of(done.out)
        assert json.loads(call("api", "v2", "get_blob_upload_status", name, "--location", location).out)["status"] == 204
        arguments = ["--location", location, "--digest", digest_of(content), "--body", f"{tmp_path}/rest"]
        assert json.loads(call("api", "v2", "complete_blob_upload", name, *arguments).out)["status"] == 201
    (tmp_path / "manifest").write_bytes(image.oci)
    put = call("api", "v2", "put_manifest", name, "tag", "--content-type", OCI_MANIFEST, "--body", f"{tmp_path}/manifest")
    assert json.loads(put.out)["headers"]["docker_content_digest"] == digest_of(image.oci)
    got = json.loads(call("api", "v2", "get_manifest", name, "tag", "--accept", OCI_MANIFEST).out)
    assert (got["media_type"], got["body"]) == (OCI_MANIFEST, json.loads(image.oci))
    head = json.loads(call("api", "v2", "head_manifest", name, "tag").out)
    assert "body" not in head
    assert head["headers"]["content_length"] == len(image.oci)
    assert json.loads(call("api", "v2", "list_tags", name, "--n", "1").out)["body"] == {"name": "a/b", "tags": ["tag"]}
    read = call("api", "v2", "create_blob_read_stream", name, digest_of(image.layer), "-o", f"{tmp_path}/layer")
    assert json.loads(read.out)["size"] == len(image.layer)
    assert (tmp_path / "layer").read_bytes() == image.layer
    part = call("api", "v2", "create_blob_read_stream", name, digest_of(image.config), "--byte-range", "bytes=2-9")
    assert part.out.encode() == image.config[2:10]
    call("api", "v2", "delete_blob", name, "sha256:" + "0" * 64).failed(3)
    assert json.loads(call("api", "v2", "delete_manifest", name, "tag").out)["status"] == 202


def location_of(out: str) -> str:
    location: str = json.loads(out)["headers"]["location"]
    return location


def test_pages_are_followed_by_their_links(call: Call, open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app"
    page = json.loads(call("api", "v2", "list_tags", name, "--n", "2").out)
    assert page["body"]["tags"] == ["1.0", "1.1"]
    page = json.loads(call("api", "v2", "list_tags", name, "--next-url", page["headers"]["next_url"]).out)
    assert page["body"]["tags"] == ["latest"]
    assert "next_url" not in page["headers"]


def test_calls_are_authenticated_and_bodies_come_from_stdin(call: Call, token_registry: EmbeddedRegistry) -> None:
    call("login", token_registry.host, "-u", "ann", "--password-stdin", stdin=token_registry.password)
    name = f"{token_registry.host}/team/app"
    manifest = call("api", "v2", "get_manifest", name, "1.0")
    assert json.loads(manifest.out)["status"] == 200
    raw = call("manifest", f"{name}:1.0", "--raw").out
    media_type = json.loads(raw)["mediaType"]
    done = call("api", "v2", "put_manifest", name, "new", "--content-type", media_type, "--body", "-", stdin=raw)
    assert json.loads(done.out)["status"] == 201
    assert call("tags", name).lines == ["1.0", "1.1", "latest", "new"]
    assert call("api", "v2", "list_repositories", "--index", token_registry.host).code == 0


@pytest.mark.parametrize(("content", "words"), [("{", "not JSON"), ("{}", "JSON array"), ('[{"id": 1}]', "RepoImg")])
def test_a_body_that_does_not_fit(call: Call, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "body").write_text(content, encoding="utf-8")
    assert words in call("api", "v1", "put_repo", "localhost:1/a", "--body", f"{tmp_path}/body").failed(2)[0]


def test_password_and_body_are_not_both_on_stdin(call: Call) -> None:
    arguments = ["--content-type", OCI_MANIFEST, "--body", "-", "-u", "ann", "--password-stdin"]
    assert "stdin" in call("api", "v2", "put_manifest", "localhost:1/a", "tag", *arguments).failed(2)[0]


def test_flags_are_sent_only_when_they_are_given(call: Call, tmp_path: Path) -> None:
    (tmp_path / "body").write_text("[]", encoding="utf-8")
    with EmbeddedRegistry() as registry:
        sent = []
        for flags in ([], ["--x-docker-token"], ["--no-x-docker-token"]):
            arguments = ["put_repo", f"{registry.host}/a/b", "--body", f"{tmp_path}/body", *flags]
            assert call("api", "v1", *arguments).code == 0
            sent.append(registry.requests[-1].header("x-docker-token"))
    assert sent == [None, "true", "false"]
