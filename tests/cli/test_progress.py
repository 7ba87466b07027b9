"""The progress bar."""

from __future__ import annotations

import io
from pathlib import Path

import click
import pytest

from docker_registry_sdk._core.blobs.progress import Phase, Progress
from docker_registry_sdk.cli.options import Verbosity
from docker_registry_sdk.cli.progress import ProgressTotal, progress_bar
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


def progress_of(phase: Phase, digest: str, done: int, total: int | None) -> Progress:
    return Progress(phase=phase, digest=digest, bytes=done, total=total)


def test_the_sum_of_the_progress_of_blobs() -> None:
    total = ProgressTotal(None)
    reports = [
        progress_of("move", "a", 5, 10),
        progress_of("move", "b", 1, None),
        progress_of("skip", "c", 9, 9),
        progress_of("move", "a", 2, 10),
    ]
    for progress in reports:
        total.add(progress)
    assert (total.done, total.total) == (3, 11)
    fixed = ProgressTotal(20)
    fixed.add(progress_of("download", "a", 5, 10))
    assert (fixed.done, fixed.total) == (5, 20)


class Screen(io.StringIO):
    """Standard error that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def show_progress(monkeypatch: pytest.MonkeyPatch, *, verbose: bool = False, total: int | None = None, **env: str) -> str | None:
    """Return the text that a progress bar writes during the download of two blobs; None if no bar is shown."""
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "", **env}.items():
        monkeypatch.setenv(name, value)
    verbosity = Verbosity()
    verbosity.verbose = verbose
    command = click.Command("pull")
    with click.Context(command, obj=verbosity), progress_bar("pull", total) as on_progress:
        if on_progress is None:
            return None
        on_progress(progress_of("download", "a", 1 << 20, 2 << 20))
        on_progress(progress_of("download", "b", 2 << 20, 2 << 20))
    return screen.getvalue()


def test_the_bar_shows_the_sum_of_all_blobs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show_progress(monkeypatch)
    assert shown is not None
    assert "pull" in shown
    assert "3.0/4.0 MiB" in shown
    with_total = show_progress(monkeypatch, total=8 << 20)
    assert with_total is not None
    assert "3.0/8.0 MiB" in with_total


def test_the_bar_has_no_colours_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show_progress(monkeypatch, NO_COLOR="1")
    assert shown is not None
    assert "\x1b[3" not in shown and "\x1b[1;3" not in shown


def test_no_bar_with_v_or_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show_progress(monkeypatch, verbose=True) is None
    assert show_progress(monkeypatch, TERM="dumb") is None
