"""Run blocking work, and finish work in spite of cancellation.

Async code runs blocking work in a worker thread. Sync code runs it in place: a thread cannot be cancelled from outside.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

# How long a cancelled task may go on with its cleanup, such as cancelling an upload session at the registry.
MAX_SHIELDED_SECONDS = 10.0


def run_in_thread(work: Callable[[], T], on_cancel: Callable[[], object] | None = None) -> T:
    """Call a blocking function and return its result.

    Args:
        work: The function.
        on_cancel: Not called: sync code is not cancelled.
    """
    return work()


async def async_run_in_thread(work: Callable[[], T], on_cancel: Callable[[], object] | None = None) -> T:
    """Call a blocking function in a worker thread and return its result.

    When the task is cancelled, the thread is abandoned: the function runs to its end, and its result is dropped.

    Args:
        work: The function.
        on_cancel: Called when the task is cancelled, so that the function in the thread ends soon.
    """
    from anyio import get_cancelled_exc_class  # imported late, since sync code needs no event loop
    from anyio.to_thread import run_sync

    try:
        return await run_sync(work, abandon_on_cancel=True)
    except get_cancelled_exc_class():
        if on_cancel is not None:
            on_cancel()
        raise


def run_in_thread_uncancellable(work: Callable[[], T]) -> T:
    """Call a blocking function and return its result.

    Args:
        work: The function.
    """
    return work()


async def async_run_in_thread_uncancellable(work: Callable[[], T]) -> T:
    """Call a blocking function in a worker thread and return its result.

    When the task is cancelled, the cancellation waits for the function to end. So the function must be short.

    Args:
        work: The function.
    """
    from anyio.to_thread import run_sync

    return await run_sync(work)


@contextmanager
def shielded() -> Iterator[None]:
    """Run the block as usual: sync code is not cancelled."""
    yield


@asynccontextmanager
async def async_shielded() -> AsyncIterator[None]:
    """Run the block also in a cancelled task, for at most `MAX_SHIELDED_SECONDS`."""
    from anyio import move_on_after

    with move_on_after(MAX_SHIELDED_SECONDS, shield=True):
        yield


def complete_despite_cancel(work: Callable[[], T], keep: Callable[[T], None]) -> T:
    """Call a function and `keep` with its result; Ctrl-C in between is raised when both have returned.

    For functions that open something which only the caller of `keep` can close.

    Args:
        work: The function.
        keep: Stores the result where the caller finds it for closing.
    """

    def work_and_keep() -> T:
        result = work()
        keep(result)
        return result

    if threading.current_thread() is not threading.main_thread():  # Ctrl-C is raised in the main thread only
        return work_and_keep()
    from concurrent.futures import ThreadPoolExecutor

    # Ctrl-C interrupts result(), and leaving the block waits again for the thread.
    with ThreadPoolExecutor(1) as executor:
        # Leaving the block does not wait for a thread whose start was interrupted: start it before there is work.
        executor.submit(bool).result()
        return executor.submit(copy_context().run, work_and_keep).result()


async def async_complete_despite_cancel(work: Callable[[], Awaitable[T]], keep: Callable[[T], None]) -> T:
    """Await a function and call `keep` with its result; a cancellation in between is raised when both have returned.

    For functions that open something which only the caller of `keep` can close.

    Args:
        work: The function.
        keep: Stores the result where the caller finds it for closing.
    """
    from anyio import CancelScope

    results: list[T] = []
    with CancelScope(shield=True):
        results.append(await work())
        keep(results[0])
    return results[0]
