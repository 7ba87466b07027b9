"""How long our transfers take, against curl, skopeo and other clients; run it as scripts/bench, which tells of its options.

All tools talk to Debian's docker-registry over loopback and plain http, and take turns. Each run is a process of its own, and
each outcome is verified before the next run, outside of the time taken.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.transfer.figures import BARS, Series, checks, rows, table, verdicts
from tests.benchmarks.transfer.running import measure
from tests.benchmarks.transfer.tasks import Copy, Download, Task, Upload
from tests.support.docker_registry import run_docker_registry

_MEMORY_DISK = Path("/dev/shm")
_NEEDED = 4 * 1024**3
_RULE = """\
What is timed: libraries (ours, oras, dxf, node) are called, and timed from the call to its return in a process that has
imported them; a client is made and closed within. Programs (curl, skopeo, oras-go) are started, and timed from their start
to their end. The whole processes of the libraries take no part in the comparison."""


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Compare transfers with curl, skopeo and other clients.")
    parser.add_argument("--runs", type=int, default=7, help="how often each tool runs, after one run to warm up (%(default)s)")
    parser.add_argument("--task", choices=list(BARS), help="run only this task")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows of {task, tool, median_s, runs, error}")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar was missed")
    chosen = parser.parse_args()
    if chosen.runs < 1:
        parser.error("--runs must be at least 1")
    return chosen


def storage() -> Path | None:
    """Return a folder in memory when there is room, so that no tool waits for the disk; else None, for the usual one."""
    if not _MEMORY_DISK.is_dir() or not os.access(_MEMORY_DISK, os.W_OK):
        return None
    return _MEMORY_DISK if shutil.disk_usage(_MEMORY_DISK).free >= _NEEDED else None


def run(task: str, runs: int) -> tuple[list[Series], str]:
    """Run a task in a folder and with registries of its own; return what was measured and what each tool does."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=storage())))
        source, target = (stack.enter_context(run_docker_registry(folder / name)) for name in ("source", "target"))
        home = folder / "home"
        home.mkdir()
        made: dict[str, Callable[[], Task]] = {
            "download": lambda: Download(source, folder),
            "upload": lambda: Upload(target, folder),
            "copy": lambda: Copy(source, target, folder, home),
        }
        started = made[task]()
        measured = measure(started, runs, home)
    return measured, "\n".join(f"  {task}, {tool.name}: {tool.does}" for tool in started.tools)


def setting() -> str:
    """Return what the figures were taken with."""
    said = [_first_line("docker-registry", "--version"), _first_line("curl", "--version"), _first_line("skopeo", "--version")]
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    where = storage() or tempfile.gettempdir()
    return "; ".join(
        (*said, f"Node {_first_line('node', '--version')}", f"Python {platform.python_version()}", load, f"storage in {where}")
    )


def _first_line(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return f"no {command[0]}"
    said = subprocess.run(command, capture_output=True, text=True).stdout.splitlines() or ["?"]
    return " ".join(word for word in said[0].split()[:3] if not word.startswith("("))


def main() -> int:
    """Print the table and return the exit status."""
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers end and no folder stays in memory
    print(setting(), flush=True)
    print(f"{chosen.runs} runs of each tool in turns after one to warm up")
    measured: list[Series] = []
    notes: list[str] = []
    for task in [chosen.task] if chosen.task else list(BARS):
        series, note = run(task, chosen.runs)
        measured += series
        notes.append(note)
    found = checks(measured)
    print(f"\n{table(measured)}\n\n{_RULE}\n\n{verdicts(found)}\n\nWhat each does:\n" + "\n".join(notes))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows(measured), indent=2) + "\n", encoding="utf-8")
    return int(chosen.check and not all(one.met for one in found))


if __name__ == "__main__":
    sys.exit(main())
