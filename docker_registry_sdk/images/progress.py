"""The progress of a copy: bytes are counted and reported to the progress callback; a cancel flag or a deadline stops the copy."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Final

from .._core.blobs.progress import OnProgress, Phase, Progress, ProgressQueue
from .._core.concurrency.waiting import CancelFlag
from .._core.wire import Deadline
from ..digest import Digest
from .manifest_contents import BlobDescriptor

PROGRESS_INTERVAL_BYTES: Final = 1024 * 1024


class CopyProgress:
    """The progress of a copy. Several threads or tasks may report progress; the progress callback is called once at a time.

    Args:
        on_progress: The progress callback; None for no callback.
        cancel: The flag. After the flag was set, the methods raise an exception, which stops the copy.
        deadline: The deadline of the whole copy; None for no deadline.
        source: The location of the source, for error messages.
        blobs: The blobs that belong to the target, for the overall progress.
    """

    def __init__(
        self,
        on_progress: OnProgress | None,
        cancel: CancelFlag,
        deadline: Deadline | None,
        source: str,
        blobs: Iterable[BlobDescriptor] = (),
    ) -> None:
        self._on_progress = on_progress
        self._cancel = cancel
        self._deadline = deadline
        self._source = source
        self._queue = ProgressQueue(on_progress)
        self._lock = Lock()
        self._blob_bytes: dict[Digest, int] = {}  # of each blob, in the target or on the way to it
        self._overall_bytes = 0
        sizes = [blob.size for blob in blobs]
        self._overall_total = None if None in sizes else sum(size or 0 for size in sizes)

    def report(self, phase: Phase, digest: Digest, done: int, total: int | None) -> None:
        """Call the progress callback. If the copy is cancelled or its deadline has passed, raise an exception instead.

        Args:
            phase: The current step for the blob or manifest, such as `move` or `mount`.
            digest: The digest of the blob or manifest.
            done: The number of bytes of the blob or manifest that were processed.
            total: The size of the blob or manifest in bytes; None if the size is unknown.
        """
        self.check()
        if self._on_progress is None:
            return
        with self._lock:
            if phase != "manifest":
                self._overall_bytes += done - self._blob_bytes.get(digest, 0)
                self._blob_bytes[digest] = done
            self._queue.add(
                Progress(
                    phase=phase,
                    digest=digest,
                    bytes=done,
                    total=total,
                    overall_bytes=self._overall_bytes,
                    overall_total=self._overall_total,
                )
            )
        self._queue.pass_on()

    def check(self) -> None:
        """Raise an exception if the copy is cancelled, or if the deadline of the copy has passed.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        self._cancel.check()
        if self._deadline is not None:
            self._deadline.check("COPY", self._source)


class BlobProgress:
    """The progress of one blob of a copy.

    Args:
        blob: The blob that is copied.
        copy_progress: The progress of the whole copy, to which this object reports.
    """

    def __init__(self, blob: BlobDescriptor, copy_progress: CopyProgress) -> None:
        self.blob = blob
        self.bytes_moved: int | None = None
        """The number of bytes copied; None if the blob was not read, because the target has the blob or has mounted it."""
        self._copy_progress = copy_progress
        self._reported = 0

    def start(self, offset: int) -> None:
        """Record that reading the blob begins at an offset, or begins a second time at an offset after an interruption.

        Args:
            offset: The offset in bytes.
        """
        self.bytes_moved = max(self.bytes_moved or 0, offset)
        self._report(offset)

    def advance(self, offset: int) -> None:
        """Record that the bytes of the blob before an offset have been copied.

        Args:
            offset: The offset in bytes.
        """
        self.check()
        self.bytes_moved = max(self.bytes_moved or 0, offset)
        if offset - self._reported >= PROGRESS_INTERVAL_BYTES or offset == self.blob.size:
            self._report(offset)

    def on_download(self, progress: Progress) -> None:
        """Record the progress of a download. `download_blob` calls this method as its progress callback.

        Args:
            progress: The progress of the download.
        """
        if progress.phase == "download":
            self.advance(progress.bytes)
        else:
            self.check()

    def check(self) -> None:
        """Raise an exception if the copy is cancelled, or if the deadline of the copy has passed."""
        self._copy_progress.check()

    def _report(self, offset: int) -> None:
        self._reported = offset
        self._copy_progress.report("move", self.blob.digest, offset, self.blob.size)
