"""Jobs that run concurrently in threads and in tasks: limit, order of results, failure, cancellation and Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from docker_registry_sdk._core.concurrency.gather import async_gather, gather
from docker_registry_sdk._core.concurrency.waiting import CancelFlag, sleep


class JobCounter:
    """Jobs that count how many of them run at the same time."""

    def __init__(self) -> None:
        self.most = self.now = self.done = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def end(self) -> None:
        with self._lock:
            self.now -= 1
            self.done += 1

    def job(self, number: int) -> int:
        self.start()
        time.sleep(0.01)
        self.end()
        return number

    async def async_job(self, number: int) -> int:
        self.start()
        await asyncio.sleep(0.01)
        self.end()
        return number


def test_threads_are_bounded_and_results_are_in_order() -> None:
    counter = JobCounter()
    assert gather([partial(counter.job, number) for number in range(20)], 4, CancelFlag()) == list(range(20))
    assert counter.most == 4 and counter.now == 0


@pytest.mark.anyio
async def test_tasks_are_bounded_and_results_are_in_order() -> None:
    counter = JobCounter()
    assert await async_gather([partial(counter.async_job, number) for number in range(20)], 4, CancelFlag()) == list(range(20))
    assert counter.most == 4 and counter.now == 0


@pytest.mark.anyio
async def test_no_jobs_give_no_results() -> None:
    assert gather([], 4, CancelFlag()) == []
    assert await async_gather([], 4, CancelFlag()) == []


def test_the_first_failure_in_a_thread_ends_the_other_jobs() -> None:
    cancel = CancelFlag()
    ended = threading.Event()

    def fail() -> int:
        raise ValueError("first")

    def run_until_cancelled() -> int:
        try:
            for _ in range(1000):
                cancel.check()
                time.sleep(0.01)
        finally:
            ended.set()
        return 0

    counter = JobCounter()
    jobs: list[Callable[[], int]] = [run_until_cancelled, fail, *[partial(counter.job, number) for number in range(100)]]
    with pytest.raises(ValueError, match="first"):
        gather(jobs, 2, cancel)
    assert ended.is_set() and counter.done < 100


def test_a_job_that_waits_to_repeat_a_request_ends_at_once_after_a_failure() -> None:
    waits, repeated = threading.Event(), []

    def wait_and_repeat() -> None:
        waits.set()
        sleep(3600)
        repeated.append(True)

    def fail() -> None:
        assert waits.wait(60)
        raise LookupError

    with pytest.raises(LookupError):
        gather([wait_and_repeat, fail], 2, CancelFlag())
    assert repeated == []


@pytest.mark.anyio
async def test_the_first_failure_in_a_task_cancels_the_others() -> None:
    ended = []

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("first")

    async def run_until_cancelled() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(True)
            raise

    with pytest.raises(ValueError, match="first"):
        await async_gather([run_until_cancelled, run_until_cancelled, fail], 3, CancelFlag())
    assert ended == [True, True]


@pytest.mark.anyio
async def test_cancelling_the_waiting_task_cancels_all_jobs() -> None:
    ended = []

    async def run_until_cancelled() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    task = asyncio.ensure_future(async_gather([run_until_cancelled, run_until_cancelled], 2, CancelFlag()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True, True]


def test_ctrl_c_ends_all_jobs_before_it_is_raised() -> None:
    cancel = CancelFlag()
    started = threading.Barrier(3, timeout=5)
    ended = []

    def run_until_cancelled() -> None:
        started.wait()
        try:
            for _ in range(1000):
                cancel.check()
                time.sleep(0.01)
        finally:
            ended.append(True)

    def interrupt() -> None:
        started.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        gather([run_until_cancelled, run_until_cancelled], 2, cancel)
    assert ended == [True, True]


def test_ctrl_c_while_a_thread_starts_waits_for_the_job_of_that_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    cancel = CancelFlag()
    running = threading.Event()
    ended = []

    def run_until_cancelled() -> None:
        running.set()
        try:
            for _ in range(1000):
                cancel.check()
                time.sleep(0.01)
        finally:
            time.sleep(0.05)
            ended.append(True)

    start = threading.Thread.start

    def start_and_interrupt(thread: threading.Thread) -> None:
        start(thread)
        assert running.wait(5)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        gather([run_until_cancelled, run_until_cancelled], 2, cancel)
    assert ended == [True]


@pytest.mark.parametrize("limit", [1, 3])
def test_a_job_that_cancels_its_own_task_is_not_missing_from_the_results(limit: int) -> None:
    """A progress callback may do so. A task group of anyio takes such a task for one that has ended."""

    async def succeed() -> int:
        return 1

    async def cancel() -> int:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        return 2

    async def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            await async_gather([succeed, cancel, succeed], limit, CancelFlag())

    asyncio.run(run())
