"""Progress of a long operation, as a progress callback receives it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final, Literal, TypeAlias

from attrs import frozen

PROGRESS_INTERVAL_BYTES: Final = 1024 * 1024
"""The number of bytes between two calls of a progress callback."""

Phase: TypeAlias = Literal["check", "download", "upload", "move", "mount", "skip", "manifest"]


@frozen(kw_only=True)
class Progress:
    """The progress of an operation on one blob or manifest.

    Attributes:
        phase: The current step: `check` reads and hashes bytes that this machine already has, `download` reads from a registry,
            `upload` writes to a registry, `move` transfers from the source of a copy to its target, `mount` mounts a blob from
            another repository, `skip` means that the target already has the blob, `manifest` writes a manifest.
        digest: The digest of the blob or manifest, or None until it has been computed.
        bytes: The number of bytes processed so far. The number decreases when a transfer starts over.
        total: The size in bytes, or None when it is not known.
        overall_bytes: In a copy of an image, the number of bytes of all its blobs that are in the target, or on the way to it;
            mounted and skipped blobs count, manifests do not. None for other operations.
        overall_total: In a copy of an image, the total size in bytes of all its blobs that belong to the target, which
            `overall_bytes` reaches at the end. None for other operations, and if the manifest does not state the size of a blob.
    """

    phase: Phase
    digest: str | None
    bytes: int
    total: int | None
    overall_bytes: int | None = None
    overall_total: int | None = None


OnProgress: TypeAlias = Callable[[Progress], None]
"""A progress callback. The thread or task that does the work calls it, one call at a time. An exception in it stops the work."""


def check_on_progress(on_progress: object) -> None:
    """Check a progress callback that a user passed.

    Args:
        on_progress: The callback; None for no callback.

    Raises:
        TypeError: The callback is a coroutine function, or is not callable.
    """
    if on_progress is None:
        return
    if not callable(on_progress):
        raise TypeError(f"on_progress must be a function, not {type(on_progress).__name__}")
    from inspect import iscoroutinefunction  # imported late, since most programs pass no callback

    if iscoroutinefunction(on_progress) or iscoroutinefunction(type(on_progress).__call__):
        raise TypeError("on_progress is a coroutine function, which is never awaited: pass a function that is not async")


class ProgressQueue:
    """A queue of progress that several threads or tasks report; the progress callback is called once at a time.

    No lock is held while the callback runs. Progress that another thread reports in the meantime waits in the queue, and the
    thread that called the callback passes it on.

    Args:
        on_progress: The progress callback; None for no callback.
    """

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._lock = Lock()
        self._waiting: deque[Progress] = deque()
        self._is_calling = False

    def report(self, progress: Progress) -> None:
        """Add progress to the queue, and pass it on.

        Args:
            progress: The progress.
        """
        self.add(progress)
        self.pass_on()

    def add(self, progress: Progress) -> None:
        """Add progress to the queue. `pass_on` must be called afterwards.

        Args:
            progress: The progress.
        """
        if self._on_progress is not None:
            with self._lock:
                self._waiting.append(progress)

    def pass_on(self) -> None:
        """Call the callback with all progress in the queue, unless a call is running, which will pass it on.

        An exception of the callback is raised, and removes the rest of the queue.
        """
        if self._on_progress is None or not self._begin():
            return
        try:
            while (progress := self._next()) is not None:
                self._on_progress(progress)
        except BaseException:
            with self._lock:
                self._waiting.clear()
                self._is_calling = False
            raise

    def _begin(self) -> bool:
        with self._lock:
            if self._is_calling:
                return False
            self._is_calling = True
            return True

    def _next(self) -> Progress | None:
        with self._lock:
            self._is_calling = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None


class ProgressThrottle:
    """A filter that calls a progress callback once per MiB and at the end of each phase, and never twice with the same values.

    Args:
        on_progress: The progress callback; None to call nothing.
        digest: The digest of the blob, or None until it has been computed.
    """

    def __init__(self, on_progress: OnProgress | None, digest: str | None) -> None:
        self._on_progress = on_progress
        self._digest = digest
        self._reported: tuple[str, int] = ("", -PROGRESS_INTERVAL_BYTES)

    def report(self, phase: Phase, done: int, total: int | None) -> None:
        """Call the callback if a MiB was processed since the last call, if the phase has changed or ends, or if it starts over.

        Args:
            phase: The current step.
            done: The number of bytes processed so far.
            total: The size in bytes, or None when it is not known.
        """
        if self._on_progress is None:
            return
        before = self._reported[1] if self._reported[0] == phase else -PROGRESS_INTERVAL_BYTES
        if done == before or (0 < done - before < PROGRESS_INTERVAL_BYTES and done != total):
            return
        self._reported = (phase, done)
        self._on_progress(Progress(phase=phase, digest=self._digest, bytes=done, total=total))
