"""`manifest`, `config` and `blob`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, WrongBytes
from tests.cli.conftest import RunCli
from tests.cli.runner import run_in_terminal
from tests.core.wire.loopback import run_loopback
from tests.support.images import OCI_MANIFEST, digest_of, make_image, manifest_of
from tests.support.skopeo import MultiPlatformImage


def test_manifest(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    name = f"{open_registry.host}/team/app:1.0"
    assert run_cli("manifest", name, "--raw").out.encode() == images.index
    assert json.loads(run_cli("manifest", name).out) == json.loads(images.index)
    assert json.loads(run_cli("manifest", name, "--json").out) == {
        "digest": digest_of(images.index),
        "media_type": images.media_type,
        "size": len(images.index),
        "manifest": json.loads(images.index),
    }
    run_cli("manifest", name, "--raw", "--json").check_failure(2)


def test_blob(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage, tmp_path: Path) -> None:
    layer = make_image("hello amd64\n" * 100).layer
    name, path = f"{open_registry.host}/team/app@{digest_of(layer)}", tmp_path / "layer"
    done = run_cli("blob", name, "-o", str(path))
    assert path.read_bytes() == layer
    assert done.lines == [f"file\t{path}", f"digest\t{digest_of(layer)}", f"size\t{len(layer)}"]
    assert json.loads(run_cli("blob", name, "-o", str(path), "--json").out)["size"] == len(layer)
    run_cli("blob", name, "--json").check_failure(2)
    run_cli("blob", f"{open_registry.host}/team/app:latest").check_failure(2)


def test_a_blob_with_wrong_bytes_is_not_saved(run_cli: RunCli, open_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    layer = make_image("hello amd64\n" * 100).layer
    open_registry.faults.add(Fault(WrongBytes(at=5), operation="create_blob_read_stream", times=None))
    folder = tmp_path / "files"
    folder.mkdir()
    name = f"{open_registry.host}/team/app@{digest_of(layer)}"
    problem, _ = run_cli("blob", name, "-o", str(folder / "layer")).check_failure(6)
    assert digest_of(layer) in problem
    assert list(folder.iterdir()) == []
    (folder / "layer").write_text("older content", encoding="utf-8")
    problem, hint = run_cli("blob", name, "-o", str(folder / "layer")).check_failure(1)
    assert str(folder / "layer") in problem
    assert "another file" in hint
    assert [(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()] == [("layer", "older content")]


def test_a_blob_is_not_written_to_a_terminal(open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    done = run_in_terminal("blob", f"{open_registry.host}/team/app@{next(iter(images.blobs))}")
    assert done.code == 2
    assert "-o FILE" in done.out


def test_odd_values_are_printed_and_named_on_stderr(run_cli: RunCli, tmp_path: Path) -> None:
    odd = {"architecture": "amd64", "os": "linux", "config": {"User": 1000, "Entrypoint": "/x"}, "history": [{"author": 1}] * 12}
    config = json.dumps(odd).encode()
    layout = tmp_path / "layout"
    manifest = manifest_of("oci", config, make_image().layer)
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for content in (config, manifest, make_image().layer):
        (blobs / digest_of(content).removeprefix("sha256:")).write_bytes(content)
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="utf-8")
    entry = {"mediaType": OCI_MANIFEST, "digest": digest_of(manifest), "size": len(manifest)}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}), encoding="utf-8")
    done = run_cli("config", f"oci:{layout}")
    assert (done.code, json.loads(done.out)) == (0, odd)
    notes = done.err.splitlines()
    assert notes[0] == "Note: config.User should be text, not a number; it is read as None"
    assert len(notes) == 11
    assert notes[10] == "Note: there are 4 more problems."


@pytest.mark.parametrize(
    ("arguments", "body", "place"),
    [
        (["tags", "HOST/a"], b'{"tags": ["1", null]}', "tags[1]"),
        (["repos", "HOST"], b'{"repositories": ["1", 5]}', "repositories[1]"),
        (["api", "v2", "list_tags", "HOST/a"], b'{"tags": ["1", null]}', "tags[1]"),
    ],
)
def test_odd_entries_of_listings_are_named_on_stderr(run_cli: RunCli, arguments: list[str], body: bytes, place: str) -> None:
    with run_loopback(lambda handler: handler.reply(200, body, Content_Type="application/json")) as registry:
        done = run_cli(*(one.replace("HOST", registry.url) for one in arguments))
    assert done.code == 0
    assert "1" in done.out
    assert done.err.startswith(f"Note: {place} should be text, not ")
