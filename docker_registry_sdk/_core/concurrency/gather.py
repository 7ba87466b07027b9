"""Run jobs concurrently, in threads or in tasks, with a limit; the first failure cancels the rest."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Final, TypeVar

from .waiting import CancelFlag, cancel_of_job

T = TypeVar("T")

DEFAULT_CONCURRENCY: Final = 6
"""The number of blobs and manifests that are transferred at the same time."""


def gather(jobs: Sequence[Callable[[], T]], limit: int, cancel: CancelFlag) -> list[T]:
    """Call functions in threads, and return their results in the order of the functions.

    After the first failure, or Ctrl-C, `gather` sets `cancel`: no further function is called, and a running function ends when it
    calls `cancel.check()`. `gather` waits until all running functions have ended, and then raises the exception of the first
    failure. A job that waits to repeat a request ends at once. If `jobs` contains only one function, it is called in the current
    thread. Each function sees the context variables of the caller, such as the current span of OpenTelemetry.

    Args:
        jobs: The functions.
        limit: The maximum number of functions that run at the same time.
        cancel: The flag that each function should check repeatedly, so that it ends soon after another function has failed.
    """
    if len(jobs) < 2:
        return [job() for job in jobs]

    failures: list[BaseException] = []  # in the order in which they happened
    running = 0
    changed = threading.Condition()

    def run(job: Callable[[], T]) -> T:
        nonlocal running
        with changed:
            cancel.check()
            running += 1
        cancel_of_job.set(cancel)
        try:
            return job()
        except BaseException as error:
            failures.append(error)
            cancel.set()  # at once: this thread may take the next job before the waiting thread runs
            raise
        finally:
            with changed:
                running -= 1
                changed.notify_all()

    with ThreadPoolExecutor(min(limit, len(jobs)), thread_name_prefix="docker_registry_sdk-gather") as executor:
        futures = []
        try:
            for job in jobs:
                futures.append(executor.submit(copy_context().run, run, job))
            wait(futures, return_when=FIRST_EXCEPTION)
            if failures:
                raise failures[0]
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            with changed:
                cancel.set()
                # The executor does not wait for a thread whose start Ctrl-C interrupted.
                changed.wait_for(lambda: not running)
            raise


async def async_gather(jobs: Sequence[Callable[[], Awaitable[T]]], limit: int, cancel: CancelFlag) -> list[T]:
    """Call async functions in tasks, and return their results in the order of the functions.

    After the first failure, the other tasks are cancelled. The exception of that failure is raised when all tasks have ended.
    If a job cancels the task that it runs in, `asyncio.CancelledError` is raised.

    Args:
        jobs: The functions.
        limit: The maximum number of functions that run at the same time.
        cancel: Not used; the sync counterpart needs the flag, since threads, unlike tasks, cannot be cancelled.
    """
    from asyncio import CancelledError

    from anyio import create_task_group  # imported late, since sync code needs no event loop

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

        for _ in range(min(limit, len(jobs))):
            tasks.start_soon(work)
    if failures:
        raise failures[0]
    if len(results) < len(jobs):  # a function called by a job has cancelled its task, which the task group does not report
        raise CancelledError
    return [results[number] for number in range(len(jobs))]
