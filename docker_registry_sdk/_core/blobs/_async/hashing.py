"""Hashing beside the work: while a block is sent, a thread takes in the one before."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from ....digest import Verifier
from ...concurrency.threads import async_run_in_thread

# Less than this is hashed sooner than it is handed over.
_WORTH_A_THREAD = 128 * 1024


class AsyncHasher:
    """Hashes bytes in order, one block behind those that are handed out.

    Args:
        verifier: What takes them in; it is to be looked at after `settle` alone.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._pool: ThreadPoolExecutor | None = None
        self._pending: Future[None] | None = None

    async def update(self, data: bytes | memoryview) -> None:
        """Take in the next bytes; they must not change.

        Args:
            data: Any number of bytes.
        """
        await self.settle()
        if len(data) < _WORTH_A_THREAD:
            self._verifier.update(data)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="docker_registry_sdk-hash")
        self._pending = self._pool.submit(self._verifier.update, data)

    async def settle(self) -> None:
        """Wait until all bytes are taken in."""
        pending, self._pending = self._pending, None
        if pending is not None and not pending.done():
            await async_run_in_thread(pending.result)
        if pending is not None:
            pending.result()

    def end(self) -> None:
        """Let go of the thread."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
