"""The single-flight locks: a release wakes all waiting threads or tasks, which check whether the work is done."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import pytest

from docker_registry_sdk._core.concurrency.waiting import AsyncSingleFlightLock, SingleFlightLock


def never() -> bool:
    return False


def test_one_thread_at_a_time_holds_the_lock() -> None:
    lock, holders, most = SingleFlightLock(), 0, 0

    def work(_: int) -> None:
        nonlocal holders, most
        assert lock.acquire_unless(never) is True
        holders += 1
        most = max(most, holders)
        holders -= 1
        lock.release()

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(work, range(500)))
    assert (holders, most) == (0, 1)


def test_waiting_threads_return_without_the_lock_when_the_work_is_done() -> None:
    lock, done = SingleFlightLock(), threading.Event()
    assert lock.acquire_unless(never) is True
    with ThreadPoolExecutor(20) as threads:
        waiting = [threads.submit(lock.acquire_unless, done.is_set) for _ in range(20)]
        while len(lock._condition._waiters) < 20:  # type: ignore[attr-defined]
            time.sleep(0.001)
        done.set()
        lock.release()
        assert not any(each.result(5) for each in waiting)
    assert lock.acquire_unless(never) is True


@pytest.mark.anyio
async def test_one_task_at_a_time_holds_the_lock() -> None:
    lock, holders, most = AsyncSingleFlightLock(), 0, 0

    async def work() -> None:
        nonlocal holders, most
        assert await lock.acquire_unless(never) is True
        holders += 1
        most = max(most, holders)
        await asyncio.sleep(0)
        holders -= 1
        lock.release()

    await asyncio.gather(*[work() for _ in range(100)])
    assert (holders, most) == (0, 1)


@pytest.mark.anyio
async def test_a_release_wakes_a_thousand_waiting_tasks_at_once() -> None:
    lock, done, turns = AsyncSingleFlightLock(), False, 0
    assert await lock.acquire_unless(never) is True
    waiting = [asyncio.create_task(lock.acquire_unless(lambda: done), context=Context()) for _ in range(1000)]
    await asyncio.sleep(0)
    done = True
    lock.release()
    while not all(each.done() for each in waiting):
        await asyncio.sleep(0)
        turns += 1
    assert not any(each.result() for each in waiting)
    assert turns < 5
    assert await lock.acquire_unless(never) is True


@pytest.mark.anyio
async def test_a_task_that_is_cancelled_while_it_waits_does_not_hold_the_lock() -> None:
    lock = AsyncSingleFlightLock()
    await lock.acquire_unless(never)
    waiting = asyncio.create_task(lock.acquire_unless(never), context=Context())  # not a task of the holder
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    lock.release()
    assert await lock.acquire_unless(never) is True


@pytest.mark.anyio
async def test_a_call_of_the_holder_does_not_wait() -> None:
    lock = AsyncSingleFlightLock()
    await lock.acquire_unless(never)
    assert await lock.acquire_unless(never) is True
    assert await asyncio.create_task(lock.acquire_unless(never)) is True
    other = asyncio.create_task(lock.acquire_unless(never), context=Context())
    for _ in range(3):
        await asyncio.sleep(0)
        assert not other.done()
        lock.release()
    assert await other is True


def test_a_call_of_the_holding_thread_does_not_wait() -> None:
    lock = SingleFlightLock()
    assert lock.acquire_unless(never) is True
    assert lock.acquire_unless(never, 0) is True
    lock.release()
    with pytest.raises(TimeoutError):
        Context().run(lock.acquire_unless, never, 0.01)  # as another thread
    lock.release()
    assert Context().run(lock.acquire_unless, never, 0.01) is True
