"""The clock of the embedded registry, which tests can move."""

import threading
import time


class Clock:
    """Shows the time of day, plus how far it has been moved; any thread may move it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock.

        Args:
            seconds: How far; a negative number moves it back.
        """
        with self._lock:
            self._offset += seconds
