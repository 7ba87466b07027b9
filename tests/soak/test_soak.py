"""A short soak; tests/benchmarks/bench_soak.py has a long one."""

from __future__ import annotations

import sys

import pytest

from tests.soak.soaking import Outcome, running_registry, soak_tasks, soak_threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server's connections are counted in /proc")
CALLS = 600


def check(outcome: Outcome) -> None:
    assert outcome.errors == []
    assert outcome.simulated.without_scope == []
    assert (outcome.busy, outcome.left) == (0, 0)
    assert outcome.calls >= CALLS
    assert outcome.simulated.failures > outcome.simulated.requests * 0.02
    assert outcome.revoked >= 2


def test_a_hundred_threads_share_a_client() -> None:
    with running_registry() as registry:
        check(soak_threads(registry, CALLS))


@pytest.mark.anyio
async def test_a_thousand_tasks_share_a_client() -> None:
    with running_registry() as registry:
        check(await soak_tasks(registry, CALLS))
