"""Doing several things at once, in threads or in tasks: at most so many at a time, and all end with the first that fails."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


class Halt:
    """Tells threads to end, since none can be called off from outside."""

    def __init__(self) -> None:
        self._halted = threading.Event()

    def order(self) -> None:
        """Let whoever checks end."""
        self._halted.set()

    def check(self) -> None:
        """Raise when it is time to end."""
        if self._halted.is_set():
            raise _HaltedError


class _HaltedError(Exception):
    """Another job failed, or the whole was called off: never seen outside, since that is what is raised there."""


def run_all(jobs: Sequence[Callable[[], T]], most: int, halt: Halt) -> list[T]:
    """Do the jobs in threads, and return what they return, in their order.

    When one fails, or Ctrl-C is pressed, no further one begins, those under way end at their next `halt.check()`, and it returns
    when they have.

    Args:
        jobs: What to do.
        most: How many at once.
        halt: What the jobs check.
    """
    if len(jobs) < 2:
        return [job() for job in jobs]

    failures: list[BaseException] = []  # in the order in which they happened

    def run(job: Callable[[], T]) -> T:
        try:
            halt.check()
            return job()
        except BaseException as error:
            failures.append(error)
            raise

    with ThreadPoolExecutor(min(most, len(jobs)), thread_name_prefix="copy") as threads:
        futures = []
        try:
            for job in jobs:
                futures.append(threads.submit(run, job))
            wait(futures, return_when=FIRST_EXCEPTION)
            if failures:
                raise failures[0]
            return [future.result() for future in futures]
        except BaseException:
            halt.order()
            for future in futures:
                future.cancel()
            raise


async def async_run_all(jobs: Sequence[Callable[[], Awaitable[T]]], most: int, halt: Halt) -> list[T]:
    """Do the jobs in tasks, and return what they return, in their order.

    When one fails, the others are cancelled, and it returns when they have ended.

    Args:
        jobs: What to do.
        most: How many at once.
        halt: Not needed: tasks can be cancelled.
    """
    from anyio import create_task_group  # sync code needs no event loop

    waiting = iter(enumerate(jobs))
    results: dict[int, T] = {}
    failures: list[Exception] = []
    async with create_task_group() as tasks:

        async def work() -> None:
            try:
                for number, job in waiting:
                    results[number] = await job()
            except Exception as error:
                failures.append(error)
                tasks.cancel_scope.cancel()

        for _ in range(min(most, len(jobs))):
            tasks.start_soon(work)
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(jobs))]
