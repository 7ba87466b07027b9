"""What an upload sends next, and whether it goes on after a failure. Free of I/O."""

from __future__ import annotations

import random
from typing import Literal

from attrs import define, frozen

from ...errors import RegistryError, StatusError, TransportError
from ..transport.retries import RetryLimits
from ..wire import HTTPFailure, may_pass

CHUNK = 8 * 1024 * 1024
"""The chunk where the registry wants chunks and the caller leaves it open, and what is kept of a source without a way back."""

_FIRST_WAIT = 0.25
_LONGEST_WAIT = 8.0
PASSING = frozenset({401, 403, 408, 413, 429})
"""What a registry says below 500 that has nothing to do with the session."""

ASKING = PASSING | {404, 416}
"""What it says after which its status tells how to go on."""


@frozen(kw_only=True)
class Step:
    """The next request of an upload.

    Attributes:
        kind: `chunk` is a PATCH of some bytes, `stream` a PATCH of all that are left, `whole` a PUT of all that are left, `close`
            a PUT of none.
        offset: Where its bytes begin.
        length: How many there are at the most; None when that is not known.
    """

    kind: Literal["chunk", "stream", "whole", "close"]
    offset: int
    length: int | None

    @property
    def content_range(self) -> str | None:
        """The bytes as Content-Range has them, or None when their number is not known."""
        return None if not self.length else f"{self.offset}-{self.offset + self.length - 1}"


def next_step(*, offset: int, size: int | None, chunk: int | None, named: bool) -> Step:
    """Return what to send next.

    Args:
        offset: How many bytes have arrived.
        size: How many there are, or None when that is not known.
        chunk: The bytes of a chunk, or None for all in one.
        named: Whether the digest is known.
    """
    left = None if size is None else size - offset
    if left == 0:
        return Step(kind="close", offset=offset, length=0)
    if chunk is not None:
        return Step(kind="chunk", offset=offset, length=chunk if left is None else min(chunk, left))
    return Step(kind="whole" if named else "stream", offset=offset, length=left)


def chunk_length(asked: int | None, least: int | None) -> int | None:
    """Return how long chunks are; None for all in one.

    Args:
        asked: What the caller asks for.
        least: What the registry wants at least.
    """
    if asked is None and not least:
        return None
    return max(CHUNK if asked is None else asked, least or 0)


def may_go_on(error: RegistryError, *, begun: bool, again: bool) -> bool:
    """Return whether an upload may go on after a failure.

    Args:
        error: The failure.
        begun: Whether there is a session.
        again: Whether the request that failed was not the first try: a registry that refuses it perhaps cannot go on with an
            upload that broke off, and takes a new one.
    """
    if isinstance(error, TransportError):
        return isinstance(error.__cause__, HTTPFailure) and may_pass(error.__cause__)
    if not isinstance(error, StatusError) or error.status < 400:
        return False
    if error.status >= 500:
        return error.status not in (501, 505)
    if error.status in (408, 429):
        return True
    return begun and error.status not in (403, 413) and (again or error.status in (401, 404, 416))


@define
class Patience:
    """How long an upload is tried: until it has failed so often in a row that got it no further.

    Args:
        limits: The client's.
    """

    limits: RetryLimits
    failures: int = 0
    furthest: int = 0

    def arrived(self, offset: int) -> None:
        """Note how far the upload is; what is further than ever begins a new row.

        Args:
            offset: How many bytes have arrived.
        """
        if offset > self.furthest:
            self.furthest, self.failures = offset, 0

    def wait_after(self, error: RegistryError) -> float | None:
        """Note a failure, and return the seconds to wait before going on; None to give up.

        Args:
            error: The failure.
        """
        asked = (error.retry_after if isinstance(error, StatusError) else None) or 0.0
        if self.failures >= self.limits.max_retries or asked > self.limits.max_retry_wait:
            return None
        wait = random.uniform(0.5, 1.0) * min(_FIRST_WAIT * 2.0**self.failures, _LONGEST_WAIT)
        self.failures += 1
        return max(wait, asked)
