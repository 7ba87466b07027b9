"""The progress bar."""

from __future__ import annotations

import io
from pathlib import Path

import click
import pytest

from docker_registry_sdk._core.blobs.progress import Progress
from docker_registry_sdk.cli.options import Verbosity
from docker_registry_sdk.cli.progress import progress_bar
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow
from tests.cli.conftest import BIG_LAYER
from tests.cli.runner import run_in_terminal, run_program
from tests.support.images import digest_of


def test_the_bar_is_shown_on_a_terminal_only(big_image: str, embedded_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    slow = Fault(Slow(20_000_000), operation="create_blob_read_stream", times=None)
    embedded_registry.faults.add(slow)
    done = run_in_terminal("copy", big_image, f"oci:{tmp_path}/one:a", columns=60)
    assert done.code == 0, done
    assert "/4.0 MiB" in done.text
    assert "bytes moved" in done.text
    layer = f"{embedded_registry.host}/big@{digest_of(BIG_LAYER)}"
    assert "/4.0 MiB" in run_in_terminal("blob", layer, "-o", str(tmp_path / "blob")).text
    embedded_registry.faults.clear()
    quiet = run_program("copy", big_image, f"oci:{tmp_path}/three:a")
    assert (quiet.code, quiet.err) == (0, "")


class Screen(io.StringIO):
    """Standard error that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def show_progress(
    monkeypatch: pytest.MonkeyPatch, *reports: tuple[int, int | None], copy: bool = True, verbose: bool = False, **env: str
) -> str | None:
    """Return the text that a progress bar of a copy or a blob writes for reports of bytes and total bytes; None without a bar."""
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "", **env}.items():
        monkeypatch.setenv(name, value)
    verbosity = Verbosity()
    verbosity.verbose = verbose
    command = click.Command("pull")
    with click.Context(command, obj=verbosity), progress_bar("pull") as on_progress:
        if on_progress is None:
            return None
        for done, total in reports or [(3 << 20, 4 << 20)]:
            if copy:
                overall = {"overall_bytes": done, "overall_total": total}
                on_progress(Progress(phase="move", digest="a", bytes=1, total=2, **overall))
            else:
                on_progress(Progress(phase="download", digest="a", bytes=done, total=total))
    return screen.getvalue()


def test_the_bar_shows_the_bytes_of_all_blobs_of_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show_progress(monkeypatch, (1 << 20, 4 << 20), (3 << 20, 4 << 20))
    assert shown is not None
    assert "pull" in shown
    assert "3.0/4.0 MiB" in shown
    without_total = show_progress(monkeypatch, (3 << 20, None))
    assert without_total is not None
    assert "3.0/? MiB" in without_total


def test_the_bar_shows_the_bytes_of_a_blob(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show_progress(monkeypatch, (3 << 20, 4 << 20), (1 << 20, 4 << 20), copy=False)
    assert shown is not None
    assert "1.0/4.0 MiB" in shown


def test_the_bar_has_no_colours_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show_progress(monkeypatch, NO_COLOR="1")
    assert shown is not None
    assert "\x1b[3" not in shown and "\x1b[1;3" not in shown


def test_no_bar_with_v_or_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show_progress(monkeypatch, verbose=True) is None
    assert show_progress(monkeypatch, TERM="dumb") is None
