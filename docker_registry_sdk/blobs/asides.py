"""What takes long or must not be broken off, in sync and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
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


@contextmanager
def unhurried() -> Iterator[None]:
    """Nothing calls threads off."""
    yield


@asynccontextmanager
async def async_unhurried() -> AsyncIterator[None]:
    """Do what is inside to its end although the task is called off: what it opens could not be closed otherwise."""
    from anyio import CancelScope

    with CancelScope(shield=True):
        yield
