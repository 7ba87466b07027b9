"""How long `docker-registry-sdk --help` takes, against `python -c "import httpx"`.

    .venv/bin/python tests/benchmarks/bench_cli.py [runs]

The processes run in turn and are measured in CPU time from start to end, so that other load on the machine
does not count. Exits with 1 when the median of one is more than its bar times that of importing httpx.
"""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median

BAR = 1.6
HTTPX = [sys.executable, "-c", "import httpx"]
PROGRAM = [sys.executable, "-m", "docker_registry_sdk"]
COMMANDS = {
    "--help": [*PROGRAM, "--help"],
    "tags --help": [*PROGRAM, "tags", "--help"],
    "api v2 --help": [*PROGRAM, "api", "v2", "--help"],
    "parse alpine": [*PROGRAM, "parse", "alpine"],
    "a mistake": [*PROGRAM, "tags", "alpine", "--no-such-option"],
}


def seconds_to_run(command: list[str]) -> float:
    """Return the CPU time that a process takes from its start to its end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Print the table and return the exit status."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    commands = {'python -c "import httpx"': HTTPX, **COMMANDS}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds_to_run(command)  # writes the bytecode, and warms the file cache
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds_to_run(command))
    alone = median(next(iter(times.values())))
    print(f"{'command':<28} {'median':>9} {'ratio':>6}   (bar {BAR}, {runs} runs each)")
    for name in commands:
        print(f"{name:<28} {median(times[name]) * 1000:6.1f} ms {median(times[name]) / alone:6.2f}")
    return int(any(median(times[name]) > BAR * alone for name in COMMANDS))


if __name__ == "__main__":
    sys.exit(main())
