"""How long importing one endpoint takes, against importing httpx and attrs alone.

    .venv/bin/python tests/benchmarks/bench_import.py [runs]

Each import is timed inside a fresh interpreter, in CPU time and in turn, so that other load on the machine does not
count. Exits with 1 when the median of an endpoint is more than BAR times that of httpx and attrs.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median

BAR = 1.25
ALONE = "httpx, attrs"
ENDPOINTS = (
    "docker_registry_sdk.v2.api.manifests.get_manifest",
    "docker_registry_sdk.v1.api.registry.get_img_json",
    "docker_registry_sdk.token_auth.api.token.get_token",
)


def seconds_to_import(names: str) -> float:
    """Return the CPU time that a fresh interpreter takes for the import."""
    code = f"from time import process_time as now; start = now(); import {names}; print(now() - start)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    """Print the table and return the exit status."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    names = (ALONE, *ENDPOINTS)
    times: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        seconds_to_import(name)  # writes the bytecode, and warms the file cache
    for _ in range(runs):
        for name in names:
            times[name].append(seconds_to_import(name))
    alone = median(times[ALONE])
    print(f"{'import':<52} {'median':>9} {'ratio':>6}   (bar {BAR}, {runs} runs each)")
    for name in names:
        print(f"{name:<52} {median(times[name]) * 1000:6.1f} ms {median(times[name]) / alone:6.2f}")
    return int(any(median(times[name]) > BAR * alone for name in ENDPOINTS))


if __name__ == "__main__":
    sys.exit(main())
