"""Reads by 100 threads and by 1,000 tasks that share a client, while requests fail and tokens are revoked.

    .venv/bin/python tests/benchmarks/bench_soak.py [calls]

Exits with 1 when an error surfaced, a request went out without its scope, or a connection was left.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

from tests.soak.soaking import Outcome, running_registry, soak_tasks, soak_threads


def show(name: str, outcome: Outcome) -> bool:
    """Print a line of the table and return whether all was well."""
    simulated = outcome.simulated
    print(
        f"{name:<12} {outcome.calls:>8} {simulated.requests:>9} {simulated.failures:>7} {outcome.revoked:>8} {outcome.tokens:>7} "
        f"{len(outcome.errors):>7} {len(simulated.without_scope):>10} {outcome.busy:>5} {outcome.left:>5}"
    )
    for words, count in Counter(f"{type(error).__name__}: {error}"[:200] for error in outcome.errors).most_common(5):
        print(f"    {count} x {words}")
    return not outcome.errors and not simulated.without_scope and not outcome.busy and not outcome.left


def main() -> int:
    """Print the table and return the exit status."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 15_000
    print(f"{'':<12} {'calls':>8} {'requests':>9} {'failed':>7} {'revoked':>8} {'tokens':>7} ", end="")
    print(f"{'errors':>7} {'unscoped':>10} {'busy':>5} {'left':>5}")
    with running_registry() as registry:
        well = show("100 threads", soak_threads(registry, calls))
        well = show("1000 tasks", asyncio.run(soak_tasks(registry, calls))) and well
    return int(not well)


if __name__ == "__main__":
    sys.exit(main())
