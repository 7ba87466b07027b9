"""The progress of a copy: bytes are counted and reported to the progress callback; a cancel flag or a deadline stops the copy."""

from __future__ import annotations

from threading import Lock
from typing import Final

from .._core.blobs.progress import OnProgress, Phase, Progress
from .._core.concurrency.gather import CancelFlag
from .._core.wire import Deadline
from ..digest import Digest
from .manifest_contents import BlobDescriptor

PROGRESS_INTERVAL_BYTES: Final = 1024 * 1024


class CopyProgress:
    """The progress of a copy, which calls the progress callback from any thread or task, one call at a time.

    Args:
        on_progress: The progress callback, if any.
        cancel: The flag that stops the copy.
        deadline: The deadline of the copy, if any.
        source: The location of the source, for error messages.
    """

    def __init__(self, on_progress: OnProgress | None, cancel: CancelFlag, deadline: Deadline | None, source: str) -> None:
        self._on_progress = on_progress
        self._cancel = cancel
        self._deadline = deadline
        self._source = source
        self._lock = Lock()

    def report(self, phase: Phase, digest: Digest, done: int, total: int | None) -> None:
        """Call the progress callback, unless the copy is cancelled.

        Args:
            phase: The phase of the blob or manifest.
            digest: The digest of the blob or manifest.
            done: The number of bytes of the blob or manifest that were processed.
            total: The size of the blob or manifest in bytes, if known.
        """
        self.check()
        if self._on_progress is not None:
            with self._lock:
                self._on_progress(Progress(phase=phase, digest=digest, bytes=done, total=total))

    def check(self) -> None:
        """Raise an exception if the copy is cancelled, or if its deadline has passed.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        self._cancel.check()
        if self._deadline is not None:
            self._deadline.check("COPY", self._source)


class BlobProgress:
    """The progress of one blob of a copy.

    Args:
        blob: The blob.
        copy_progress: The progress of the copy.
    """

    def __init__(self, blob: BlobDescriptor, copy_progress: CopyProgress) -> None:
        self.blob = blob
        self.bytes_moved: int | None = None
        """The number of bytes copied; None if the target has not read the blob, since it exists there or was mounted."""
        self._copy_progress = copy_progress
        self._reported = 0

    def start(self, offset: int) -> None:
        """Record that the blob is read from an offset on, at first or after an interruption.

        Args:
            offset: The offset in bytes.
        """
        self.bytes_moved = max(self.bytes_moved or 0, offset)
        self._report(offset)

    def advance(self, offset: int) -> None:
        """Record that the blob has been copied up to an offset.

        Args:
            offset: The offset in bytes.
        """
        self.check()
        self.bytes_moved = max(self.bytes_moved or 0, offset)
        if offset - self._reported >= PROGRESS_INTERVAL_BYTES or offset == self.blob.size:
            self._report(offset)

    def on_download(self, progress: Progress) -> None:
        """Record the progress of a download; a progress callback for `download_blob`.

        Args:
            progress: The progress of the download.
        """
        if progress.phase == "download":
            self.advance(progress.bytes)
        else:
            self.check()

    def check(self) -> None:
        """Raise an exception if the copy is cancelled, or if its deadline has passed."""
        self._copy_progress.check()

    def _report(self, offset: int) -> None:
        self._reported = offset
        self._copy_progress.report("copy", self.blob.digest, offset, self.blob.size)
