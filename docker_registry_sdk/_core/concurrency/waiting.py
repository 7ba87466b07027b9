"""Sleep, locks and semaphores for threads and for tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .forks import reset_after_fork
from .loops import async_running_loop

if TYPE_CHECKING:
    from anyio import Event


class CancelFlag:
    """A flag that jobs in threads check to learn that they should end, since a thread cannot be cancelled from outside."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Set the flag. All later calls of `check` raise an exception, and `sleep` ends at once in the jobs of the flag."""
        self._event.set()

    def check(self, seconds: float = 0) -> None:
        """Raise an exception if the flag is set, or is set within some time. The exception ends the job.

        Args:
            seconds: The time to wait, in seconds.
        """
        if self._event.wait(seconds) if seconds > 0 else self._event.is_set():
            raise _CancelledError


class _CancelledError(Exception):
    """The exception that ends a job after another job failed, or after Ctrl-C. `gather` raises the exception of
    the job that failed first, or KeyboardInterrupt, not this exception.
    """


cancel_of_job: ContextVar[CancelFlag | None] = ContextVar("docker_registry_sdk.cancel", default=None)
"""The flag of the job that runs in the current thread; None outside of jobs."""


def sleep(seconds: float) -> None:
    """Block the current thread for some time. In a job of `gather`, end the job as soon as the job is cancelled.

    Args:
        seconds: The time to wait, in seconds.
    """
    if (flag := cancel_of_job.get()) is not None:
        flag.check(seconds)
    else:
        time.sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """Suspend the current task for some time. Other tasks can run in the meantime.

    Args:
        seconds: The time to wait, in seconds.
    """
    import anyio

    await anyio.sleep(seconds)


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Return a context manager that sets no time limit; the sync counterpart of `async_time_limit`.

    A thread cannot be interrupted, so in sync code each read and each wait must have a timeout of its own.

    Args:
        seconds: Not used.
    """
    yield


def async_time_limit(seconds: float | None) -> AbstractContextManager[object]:
    """Return a context manager that cancels the `with` block, and raises TimeoutError, if the block takes too long.

    Args:
        seconds: The maximum time that the block may take, in seconds; None for no limit.
    """
    import anyio

    return anyio.fail_after(seconds)


# For each lock that the current call holds, the object that stands for this acquisition. Tasks and worker threads that the call
# starts inherit the value.
_acquisitions: ContextVar[frozenset[object]] = ContextVar("docker_registry_sdk.acquisitions", default=frozenset())


class _Reentrant:
    """A lock that a call acquires again without waiting if it was made by the holder of the lock.

    A call holds its lock while it sends a request, and so while it calls a transport or reads a body of the user. These may use
    the same client, and the holder waits for them.
    """

    def __init__(self) -> None:
        self._acquisition: object = None  # None if the lock is free
        self._nested = 0

    def enter_nested(self) -> bool:
        """Return True, and count a nested acquisition, if the current call was made by the holder of the lock."""
        if self._acquisition is None or self._acquisition not in _acquisitions.get():
            return False
        self._nested += 1
        return True

    def enter(self) -> None:
        """Record that the current call holds the lock."""
        self._acquisition = object()
        _acquisitions.set(_acquisitions.get() | {self._acquisition})

    def leave(self) -> bool:
        """Record that an acquisition has ended, and return whether the lock is now free."""
        if self._nested:
            self._nested -= 1
            return False
        _acquisitions.set(_acquisitions.get() - {self._acquisition})
        self._acquisition = None
        return True

    @property
    def is_held(self) -> bool:
        """Return whether a call holds the lock."""
        return self._acquisition is not None


class SingleFlightLock:
    """A lock for work that one thread does for all waiting threads, such as fetching a token.

    `release` wakes all waiting threads at once: if the work is done, all of them continue without acquiring the lock.

    A call that the holder makes while it holds the lock, such as one of a user's transport, acquires it without waiting. In a
    child process after `os.fork`, the lock is free.
    """

    def __init__(self) -> None:
        self.after_fork()
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Release the lock in a child process, where the thread that holds the lock does not exist."""
        self._condition = threading.Condition()
        self._holder = _Reentrant()

    def acquire_unless(self, done: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until the lock is acquired (return True) or the work is done (return False).

        A lock that is free at the time of the call is acquired at once, without a call of `done`.

        Args:
            done: A function that returns whether the work is done. It is called each time another holder releases the lock.
            seconds: The maximum time to wait; None for no limit.

        Raises:
            TimeoutError: The lock was not released in time.
        """
        end = None if seconds is None else time.monotonic() + seconds
        with self._condition:
            if self._holder.enter_nested():
                return True
            while self._holder.is_held:
                if not self._condition.wait(None if end is None else end - time.monotonic()):
                    raise TimeoutError("the timeout passed before another thread released the lock")
                if done():
                    return False
            self._holder.enter()
            return True

    def release(self) -> None:
        """Release the lock, and wake all waiting threads."""
        with self._condition:
            if self._holder.leave():
                self._condition.notify_all()


class AsyncSingleFlightLock:
    """A lock like `SingleFlightLock`, for tasks instead of threads.

    `release` wakes all waiting tasks at once. If each of a thousand tasks woke only the next one, a token could expire before the
    last task uses it.

    In another event loop, and in a child process after `os.fork`, the lock is free.
    """

    def __init__(self) -> None:
        self._loop: object = None
        self.after_fork()
        reset_after_fork(self)

    def after_fork(self) -> None:
        """Release the lock in a child process, where the event loop whose task holds the lock does not run."""
        self._released: Event | None = None
        self._holder = _Reentrant()

    async def acquire_unless(self, done: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until the lock is acquired (return True) or the work is done (return False).

        A lock that is free at the time of the call is acquired at once, without a call of `done`.

        Args:
            done: A function that returns whether the work is done. It is called each time another holder releases the lock.
            seconds: Not used: when the deadline of a call passes, its task is cancelled, which ends the wait.
        """
        import anyio

        if (loop := async_running_loop()) is not self._loop:
            self._loop = loop
            self.after_fork()
        if self._holder.enter_nested():
            return True
        while self._holder.is_held:
            self._released = self._released or anyio.Event()
            await self._released.wait()
            if done():
                return False
        self._holder.enter()
        return True

    def release(self) -> None:
        """Release the lock, and wake all waiting tasks."""
        if self._holder.leave() and self._released is not None:
            self._released.set()
            self._released = None


def checkpoint() -> None:
    """Return at once; the sync counterpart of `async_checkpoint`. Threads need no checkpoint to let other threads run."""


async def async_checkpoint() -> None:
    """Let other tasks run, and raise the cancellation exception if the task was cancelled."""
    import anyio.lowlevel

    await anyio.lowlevel.checkpoint()


class Semaphore:
    """A limit on the number of threads that use a resource at the same time.

    Args:
        limit: The maximum number of threads.
    """

    def __init__(self, limit: int) -> None:
        self._semaphore = threading.Semaphore(limit)

    def acquire(self, seconds: float | None) -> bool:
        """Wait until the semaphore is acquired (return True) or the time is over (return False).

        Args:
            seconds: The maximum time to wait; None for no limit.
        """
        return self._semaphore.acquire(timeout=seconds)

    def release(self) -> None:
        """Release the semaphore, so that another thread can acquire it."""
        self._semaphore.release()


class AsyncSemaphore:
    """A limit on the number of tasks that use a resource at the same time.

    Args:
        limit: The maximum number of tasks.
    """

    def __init__(self, limit: int) -> None:
        import anyio

        self._semaphore = anyio.Semaphore(limit)

    async def acquire(self, seconds: float | None) -> bool:
        """Wait until the semaphore is acquired (return True) or the time is over (return False).

        Args:
            seconds: The maximum time to wait; None for no limit.
        """
        import anyio

        with anyio.move_on_after(seconds):
            await self._semaphore.acquire()
            return True
        return False

    def release(self) -> None:
        """Release the semaphore, so that another task can acquire it."""
        self._semaphore.release()
