"""The locks: whoever waits looks again when they are released, and all of them at once."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from docker_registry_sdk._core.concurrency.locks import TaskLock, ThreadLock


def never() -> bool:
    return False


def test_threads_enter_one_by_one() -> None:
    lock, inside, most = ThreadLock(), 0, 0

    def work(_: int) -> None:
        nonlocal inside, most
        assert lock.enter(never) is False
        inside += 1
        most = max(most, inside)
        inside -= 1
        lock.release()

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(work, range(500)))
    assert (inside, most) == (0, 1)


def test_waiting_threads_turn_away_when_there_is_no_need_any_more() -> None:
    lock, done = ThreadLock(), threading.Event()
    assert lock.enter(never) is False
    with ThreadPoolExecutor(20) as threads:
        waiting = [threads.submit(lock.enter, done.is_set) for _ in range(20)]
        while len(lock._condition._waiters) < 20:  # type: ignore[attr-defined]
            time.sleep(0.001)
        done.set()
        lock.release()
        assert all(each.result(5) for each in waiting)
    assert lock.enter(never) is False


@pytest.mark.anyio
async def test_tasks_enter_one_by_one() -> None:
    lock, inside, most = TaskLock(), 0, 0

    async def work() -> None:
        nonlocal inside, most
        assert await lock.enter(never) is False
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        lock.release()

    await asyncio.gather(*[work() for _ in range(100)])
    assert (inside, most) == (0, 1)


@pytest.mark.anyio
async def test_a_thousand_waiting_tasks_turn_away_at_once() -> None:
    lock, done, turns = TaskLock(), False, 0
    assert await lock.enter(never) is False
    waiting = [asyncio.create_task(lock.enter(lambda: done)) for _ in range(1000)]
    await asyncio.sleep(0)
    done = True
    lock.release()
    while not all(each.done() for each in waiting):
        await asyncio.sleep(0)
        turns += 1
    assert all(each.result() for each in waiting)
    assert turns < 5
    assert await lock.enter(never) is False


@pytest.mark.anyio
async def test_a_task_that_is_called_off_while_it_waits_holds_nothing() -> None:
    lock = TaskLock()
    await lock.enter(never)
    waiting = asyncio.create_task(lock.enter(never))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    lock.release()
    assert await lock.enter(never) is False
