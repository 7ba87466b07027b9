"""Progress of a long operation, as a progress callback receives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from attrs import frozen

PROGRESS_INTERVAL_BYTES: Final = 1024 * 1024
"""The number of bytes between two calls of a progress callback."""

Phase: TypeAlias = Literal["check", "download", "upload", "copy", "mount", "skip", "manifest"]


@frozen(kw_only=True)
class Progress:
    """The progress of an operation on one blob or manifest.

    Attributes:
        phase: The current step: `check` reads and hashes bytes that this machine already has, `download` reads from a registry,
            `upload` writes to a registry, `copy` transfers from a source to a target, `mount` mounts a blob from another
            repository, `skip` means that the target already has the blob, `manifest` writes a manifest.
        digest: The digest of the blob or manifest, or None until it has been computed.
        bytes: The number of bytes processed so far. The number decreases when a transfer starts over.
        total: The size in bytes, or None when it is not known.
    """

    phase: Phase
    digest: str | None
    bytes: int
    total: int | None


OnProgress: TypeAlias = Callable[[Progress], None]
"""A progress callback. The thread or task that does the work calls it, one call at a time. An exception in it stops the work."""


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
