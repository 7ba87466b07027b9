"""Waiting, sync and async: sleeps and locks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anyio import Event


def sleep(seconds: float) -> None:
    """Wait.

    Args:
        seconds: How long.
    """
    time.sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """Wait without holding up other tasks.

    Args:
        seconds: How long.
    """
    import anyio

    await anyio.sleep(seconds)


class ThreadLock:
    """A lock for threads, whose waiters all look again when it is released: most of them only want what its holder did."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._held = False

    def enter(self, done: Callable[[], bool]) -> bool:
        """Enter the lock, or return True as soon as what it is wanted for is done.

        Args:
            done: Tells whether it is done.
        """
        with self._condition:
            while self._held:
                self._condition.wait()
                if done():
                    return True
            self._held = True
            return False

    def release(self) -> None:
        """Let one of the others in."""
        with self._condition:
            self._held = False
            self._condition.notify_all()


class TaskLock:
    """A `ThreadLock` for tasks. One after the other, a thousand of them would wait longer than some tokens last."""

    def __init__(self) -> None:
        self._released: Event | None = None
        self._held = False

    async def enter(self, done: Callable[[], bool]) -> bool:
        """Enter the lock, or return True as soon as what it is wanted for is done.

        Args:
            done: Tells whether it is done.
        """
        import anyio

        while self._held:
            self._released = self._released or anyio.Event()
            await self._released.wait()
            if done():
                return True
        self._held = True
        return False

    def release(self) -> None:
        """Let one of the others in."""
        self._held = False
        if self._released is not None:
            self._released.set()
            self._released = None


def create_lock() -> ThreadLock:
    """Return a lock for threads."""
    return ThreadLock()


def async_create_lock() -> TaskLock:
    """Return a lock for tasks."""
    return TaskLock()


def enter(lock: Any, done: Callable[[], bool]) -> bool:
    """Enter a lock for threads, or return True as soon as that is not needed any more.

    Args:
        lock: The lock.
        done: Tells whether it is not needed any more.
    """
    return bool(lock.enter(done))


async def async_enter(lock: Any, done: Callable[[], bool]) -> bool:
    """Enter a lock for tasks, or return True as soon as that is not needed any more.

    Args:
        lock: The lock.
        done: Tells whether it is not needed any more.
    """
    return bool(await lock.enter(done))
