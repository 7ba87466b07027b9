"""Functions that run blocking work, and functions that complete work in spite of cancellation.

The async functions run blocking work in a worker thread. Their sync counterparts run the work in the current thread.
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

    When the task is cancelled, the call does not wait for the thread: the function continues, and its result is dropped.

    Args:
        work: The function.
        on_cancel: A function that makes `work` end soon. It is called when the task is cancelled.
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

    When the task is cancelled, the cancellation waits for the function to end. So the function must be short.

    Args:
        work: The function.
    """
    from anyio.to_thread import run_sync

    return await run_sync(work)


@contextmanager
def shielded() -> Iterator[None]:
    """Run the block unchanged; the sync counterpart of `async_shielded`, since sync code cannot be cancelled."""
    yield


@asynccontextmanager
async def async_shielded() -> AsyncIterator[None]:
    """Protect the block from the cancellation of its task, for at most `MAX_SHIELDED_SECONDS`."""
    from anyio import move_on_after

    with move_on_after(MAX_SHIELDED_SECONDS, shield=True):
        yield


def complete_despite_cancel(work: Callable[[], T], keep: Callable[[T], None]) -> T:
    """Call a function, and then `keep` with its result. Ctrl-C in the meantime is raised when both functions have returned.

    Use it for a function that opens a resource: Ctrl-C must not lose the resource before the caller can close it.

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

    # Ctrl-C interrupts `result()`; the end of the `with` block then waits for the thread.
    with ThreadPoolExecutor(1) as executor:
        # The end of the block does not wait for a thread whose start was interrupted, so start the thread before the work.
        executor.submit(bool).result()
        return executor.submit(copy_context().run, work_and_keep).result()


async def async_complete_despite_cancel(work: Callable[[], Awaitable[T]], keep: Callable[[T], None]) -> T:
    """Call an async function, and then `keep` with its result. A cancellation is raised when both functions have returned.

    Use it for a function that opens a resource: a cancellation must not lose the resource before the caller can close it.

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
