"""How long importing the client takes, against importing httpx and attrs alone.

    .venv/bin/python tests/benchmarks/bench_import.py [runs]

Each import is timed inside a fresh interpreter, in CPU time and in turn, so that other load on the machine hardly counts.
Exits with 1 when the median of an import is more than its bar times that of httpx and attrs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median

ALONE = "import httpx, attrs"
BARS = {
    "import docker_registry_sdk; docker_registry_sdk.RegistryClientV2": 1.35,
    "import docker_registry_sdk.v2.api.manifests.get_manifest": 1.25,
    "import docker_registry_sdk.v1.api.registry.get_img_json": 1.25,
    "import docker_registry_sdk.token_auth.api.token.get_token": 1.25,
}
# Without this variable, the first run of each import writes the bytecode, and the others read it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds_to_run(statements: str) -> float:
    """Return the CPU time that a fresh interpreter takes for the statements."""
    code = f"from time import process_time as now; start = now(); {statements}; print(now() - start)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    return float(done.stdout)


def main() -> int:
    """Print the table and return the exit status."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    times: dict[str, list[float]] = {statements: [] for statements in (ALONE, *BARS)}
    for statements in times:
        seconds_to_run(statements)  # writes the bytecode, and warms the file cache
    for _ in range(runs):
        for statements, measured in times.items():
            measured.append(seconds_to_run(statements))
    medians = {statements: median(measured) for statements, measured in times.items()}
    ratios = {statements: medians[statements] / medians[ALONE] for statements in times}
    print(f"{f'{runs} runs each':<66} {'median':>9} {'ratio':>6} {'bar':>6}")
    for statements, ratio in ratios.items():
        bar = f"{BARS[statements]:6.2f}" if statements in BARS else ""
        print(f"{statements:<66} {medians[statements] * 1000:6.1f} ms {ratio:6.2f} {bar}".rstrip())
    return int(any(ratios[statements] > bar for statements, bar in BARS.items()))


if __name__ == "__main__":
    sys.exit(main())
