"""Output on a terminal: tables, colours, and no control characters from a registry."""

from __future__ import annotations

import json

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.conftest import RunCli
from tests.cli.runner import run_in_terminal
from tests.support.images import OCI_MANIFEST, digest_of
from tests.support.skopeo import MultiPlatformImage

# Blinking red text, a window title, a C1 control character, a line break and markup of rich.
HOSTILE = "\x1b[31;5mred\x1b]0;title\x07 \x9b1m\n[bold]bold[/bold]"
SHOWN = " [31;5mred ]0;title   1m [bold]bold[/bold]"


def test_a_table(open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    done = run_in_terminal("inspect", f"{open_registry.host}/team/app", columns=120)
    assert done.code == 0
    assert "\x1b[1m" in done.out
    assert "PLATFORM" in done.text and "MEDIA TYPE" in done.text
    assert any(line.split()[:2] == ["linux/arm64", list(images.manifests)[1]] for line in done.text.splitlines())
    assert any(line.split() == ["who", "tests"] for line in done.text.splitlines())


def test_a_narrow_terminal_folds_lines_and_shortens_digests(open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    done = run_in_terminal("inspect", f"{open_registry.host}/team/app", columns=40)
    assert done.code == 0
    assert max(map(len, done.text.splitlines())) <= 40
    facts = done.text.partition("\n\n")[0]
    assert digest_of(images.index) in "".join(facts.replace("digest", "").split())
    wider = run_in_terminal("inspect", f"{open_registry.host}/team/app").text.partition("\n\n")[2]
    for digest in images.manifests:
        assert f"{digest[:19]}…" in wider  # wider terminals and pipes show whole digests


def test_no_color(open_registry: EmbeddedRegistry) -> None:
    for arguments in (["inspect", f"{open_registry.host}/team/app"], ["manifest", f"{open_registry.host}/team/app"]):
        done = run_in_terminal(*arguments, env={"NO_COLOR": "1"})
        assert done.code == 0
        assert done.out
        assert "\x1b" not in done.out


def test_json_on_a_terminal(open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    done = run_in_terminal("manifest", f"{open_registry.host}/team/app", columns=20)
    assert "\x1b[" in done.out
    assert json.loads(done.text) == json.loads(images.index)


@pytest.fixture
def hostile(embedded_registry: EmbeddedRegistry) -> str:
    """The name of an image whose label, command and annotation contain control characters for terminals."""
    config = {"os": "linux", "architecture": "amd64", "config": {"Labels": {HOSTILE: HOSTILE}, "Cmd": [HOSTILE]}}
    content = json.dumps(config).encode()
    descriptor = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(content), "size": len(content)}
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor, "layers": [], "annotations": {"a": "\x9b5m"}}
    with RegistryClientV2(f"{embedded_registry.host}/bad") as client:
        client.blob_upload(content)
        client.put_manifest(json.dumps(manifest, ensure_ascii=False).encode(), "latest", media_type=OCI_MANIFEST)
    return f"{embedded_registry.host}/bad"


def test_a_terminal_receives_no_control_characters_of_a_registry(hostile: str) -> None:
    done = run_in_terminal("inspect", hostile, columns=200, env={"NO_COLOR": "1"})
    assert done.code == 0
    assert SHOWN in done.out
    assert all(letter.isprintable() or letter == "\n" for letter in done.out)
    raw = run_in_terminal("manifest", hostile, "--raw")
    assert '"annotations": {"a": " 5m"}' in raw.out
    assert all(letter.isprintable() or letter == "\n" for letter in run_in_terminal("inspect", hostile, "--json").text)


def test_a_pipe_receives_control_characters_in_raw_bytes_only(run_cli: RunCli, hostile: str) -> None:
    assert f"label\t{SHOWN}\t{SHOWN}" in run_cli("inspect", hostile).lines
    assert "\x9b5m" in run_cli("manifest", hostile, "--raw").out
