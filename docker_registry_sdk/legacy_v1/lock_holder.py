"""A lock that a flow releases while it calls the caller's credential provider. Free of I/O."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from .._core.auth.effects import Acquire, Effect, Lock


class LockHolder:
    """A lock, and whether one flow holds it.

    Args:
        lock: The lock, which several flows share.
    """

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._is_held = False

    def acquire(self) -> Generator[Effect, Any, None]:
        """Acquire the lock."""
        yield Acquire(self._lock)
        self._is_held = True

    def release(self) -> None:
        """Release the lock; do nothing if the flow does not hold it."""
        if self._is_held:
            self._is_held = False
            self._lock.release()
