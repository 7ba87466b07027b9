"""Functions that run blocking work, and functions that complete work although the task is cancelled.

The async functions run blocking work in a worker thread. Their sync counterparts run the work in the current thread, although
their names contain `in_thread`.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

# The time limit for the cleanup of a cancelled task, such as cancelling an upload session at the registry.
MAX_SHIELDED_SECONDS = 10.0


def run_in_thread(work: Callable[[], T], on_cancel: Callable[[], object] | None = None) -> T:
    """Call a function in the current thread and return its result; the sync counterpart of `async_run_in_thread`.

    Args:
        work: The function.
        on_cancel: Not used, since sync code cannot be cancelled.
    """
    return work()


async def async_run_in_thread(work: Callable[[], T], on_cancel: Callable[[], object] | None = None) -> T:
    """Call a blocking function in a worker thread and return its result.

    If the current task is cancelled, the task does not wait for the thread: `work` continues, and its result is dropped.

    Args:
        work: The function.
        on_cancel: A function that is called if the current task is cancelled, and makes `work` end soon; None to let `work`
            continue.
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
    """Call a function in the current thread and return its result; the sync counterpart of `async_run_in_thread_uncancellable`.

    Args:
        work: The function.
    """
    return work()


async def async_run_in_thread_uncancellable(work: Callable[[], T]) -> T:
    """Call a blocking function in a worker thread and return its result.

    If the current task is cancelled, the task waits until `work` has ended. So pass only a function that ends soon.

    Args:
        work: The function.
    """
    from anyio.to_thread import run_sync

    return await run_sync(work)


@contextmanager
def shielded() -> Iterator[None]:
    """Return a context manager that does nothing; the sync counterpart of `async_shielded`. Sync code cannot be cancelled."""
    yield


@asynccontextmanager
async def async_shielded() -> AsyncIterator[None]:
    """Return a context manager that delays a cancellation of the current task until the `with` block has ended.

    A block that takes longer than `MAX_SHIELDED_SECONDS` is itself cancelled, without an exception after the block.
    """
    from anyio import move_on_after

    with move_on_after(MAX_SHIELDED_SECONDS, shield=True):
        yield


def complete_despite_cancel(work: Callable[[], T], keep: Callable[[T], None]) -> T:
    """Call `work`, call `keep` with the result, and return the result. Ctrl-C takes effect when both functions have returned.

    Use this for a function that opens a resource, so that the caller can close the resource after Ctrl-C.

    Args:
        work: The function.
        keep: A function that stores the result, so that the caller can close the resource.
    """

    def work_and_keep() -> T:
        result = work()
        keep(result)
        return result

    if threading.current_thread() is not threading.main_thread():  # Ctrl-C is raised in the main thread only
        return work_and_keep()
    from concurrent.futures import ThreadPoolExecutor

    # Ctrl-C interrupts `result()`. Then the executor waits for the thread at the end of the `with` block.
    with ThreadPoolExecutor(1) as executor:
        # The executor does not wait for a thread whose start was interrupted, so start the thread before it calls `work`.
        executor.submit(bool).result()
        return executor.submit(copy_context().run, work_and_keep).result()


async def async_complete_despite_cancel(work: Callable[[], Awaitable[T]], keep: Callable[[T], None]) -> T:
    """Await `work()`, call `keep` with the result, and return the result.

    A cancellation of the current task takes effect when both functions have returned.

    Use this for a function that opens a resource, so that the caller can close the resource after a cancellation.

    Args:
        work: The function.
        keep: A function that stores the result, so that the caller can close the resource.
    """
    from anyio import CancelScope

    results: list[T] = []
    with CancelScope(shield=True):
        results.append(await work())
        keep(results[0])
    return results[0]
