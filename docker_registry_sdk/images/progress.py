"""What passes in a copy: counted, told, and ended when that is ordered."""

from __future__ import annotations

from threading import Lock
from typing import Final

from .._core.blobs.progress import OnProgress, Phase, Progress
from .._core.concurrency.gather import CancelFlag
from ..digest import Digest
from .manifest_contents import BlobDescriptor

PROGRESS_INTERVAL_BYTES: Final = 1024 * 1024


class CopyProgress:
    """Tells the caller what happens, one call at a time, whichever thread or task it happens in.

    Args:
        on_progress: What the caller wants to be told, if anything.
        cancel: The flag that ends the work when it is set.
    """

    def __init__(self, on_progress: OnProgress | None, cancel: CancelFlag) -> None:
        self.cancel = cancel
        self._on_progress = on_progress
        self._lock = Lock()

    def tell(self, phase: Phase, digest: Digest, done: int, total: int | None) -> None:
        """Tell it, unless the work is to end.

        Args:
            phase: What is done.
            digest: To what.
            done: How many of its bytes are done.
            total: How many there are.
        """
        self.cancel.check()
        if self._on_progress is not None:
            with self._lock:
                self._on_progress(Progress(phase=phase, digest=digest, bytes=done, total=total))


class BlobProgress:
    """How far one blob has come.

    Args:
        blob: The blob.
        meter: What is told.
    """

    def __init__(self, blob: BlobDescriptor, meter: CopyProgress) -> None:
        self.blob = blob
        self.moved: int | None = None
        """How many of its bytes have passed; None as long as nobody asked for them."""
        self._meter = meter
        self._told = 0

    def begin(self, offset: int) -> None:
        """Note that bytes are asked for.

        Args:
            offset: Where they begin.
        """
        self.moved = max(self.moved or 0, offset)
        self._told = offset
        self._meter.tell("copy", self.blob.digest, offset, self.blob.size)

    def reach(self, offset: int) -> None:
        """Note that bytes have passed.

        Args:
            offset: Where they ended.
        """
        self.check()
        self.moved = max(self.moved or 0, offset)
        if offset - self._told >= PROGRESS_INTERVAL_BYTES or offset == self.blob.size:
            self._told = offset
            self._meter.tell("copy", self.blob.digest, offset, self.blob.size)

    def watch(self, progress: Progress) -> None:
        """Note what a download tells.

        Args:
            progress: What it tells.
        """
        if progress.phase == "download":
            self.reach(progress.bytes)
        else:
            self.check()

    def check(self) -> None:
        """Raise when it is time to end."""
        self._meter.cancel.check()
