"""Run the parsers with generated input for some time: `python -m tests.fuzz.run SECONDS [TARGET ...]`."""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings

import docker_registry_sdk
from tests.fuzz.targets import TARGETS, Target

PACKAGE = str(Path(docker_registry_sdk.__file__).parent / "*")
EXAMPLES_PER_RUN = 50
# The memory that one input of a few KiB may need, and the memory that may still be in use after all inputs, as in caches.
MAX_PEAK_BYTES = 32 * 1024 * 1024
MAX_GROWTH_BYTES = 1024 * 1024


def check(target: Target, value: Any) -> None:
    """Parse one input; raise an exception if the parser raises one that is not documented, or needs too much memory.

    Args:
        target: The parser.
        value: The input.
    """
    if tracemalloc.is_tracing():
        tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    with suppress(*target.allowed):
        target.run(value)
    peak = tracemalloc.get_traced_memory()[1] - before
    assert peak < MAX_PEAK_BYTES, f"the parser needed {peak} bytes for an input of {len(value)}"


def examples_of(target: Target, number: int, count: int) -> Callable[[], None]:
    """Return a function that checks some inputs of a parser.

    Args:
        target: The parser.
        number: The seed of the random inputs.
        count: The number of inputs.
    """

    @seed(number)
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(target.inputs)
    def run(value: Any) -> None:
        check(target, value)

    return run


def _held_bytes() -> int:
    """Return the number of bytes that objects need which the package has made."""
    gc.collect()
    snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, PACKAGE)])
    return sum(trace.size for trace in snapshot.traces)


def main(arguments: list[str]) -> None:
    """Run all parsers, or those that are named, for some seconds in all.

    Args:
        arguments: The seconds, and the names of the parsers; all parsers if none is named.
    """
    seconds, names = float(arguments[0]), arguments[1:] or list(TARGETS)
    tracemalloc.start()
    for name in names:
        end = time.monotonic() + seconds / len(names)
        number = first = random.randrange(2**32)
        held = None
        while number == first or time.monotonic() < end:
            print(f"{name}, seed {number}", flush=True)
            examples_of(TARGETS[name], number, EXAMPLES_PER_RUN)()
            held = _held_bytes() if held is None else held
            number += 1
        growth = _held_bytes() - (held or 0)
        if growth > MAX_GROWTH_BYTES:
            raise SystemExit(f"{name}: {growth} bytes are still in use after {number - first} runs")
    print("no parser raised an undocumented exception")


if __name__ == "__main__":
    main(sys.argv[1:])
