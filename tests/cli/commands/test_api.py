"""`api`: a subcommand for each operation of the specifications."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Literal

import click
import pytest
from click.testing import CliRunner

from docker_registry_sdk._core.wire.operations import Operation, Parameter
from docker_registry_sdk.cli.commands import api
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v1.operations import OPERATIONS as V1
from docker_registry_sdk.v2.operations import OPERATIONS as V2
from tests.cli.conftest import RunCli
from tests.generator.projects import copy_project, edit_spec, run_generate, run_python
from tests.generator.test_spec_edit import edit
from tests.support.images import OCI_MANIFEST, digest_of, make_image
from tests.support.v1 import make_image as make_v1_image

ALL = [(1, operation) for operation in V1] + [(2, operation) for operation in V2]
V1_ONLY: tuple[Literal["v1"]] = ("v1",)


@pytest.mark.parametrize(("version", "operation"), ALL, ids=[f"v{version} {one.id}" for version, one in ALL])
def test_every_operation_has_a_help_text(run_cli: RunCli, version: int, operation: Operation) -> None:
    done = run_cli("api", f"v{version}", operation.id, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"docker-registry-sdk api v{version} {operation.id}" in done.out
    for parameter in operation.parameters:
        word = parameter.name.upper() if parameter.location == "path" else f"-{parameter.name.replace('_', '-')}"
        assert word in done.out
    assert ("--body" in done.out) == (operation.body is not None)
    assert ("-o, --output" in done.out) == operation.streams


@pytest.mark.parametrize(("version", "operations"), [(1, V1), (2, V2)])
def test_the_help_of_a_version_lists_all_operations(run_cli: RunCli, version: int, operations: tuple[Operation, ...]) -> None:
    help_text = run_cli("api", f"v{version}", "--help").out
    listed = [line.split()[0] for line in help_text.partition("Commands:")[2].splitlines() if line]
    assert sorted(set(listed) & {one.id for one in operations}) == sorted(one.id for one in operations)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose specification of API v2 has a new operation, generated."""
    project = copy_project(tmp_path_factory.mktemp("edited") / "project")
    edit_spec(project / "openapi/registry-v2.yaml", edit)
    done = run_generate(project)
    assert (done.returncode, done.stderr) == (0, "")
    return project


def test_an_added_operation_is_a_subcommand(edited: Path, embedded_registry: EmbeddedRegistry) -> None:
    listed = run_python(edited, "-m", "docker_registry_sdk", "api", "v2", "--help")
    assert "read_attachment          Read an attachment" in listed.stdout
    helped = run_python(edited, "-m", "docker_registry_sdk", "api", "v2", "read_attachment", "--help")
    assert "NAME TITLE" in helped.stdout
    assert "The bytes of the attachment." in helped.stdout
    name = f"{embedded_registry.host}/library/a"
    done = run_python(edited, "-m", "docker_registry_sdk", "api", "v2", "read_attachment", name, "logo")
    assert done.returncode == 3, done
    assert [request.path for request in embedded_registry.requests] == ["/v2/library/a/attachments/logo"]


def test_a_push_and_a_pull_by_single_operations(run_cli: RunCli, embedded_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    name, image = f"{embedded_registry.host}/a/b", make_image()
    for content in (image.layer, image.config):
        half = len(content) // 2
        (tmp_path / "first").write_bytes(content[:half])
        (tmp_path / "rest").write_bytes(content[half:])
        location = location_of(run_cli("api", "v2", "start_blob_upload", name).out)
        done = run_cli("api", "v2", "upload_blob_chunk", name, "--location", location, "--body", f"{tmp_path}/first")
        location = location_of(done.out)
        assert json.loads(run_cli("api", "v2", "get_blob_upload_status", name, "--location", location).out)["status"] == 204
        arguments = ["--location", location, "--digest", digest_of(content), "--body", f"{tmp_path}/rest"]
        assert json.loads(run_cli("api", "v2", "complete_blob_upload", name, *arguments).out)["status"] == 201
    (tmp_path / "manifest").write_bytes(image.oci)
    put = run_cli("api", "v2", "put_manifest", name, "tag", "--content-type", OCI_MANIFEST, "--body", f"{tmp_path}/manifest")
    assert json.loads(put.out)["headers"]["docker_content_digest"] == digest_of(image.oci)
    got = json.loads(run_cli("api", "v2", "get_manifest", name, "tag", "--accept", OCI_MANIFEST).out)
    assert (got["media_type"], got["body"]) == (OCI_MANIFEST, json.loads(image.oci))
    head = json.loads(run_cli("api", "v2", "head_manifest", name, "tag").out)
    assert "body" not in head
    assert head["headers"]["content_length"] == len(image.oci)
    assert json.loads(run_cli("api", "v2", "list_tags", name, "--n", "1").out)["body"] == {"name": "a/b", "tags": ["tag"]}
    read = run_cli("api", "v2", "create_blob_read_stream", name, digest_of(image.layer), "-o", f"{tmp_path}/layer")
    assert json.loads(read.out)["size"] == len(image.layer)
    assert (tmp_path / "layer").read_bytes() == image.layer
    part = run_cli("api", "v2", "create_blob_read_stream", name, digest_of(image.config), "--byte-range", "bytes=2-9")
    assert part.out.encode() == image.config[2:10]
    run_cli("api", "v2", "delete_blob", name, "sha256:" + "0" * 64).check_failure(3)
    assert json.loads(run_cli("api", "v2", "delete_manifest", name, "tag").out)["status"] == 202


def location_of(out: str) -> str:
    location: str = json.loads(out)["headers"]["location"]
    return location


def test_the_link_of_a_page_leads_to_the_next_page(run_cli: RunCli, open_registry: EmbeddedRegistry) -> None:
    name = f"{open_registry.host}/team/app"
    page = json.loads(run_cli("api", "v2", "list_tags", name, "--n", "2").out)
    assert page["body"]["tags"] == ["1.0", "1.1"]
    page = json.loads(run_cli("api", "v2", "list_tags", name, "--next-url", page["headers"]["next_url"]).out)
    assert page["body"]["tags"] == ["latest"]
    assert "next_url" not in page["headers"]


def test_calls_are_authenticated_and_bodies_are_read_from_stdin(run_cli: RunCli, token_registry: EmbeddedRegistry) -> None:
    run_cli("login", token_registry.host, "-u", "ann", "--password-stdin", stdin=token_registry.password)
    name = f"{token_registry.host}/team/app"
    manifest = run_cli("api", "v2", "get_manifest", name, "1.0")
    assert json.loads(manifest.out)["status"] == 200
    raw = run_cli("manifest", f"{name}:1.0", "--raw").out
    media_type = json.loads(raw)["mediaType"]
    done = run_cli("api", "v2", "put_manifest", name, "new", "--content-type", media_type, "--body", "-", stdin=raw)
    assert json.loads(done.out)["status"] == 201
    assert run_cli("tags", name).lines == ["1.0", "1.1", "latest", "new"]
    assert run_cli("api", "v2", "list_repositories", "--index", token_registry.host).code == 0


@pytest.mark.parametrize(("content", "words"), [("{", "not JSON"), ("{}", "JSON array"), ('[{"id": 1}]', "RepoImg")])
def test_an_invalid_json_body(run_cli: RunCli, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "body").write_text(content, encoding="utf-8")
    assert words in run_cli("api", "v1", "put_repo", "localhost:1/a", "--body", f"{tmp_path}/body").check_failure(2)[0]


def test_password_and_body_cannot_both_come_from_stdin(run_cli: RunCli) -> None:
    arguments = ["--content-type", OCI_MANIFEST, "--body", "-", "-u", "ann", "--password-stdin"]
    assert "stdin" in run_cli("api", "v2", "put_manifest", "localhost:1/a", "tag", *arguments).check_failure(2)[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T10:00:00+02:00"),
        ("2024-05-01T10:00:00", "is not a timestamp with a time zone"),
        ("yesterday", "is not a timestamp with a time zone"),
    ],
)
def test_an_option_for_a_datetime_is_a_timestamp_with_a_time_zone(text: str, shown: str) -> None:
    since = Parameter(name="since", wire_name="s", location="query", type="datetime", required=False, description="Since when.")

    @click.command()
    @api._parameter_decorator(since, set())
    def show(parameter_since: datetime) -> None:
        click.echo(parameter_since.isoformat())

    assert shown in CliRunner().invoke(show, ["--since", text]).output


def test_flags_are_sent_only_when_they_are_given(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "body").write_text("[]", encoding="utf-8")
    with EmbeddedRegistry() as registry:
        sent = []
        for flags in ([], ["--x-docker-token"], ["--no-x-docker-token"]):
            arguments = ["put_repo", f"{registry.host}/a/b", "--body", f"{tmp_path}/body", *flags]
            assert run_cli("api", "v1", *arguments).code == 0
            sent.append(registry.requests[-1].header("x-docker-token"))
    assert sent == [None, "true", "false"]


def test_push_read_and_delete_an_image_of_api_v1(run_cli: RunCli, home: Path) -> None:
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
            done = run_cli("api", "v1", *arguments)
            assert done.code == 0, done
        assert run_cli("tags", name).lines == [f"latest\t{identity}"]
        assert json.loads(run_cli("tags", name, "--json").out) == {"tag": "latest", "image": identity}
        assert json.loads(run_cli("api", "v1", "get_img_id", name, "latest").out)["body"] == identity
        done = run_cli("api", "v1", "get_img_layer_stream", identity, "--repo", name, "-o", f"{folder}/got")
        assert done.code == 0, done
        assert json.loads(done.out)["status"] == 200
        assert (folder / "got").read_bytes() == image.layer
        assert [line.split("\t")[0] for line in run_cli("search", "old", "--index", registry.host).lines] == ["team/old"]
        assert "only API v1" in run_cli("manifest", name).check_failure(1)[0]
        run_cli("delete", f"{name}@sha256:{'0' * 64}").check_failure(2)
        assert run_cli("delete", f"{name}:latest").code == 0
