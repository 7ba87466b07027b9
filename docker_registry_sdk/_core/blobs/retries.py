"""Repetition of the requests of a transfer, bounded by the client's retry policy. Free of I/O."""

from __future__ import annotations

from typing import Final

from attrs import define

from ...errors import RegistryError, StatusError, TransportError
from ..transport.retries import TRANSIENT_STATUSES
from ..wire import CallLimits, HTTPFailure, may_pass

MIN_PROGRESS_BYTES: Final = 64 * 1024
"""A range that is shorter than requested, but has so many bytes, is not a failure: the next request is for the rest."""


@define
class RequestFailures:
    """Counts how often a request has failed in a row, and tells whether to repeat it.

    A download is one request: each interruption of its body counts, however many bytes arrived before. Each chunk of an upload
    is a request of its own, so the count starts anew when the registry has accepted a chunk. Therefore a server that cuts every
    body receives `max_retries + 1` requests.

    The transport does not repeat the requests of a transfer: that would multiply the repetitions.

    Attributes:
        limits: The limits of the call, with its deadline and the client's retry policy.
        count: The number of failures in a row.
    """

    limits: CallLimits
    count: int = 0

    def seconds_to_retry(self, error: RegistryError) -> float | None:
        """Count a failure, and return the seconds to wait before the request is repeated, or None when it must not be.

        Args:
            error: The failure.
        """
        self.count += 1
        retry_after = error.retry_after if isinstance(error, StatusError) else None
        return self.limits.seconds_to_retry(self.count, retry_after=retry_after)

    def reset(self) -> None:
        """Start counting anew, after a request has succeeded."""
        self.count = 0


def is_transient(error: RegistryError) -> bool:
    """Return whether a request that failed may succeed when it is repeated.

    Args:
        error: The failure.
    """
    if isinstance(error, TransportError):
        return isinstance(error.__cause__, HTTPFailure) and may_pass(error.__cause__)
    return isinstance(error, StatusError) and error.status in TRANSIENT_STATUSES
