"""Hashing in background threads while bytes move over the network."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from ...digest import Verifier

# 1 MiB amortizes the hand-offs between three threads; 4 buffers bound the number of bytes that a crash loses.
BUFFER_BYTES: Final = 1024 * 1024
MAX_BUFFERS: Final = 4
# For fewer bytes, hashing takes less time than passing the bytes to a thread.
MIN_BACKGROUND_BYTES: Final = 128 * 1024


class HashingWriter:
    """A writer that hashes and writes the bytes of a download in two background threads, without copying the bytes.

    The caller takes a buffer with `get_buffer`, fills it and passes it to `write`. The first thread hashes the bytes in the
    buffer, the second thread writes them, and then `get_buffer` can return the buffer again.

    Args:
        verifier: The verifier that hashes the bytes; the caller must not use the verifier before `close`.
        write: A function that writes the bytes of one buffer to the file.
    """

    def __init__(self, verifier: Verifier, write: Callable[[memoryview], None]) -> None:
        self._buffers = 0
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._filled: SimpleQueue[memoryview] = SimpleQueue()
        self._hashed: SimpleQueue[memoryview] = SimpleQueue()
        self._failure: BaseException | None = None
        stages = ((verifier.update, self._filled, self._hashed), (write, self._hashed, self._free))
        # Daemon threads, since a process that ends during a download should not wait for them.
        self._threads = [
            Thread(target=self._work, args=stage, name="docker_registry_sdk download", daemon=True) for stage in stages
        ]
        for thread in self._threads:
            thread.start()

    def get_buffer(self) -> memoryview | None:
        """Return a buffer to fill and to pass to `write`, or None while all four buffers are in use (see `wait_for_buffer`).

        Raises:
            OSError: The bytes of an earlier buffer could not be written.
        """
        self.raise_failure()
        try:
            return memoryview(self._free.get_nowait().obj)
        except Empty:
            if self._buffers == MAX_BUFFERS:
                return None
            self._buffers += 1
            return memoryview(bytearray(BUFFER_BYTES))

    def wait_for_buffer(self) -> memoryview:
        """Wait until one of the four buffers is free, and return that buffer."""
        return memoryview(self._free.get().obj)

    def write(self, data: memoryview) -> None:
        """Hash and write bytes in the background threads, and return at once. An error is raised by `raise_failure` later.

        Args:
            data: The filled part of a buffer.
        """
        if data:
            self._filled.put(data)

    def raise_failure(self) -> None:
        """Raise the exception that a background thread raised, if any."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Wait until all bytes have been hashed and written, and end the threads."""
        self._filled.put(memoryview(b""))
        for thread in self._threads:
            thread.join()

    def _work(self, do: Callable[[memoryview], None], source: SimpleQueue[memoryview], target: SimpleQueue[memoryview]) -> None:
        more = True
        while more:
            data = source.get()
            more = len(data) > 0  # an empty buffer marks the end
            if more and self._failure is None:  # after a failure, only pass the buffers on, so that no thread waits forever
                try:
                    do(data)
                except BaseException as error:
                    self._failure = error
            target.put(data)


class BackgroundHasher:
    """A hasher for the bytes of an upload, which hashes one block in a background thread while the previous block is sent.

    Args:
        verifier: The verifier that hashes the bytes; the caller must call `wait` before using the verifier.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._pool: ThreadPoolExecutor | None = None
        self._pending: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether a block is being hashed, so that `wait` would block."""
        return self._pending is not None and not self._pending.done()

    def update(self, data: bytes | memoryview) -> None:
        """Wait until the previous bytes have been hashed, and start hashing the next bytes in the background.

        Fewer than 128 KiB are hashed at once, in the current thread.

        Args:
            data: The bytes; the caller must not change them afterwards.
        """
        self.wait()
        self._pending = None
        if len(data) < MIN_BACKGROUND_BYTES:
            self._verifier.update(data)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="docker_registry_sdk-hash")
        self._pending = self._pool.submit(self._verifier.update, data)

    def wait(self) -> None:
        """Wait until all bytes have been hashed."""
        if self._pending is not None:
            self._pending.result()

    def close(self) -> None:
        """Tell the background thread to end when it has hashed the last block, and return without waiting for the end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
