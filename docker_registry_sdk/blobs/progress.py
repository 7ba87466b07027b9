"""What a long operation tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from attrs import frozen

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
