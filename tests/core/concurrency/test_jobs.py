"""Doing several things at once, in threads and in tasks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from docker_registry_sdk._core.concurrency.jobs import Halt, async_run_all, run_all


class Crowd:
    """Jobs that know how many of them run at once."""

    def __init__(self) -> None:
        self.most = self.now = self.done = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def leave(self) -> None:
        with self._lock:
            self.now -= 1
            self.done += 1

    def work(self, number: int) -> int:
        self.enter()
        time.sleep(0.01)
        self.leave()
        return number

    async def async_work(self, number: int) -> int:
        self.enter()
        await asyncio.sleep(0.01)
        self.leave()
        return number


def test_threads_are_bounded_and_results_are_in_order() -> None:
    crowd = Crowd()
    assert run_all([partial(crowd.work, number) for number in range(20)], 4, Halt()) == list(range(20))
    assert crowd.most == 4 and crowd.now == 0


@pytest.mark.anyio
async def test_tasks_are_bounded_and_results_are_in_order() -> None:
    crowd = Crowd()
    assert await async_run_all([partial(crowd.async_work, number) for number in range(20)], 4, Halt()) == list(range(20))
    assert crowd.most == 4 and crowd.now == 0


@pytest.mark.anyio
async def test_nothing_to_do_is_done_at_once() -> None:
    assert run_all([], 4, Halt()) == []
    assert await async_run_all([], 4, Halt()) == []


def test_the_first_failure_of_a_thread_ends_the_others() -> None:
    halt = Halt()
    ended = threading.Event()

    def fail() -> int:
        raise ValueError("first")

    def go_on() -> int:
        try:
            for _ in range(1000):
                halt.check()
                time.sleep(0.01)
        finally:
            ended.set()
        return 0

    crowd = Crowd()
    jobs: list[Callable[[], int]] = [go_on, fail, *[partial(crowd.work, number) for number in range(100)]]
    with pytest.raises(ValueError, match="first"):
        run_all(jobs, 2, halt)
    assert ended.is_set() and crowd.done < 100


@pytest.mark.anyio
async def test_the_first_failure_of_a_task_cancels_the_others() -> None:
    ended = []

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("first")

    async def go_on() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(True)
            raise

    with pytest.raises(ValueError, match="first"):
        await async_run_all([go_on, go_on, fail], 3, Halt())
    assert ended == [True, True]


@pytest.mark.anyio
async def test_tasks_are_cancelled_with_the_one_that_waits_for_them() -> None:
    ended = []

    async def go_on() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    task = asyncio.ensure_future(async_run_all([go_on, go_on], 2, Halt()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True, True]


def test_ctrl_c_ends_threads() -> None:
    import signal

    halt = Halt()
    begun = threading.Barrier(3, timeout=5)
    ended = []

    def go_on() -> None:
        begun.wait()
        try:
            for _ in range(1000):
                halt.check()
                time.sleep(0.01)
        finally:
            ended.append(True)

    def interrupt() -> None:
        begun.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run_all([go_on, go_on], 2, halt)
    for _ in range(500):  # one that was just starting is not waited for, but ends as well, and long before its loop
        if len(ended) == 2:
            break
        time.sleep(0.01)
    assert ended == [True, True]
