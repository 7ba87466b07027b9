"""Hashing and writing in a thread of its own, while the next bytes come from the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import Full, Queue
from threading import Thread

from ..digest import Verifier

_DEPTH = 4


class Sink:
    """Takes in blocks, hashes them and writes them, in a thread; a few wait for their turn.

    Args:
        verifier: What hashes them; nobody else may use it until `close`.
        write: What writes them.
    """

    def __init__(self, verifier: Verifier, write: Callable[[bytes], None]) -> None:
        self._verifier = verifier
        self._write = write
        self._waiting: Queue[Sequence[bytes]] = Queue(_DEPTH)
        self._failure: BaseException | None = None
        # A process that ends in between does not wait for it.
        self._thread = Thread(target=self._work, name="docker_registry_sdk download", daemon=True)
        self._thread.start()

    def offer(self, block: Sequence[bytes]) -> bool:
        """Put a block in, unless too many are waiting, and return whether it was put in.

        Args:
            block: The block, in pieces; none of them may be empty.

        Raises:
            OSError: What came before could not be written.
        """
        self.check()
        try:
            self._waiting.put_nowait(block)
        except Full:
            return False
        return True

    def put(self, block: Sequence[bytes]) -> None:
        """Put a block in as soon as there is room.

        Args:
            block: The block, in pieces; none of them may be empty.
        """
        self._waiting.put(block)

    def check(self) -> None:
        """Raise what went wrong in the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def close(self, rest: Sequence[bytes]) -> None:
        """Wait until all is done.

        Args:
            rest: The last block; it may be empty.
        """
        for block in (rest, ()) if rest else ((),):
            self._waiting.put(block)
        self._thread.join()

    def _work(self) -> None:
        while block := self._waiting.get():
            if self._failure is None:  # else it is thrown away, so that nobody waits for ever
                try:
                    for piece in block:
                        self._verifier.update(piece)
                        self._write(piece)
                except BaseException as error:
                    self._failure = error
