"""Hashing and writing in threads of their own, while the next bytes come from the network; nothing is copied on the way."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from ...digest import Verifier

# Long enough for a buffer's way through three threads to cost little; few, since what is in them is lost with the process.
_LENGTH = 1024 * 1024
_MOST = 4


class Sink:
    """Hands out buffers, and takes them back filled: one thread hashes what is in them, the next one writes it.

    Args:
        verifier: What hashes; nobody else may use it until `close`.
        write: What writes.
    """

    def __init__(self, verifier: Verifier, write: Callable[[memoryview], None]) -> None:
        self._made = 0
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._filled: SimpleQueue[memoryview] = SimpleQueue()
        self._hashed: SimpleQueue[memoryview] = SimpleQueue()
        self._failure: BaseException | None = None
        steps = ((verifier.update, self._filled, self._hashed), (write, self._hashed, self._free))
        # A process that ends in between does not wait for them.
        self._threads = [Thread(target=self._work, args=step, name="docker_registry_sdk download", daemon=True) for step in steps]
        for thread in self._threads:
            thread.start()

    def take(self) -> memoryview | None:
        """Return a buffer to fill and `put`, or None while all of them are in use.

        Raises:
            OSError: What came before could not be written.
        """
        self.check()
        try:
            return memoryview(self._free.get_nowait().obj)
        except Empty:
            if self._made == _MOST:
                return None
            self._made += 1
            return memoryview(bytearray(_LENGTH))

    def wait(self) -> memoryview:
        """Return a buffer to fill and `put` as soon as one is free."""
        return memoryview(self._free.get().obj)

    def put(self, block: memoryview) -> None:
        """Have bytes hashed and written.

        Args:
            block: A buffer as far as it was filled.
        """
        if block:
            self._filled.put(block)

    def check(self) -> None:
        """Raise what went wrong in the threads, if anything did."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Wait until all is done."""
        self._filled.put(memoryview(b""))
        for thread in self._threads:
            thread.join()

    def _work(self, do: Callable[[memoryview], None], source: SimpleQueue[memoryview], target: SimpleQueue[memoryview]) -> None:
        more = True
        while more:
            block = source.get()
            more = len(block) > 0  # an empty one is the last
            if more and self._failure is None:  # else it is thrown away, so that nobody waits for ever
                try:
                    do(block)
                except BaseException as error:
                    self._failure = error
            target.put(block)
