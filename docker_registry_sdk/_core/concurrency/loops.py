"""The event loop that runs the current task, and whether another event loop has ended."""

from __future__ import annotations

import sys
from typing import Any


def running_loop() -> None:
    """Return None; the sync counterpart of `async_running_loop`. Sync code runs in no event loop."""


def async_running_loop() -> object:
    """Return an object that stands for the running event loop: the loop of asyncio, or the token of a trio run.

    Two calls in the same loop return the same object. The result is None if no event loop is running.
    """
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        if (trio := sys.modules.get("trio")) is None:
            return None
    try:
        token: object = trio.lowlevel.current_trio_token()
    except RuntimeError:
        return None
    return token


def is_running(loop: Any) -> bool:
    """Return whether an event loop is still running, in this thread or in another one.

    Args:
        loop: A result of `async_running_loop`; None counts as a loop that has ended.
    """
    if loop is None:
        return False
    if hasattr(loop, "is_running"):
        return bool(loop.is_running())
    try:
        loop.run_sync_soon(int)
    except RuntimeError:  # trio.RunFinishedError
        return False
    return True


def can_run_again(loop: Any) -> bool:
    """Return whether an event loop that has ended may be started again: an asyncio loop that is not closed.

    Args:
        loop: A result of `async_running_loop`.
    """
    return hasattr(loop, "is_closed") and not loop.is_closed()


class LoopAware:
    """A class without an event loop; the sync counterpart of `AsyncLoopAware`."""

    current_loop: None = None


class AsyncLoopAware:
    """A class whose objects can look up the running event loop. In sync code, the lookup is an attribute with the value None."""

    @property
    def current_loop(self) -> object:
        """Return the object that stands for the running event loop; None if no event loop is running."""
        return async_running_loop()
