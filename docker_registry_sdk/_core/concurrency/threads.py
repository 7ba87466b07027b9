"""What takes long or must not be broken off, in sync and async."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

# How long a task that is called off waits for the registry to forget its upload.
_PATIENCE = 10.0


def aside(work: Callable[[], T]) -> T:
    """Do the work here and now.

    Args:
        work: What to do.
    """
    return work()


async def async_aside(work: Callable[[], T]) -> T:
    """Do the work in a worker thread, so that other tasks go on.

    Args:
        work: What to do.
    """
    from anyio.to_thread import run_sync  # sync code needs no event loop

    return await run_sync(work, abandon_on_cancel=True)


def step(work: Callable[[], T]) -> T:
    """Do the work here and now.

    Args:
        work: What to do.
    """
    return work()


async def async_step(work: Callable[[], T]) -> T:
    """Do the work in a worker thread, and wait for it even when the task is called off: it is short, and no half of it counts.

    Args:
        work: What to do.
    """
    from anyio.to_thread import run_sync

    return await run_sync(work)


@contextmanager
def unbroken() -> Iterator[None]:
    """Nothing calls threads off."""
    yield


@asynccontextmanager
async def async_unbroken() -> AsyncIterator[None]:
    """Do what is inside although the task is called off, but not for ever."""
    from anyio import move_on_after

    with move_on_after(_PATIENCE, shield=True):
        yield


def unhurried(work: Callable[[], T], keep: Callable[[T], None]) -> T:
    """Do the work and keep what comes of it, to the end although Ctrl-C is pressed: it opens what could not be closed otherwise.

    Args:
        work: What to do.
        keep: What takes its result.
    """

    def do() -> T:
        result = work()
        keep(result)
        return result

    if threading.current_thread() is not threading.main_thread():
        return do()
    from concurrent.futures import ThreadPoolExecutor

    # Ctrl-C breaks the waiting off, and leaving the block waits once more.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(bool).result()  # nothing waits for a thread whose start is broken off: so it starts before there is work
        return thread.submit(copy_context().run, do).result()


async def async_unhurried(work: Callable[[], Awaitable[T]], keep: Callable[[T], None]) -> T:
    """Do the work and keep what comes of it, to the end although the task is called off: see `unhurried`.

    Args:
        work: What to do.
        keep: What takes its result.
    """
    from anyio import CancelScope

    results: list[T] = []
    with CancelScope(shield=True):
        results.append(await work())
        keep(results[0])
    return results[0]
