"""What a long operation tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from attrs import frozen

_STEP: Final = 1024 * 1024

Phase: TypeAlias = Literal["check", "download", "upload", "copy", "mount", "skip", "manifest"]


@frozen(kw_only=True)
class Progress:
    """How far an operation has come with one blob or manifest.

    Attributes:
        phase: What is done with it: `check` reads what is there already, `download` and `upload` move it from or to a registry,
            `copy` passes it from one place to another, `mount` and `skip` need not move it, `manifest` writes a manifest.
        digest: Its digest, or None while that is being computed.
        bytes: How many of its bytes are done. A transfer that starts over tells fewer than before.
        total: Its size in bytes, or None when it is not known.
    """

    phase: Phase
    digest: str | None
    bytes: int
    total: int | None


OnProgress: TypeAlias = Callable[[Progress], None]
"""Called by the thread or task that does the work, one call at a time; what it raises stops the work."""


class Steps:
    """Tells a caller how far a blob is: each MiB and at the end, and nothing twice.

    Args:
        on_progress: What the caller wants to be told, if anything.
        digest: The blob's digest, or None while that is being computed.
    """

    def __init__(self, on_progress: OnProgress | None, digest: str | None) -> None:
        self._on_progress = on_progress
        self._digest = digest
        self._told: tuple[str, int] = ("", -_STEP)

    def tell(self, phase: Phase, done: int, total: int | None) -> None:
        """Tell it, if it is time to.

        Args:
            phase: What is done.
            done: How many bytes are done.
            total: How many there are, or None when that is not known.
        """
        if self._on_progress is None:
            return
        before = self._told[1] if self._told[0] == phase else -_STEP
        if done == before or (0 < done - before < _STEP and done != total):
            return
        self._told = (phase, done)
        self._on_progress(Progress(phase=phase, digest=self._digest, bytes=done, total=total))
