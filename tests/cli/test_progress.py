"""The progress bar."""

from __future__ import annotations

from pathlib import Path

from docker_registry_sdk._core.blobs.progress import Phase, Progress
from docker_registry_sdk.cli.progress import ProgressTotal
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
        progress_of("copy", "a", 5, 10),
        progress_of("copy", "b", 1, None),
        progress_of("skip", "c", 9, 9),
        progress_of("copy", "a", 2, 10),
    ]
    for progress in reports:
        total.add(progress)
    assert (total.done, total.total) == (3, 11)
    fixed = ProgressTotal(20)
    fixed.add(progress_of("download", "a", 5, 10))
    assert (fixed.done, fixed.total) == (5, 20)
