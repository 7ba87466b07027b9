"""Output on a terminal: tables, colours, and no control characters from a registry."""

from __future__ import annotations

import io
import json
from typing import Any, Protocol

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.cli.output import Output, Size
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


@pytest.mark.parametrize("columns", [10, 40, 80])
def test_a_narrow_terminal_does_not_break_digests(
    open_registry: EmbeddedRegistry, images: MultiPlatformImage, columns: int
) -> None:
    done = run_in_terminal("inspect", f"{open_registry.host}/team/app", columns=columns)
    assert done.code == 0
    words = done.text.split()
    for digest in (digest_of(images.index), *images.manifests):
        assert digest in words
    for name in (f"alpine@{DIGEST}", f"{open_registry.host}/team/app@{DIGEST}"):
        assert DIGEST in run_in_terminal("parse", name, columns=columns).text.split()


def test_a_narrow_terminal_folds_other_columns(open_registry: EmbeddedRegistry) -> None:
    done = run_in_terminal("parse", f"{open_registry.host}/{'long-name/' * 12}app:1.0", columns=40)
    assert done.code == 0
    assert max(map(len, done.text.splitlines())) <= 40


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


class Screen(io.TextIOWrapper):
    """Standard output that claims to be a terminal, or a pipe."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def read_all(self) -> bytes:
        """Return everything that was written."""
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue()


class MakeOutput(Protocol):
    """A function that replaces standard output, and returns an `Output` and the new standard output."""

    def __call__(self, *, terminal: bool, as_json: bool = False, columns: int = 80) -> tuple[Output, Screen]:
        """Replace standard output.

        Args:
            terminal: Whether standard output is a terminal.
            as_json: Whether the output is JSON.
            columns: The width of the terminal.
        """
        ...


@pytest.fixture
def make_output(monkeypatch: pytest.MonkeyPatch) -> MakeOutput:
    """Return a function that replaces standard output."""

    def make_output(*, terminal: bool, as_json: bool = False, columns: int = 80) -> tuple[Output, Screen]:
        screen = Screen(terminal=terminal)
        monkeypatch.setattr("sys.stdout", screen)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("NO_COLOR", "1")
        return Output(as_json=as_json), screen

    return make_output


DIGEST = f"sha256:{'0123456789ab' * 6}"[:71]
FACTS = {"media_type": "text/plain", "size": Size(2048), "tags": ["a", "b"], "signed": True, "expires": None}


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (3 * 1024**3, "3.0 GiB"),
        (5000 * 1024**4, "5000.0 TiB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert str(Size(size)) == text


def test_facts_in_a_pipe(make_output: MakeOutput) -> None:
    output, screen = make_output(terminal=False)
    output.print_facts(FACTS)
    assert screen.read_all() == b"media_type\ttext/plain\nsize\t2048\ntags\ta b\nsigned\tyes\n"


def test_facts_on_a_terminal(make_output: MakeOutput) -> None:
    output, screen = make_output(terminal=True)
    output.print_facts(FACTS)
    lines = [line.split() for line in screen.read_all().decode().splitlines()]
    assert lines == [["media", "type", "text/plain"], ["size", "2.0", "KiB"], ["tags", "a", "b"], ["signed", "yes"]]


@pytest.mark.parametrize("terminal", [True, False])
def test_facts_in_json(make_output: MakeOutput, *, terminal: bool) -> None:
    output, screen = make_output(terminal=terminal, as_json=True)
    output.print_facts({**FACTS, "bad": HOSTILE})
    shown = screen.read_all().decode()
    assert json.loads(shown) == {**FACTS, "bad": HOSTILE}
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


def test_items_in_a_pipe_are_lines_and_in_json_objects(make_output: MakeOutput) -> None:
    items: list[dict[str, Any]] = [{"name": "a", "size": Size(4096)}, {"name": HOSTILE}]
    output, screen = make_output(terminal=False)
    output.print_items(["name", "size"], items)
    assert screen.read_all().decode() == f"a\t4096\n{SHOWN}\t\n"
    output, screen = make_output(terminal=True, as_json=True)
    output.print_items(["name"], items)
    assert [json.loads(line) for line in screen.read_all().splitlines()] == items


def test_items_on_a_terminal_are_a_table_if_there_are_several_columns(make_output: MakeOutput) -> None:
    items: list[dict[str, Any]] = [{"name": "a", "media_type": None}, {"name": HOSTILE, "media_type": "x/y"}]
    output, screen = make_output(terminal=True)
    output.print_items(["name", "media_type"], items)
    header, *rows = screen.read_all().decode().splitlines()
    assert header.split() == ["NAME", "MEDIA", "TYPE"]
    assert len(rows) == 2
    assert rows[1].startswith(SHOWN)
    output, screen = make_output(terminal=True)
    output.print_items(["name"], items)
    assert screen.read_all().decode().splitlines() == ["a", SHOWN]


@pytest.mark.parametrize("terminal", [True, False])
def test_no_items_and_no_rows_print_nothing(make_output: MakeOutput, *, terminal: bool) -> None:
    output, screen = make_output(terminal=terminal)
    output.print_items(["name", "size"], [])
    output.print_rows("layer", ["size"], [])
    assert screen.read_all() == b""


def test_rows_in_a_pipe_begin_with_their_kind(make_output: MakeOutput) -> None:
    output, screen = make_output(terminal=False)
    output.print_rows("layer", ["digest", "size"], [(DIGEST, Size(1)), (None, False)])
    assert screen.read_all().decode() == f"layer\t{DIGEST}\t1\nlayer\t\tno\n"


def test_rows_on_a_terminal_have_a_title_and_whole_digests(make_output: MakeOutput) -> None:
    rows = [(DIGEST, Size(1)), ("none", Size(2))]
    for columns in (100, 40):
        output, screen = make_output(terminal=True, columns=columns)
        output.print_rows("layer", ["digest", "size"], rows)
        assert "layers" in screen.read_all().decode()
        assert DIGEST in screen.read_all().decode()


def test_bytes_are_verbatim_in_a_pipe_and_harmless_on_a_terminal(make_output: MakeOutput) -> None:
    content = b"a\x1b[2Jb\n\xff"
    output, screen = make_output(terminal=False)
    output.print_bytes(content)
    assert screen.read_all() == content
    output, screen = make_output(terminal=True)
    output.print_bytes(content)
    assert screen.read_all().decode() == "a [2Jb\n\ufffd\n"


def test_notes_go_to_stderr(make_output: MakeOutput, capsys: pytest.CaptureFixture[str]) -> None:
    output, screen = make_output(terminal=True)
    output.print_note("one\ntwo")
    assert screen.read_all() == b""
    assert capsys.readouterr().err == "one two\n"


@pytest.mark.parametrize("columns", [1, 30, 80, 86, 87, 88, 89, 90, 120])
def test_a_digest_is_whole_beside_names_and_texts_of_any_width(make_output: MakeOutput, columns: int) -> None:
    output, screen = make_output(terminal=True, columns=columns)
    output.print_facts({"digest": DIGEST, "manifests_pushed": 3, "comment": "long " * 30})
    output.print_rows("layer", ["title", "digest", "media_type"], [("t" * 50, DIGEST, "m" * 90)])
    assert screen.read_all().decode().count(DIGEST) == 2
