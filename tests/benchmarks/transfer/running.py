"""Run the tools in turns, each in its own process, and measure their times."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from attrs import Factory, define

from tests.benchmarks.transfer.figures import Series
from tests.benchmarks.transfer.tasks import Task, WrongOutcomeError
from tests.benchmarks.transfer.tools import PEERS, ROOT, Job, Tool

MAX_RUN_SECONDS = 300.0


class FailedRunError(Exception):
    """A run of a tool failed; the message says why."""


@define
class _Times:
    """The times of a tool in seconds: of its processes, and of the calls within them if the tool is a library."""

    process: list[float] = Factory(list)
    calls: list[float] = Factory(list)
    failure: str = ""


def measure(task: Task, runs: int, home: Path) -> list[Series]:
    """Run each tool of a task once to warm up, then `runs` times in turns.

    Args:
        task: The task.
        runs: The number of measured runs of each tool.
        home: An empty folder, which is HOME of the tools.
    """
    times = {tool.name: _Times() for tool in task.tools}
    for number in range(runs + 1):
        for tool in task.tools:
            taken = times[tool.name]
            if taken.failure:
                continue
            try:
                process, call = _once(task, tool, home)
            except (FailedRunError, WrongOutcomeError) as error:
                taken.failure = str(error)
                continue
            if number > 0:
                taken.process.append(process)
                taken.calls.append(call)
    return [one for tool in task.tools for one in _series(task, tool, times[tool.name])]


def _series(task: Task, tool: Tool, taken: _Times) -> Sequence[Series]:
    counted = Series(task.name, tool.name, tuple(taken.calls), taken.failure, supplementary=tool.supplementary)
    if not tool.library or tool.supplementary or taken.failure:
        return [counted]
    return [counted, Series(task.name, f"{tool.name}, whole process", tuple(taken.process), supplementary=True)]


def _once(task: Task, tool: Tool, home: Path) -> tuple[float, float]:
    """Return the seconds of the process, and the seconds to compare: of the call for a library, else of the process."""
    with task.job() as job:
        environment = _environment(job, home)
        command = tool.command(job)
        started = perf_counter()
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=MAX_RUN_SECONDS,
            )
        except FileNotFoundError as error:
            raise FailedRunError(f"{error.filename} is not there; a log in .cache/bench may tell why") from error
        except subprocess.TimeoutExpired as error:
            raise FailedRunError(f"it took longer than {MAX_RUN_SECONDS:.0f} s") from error
        seconds = perf_counter() - started
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip() or "it said nothing"
            raise FailedRunError(f"exit status {done.returncode}, {said.splitlines()[-1]}")
    return seconds, float(done.stdout.split()[-1]) if tool.library else seconds


def _environment(job: Job, home: Path) -> dict[str, str]:
    """Return variables that keep out the user's proxies, credentials and caches."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "XDG_DATA_HOME": str(home),
        "NODE_PATH": str(PEERS / "node" / "node_modules"),
    }
