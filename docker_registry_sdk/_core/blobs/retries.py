"""The decision whether a failed request of a download or an upload is repeated. Free of I/O."""

from __future__ import annotations

from typing import Final

from attrs import define

from ...errors import ParseError, RegistryError, StatusError, TransportError
from ..transport.retries import TRANSIENT_STATUSES
from ..wire import CallLimits

MIN_PROGRESS_BYTES: Final = 64 * 1024
"""If a response holds a shorter range than requested, but at least this number of bytes, the response is not a failure."""

# Of servers that fail on the header Range. So may any 4xx that is not transient: 403 is the status of storage whose signed URLs
# do not allow the header.
_RANGE_SERVER_STATUSES: Final = frozenset({500, 501, 502})


@define
class RequestFailures:
    """A counter of the consecutive failures of one request, which decides whether the request is repeated.

    A download counts as one request: each interruption of its body is a failure, no matter how many bytes have arrived.
    Therefore a server that cuts every body receives `max_retries + 1` requests. Each chunk of an upload counts as a request of
    its own, so the count is reset when the registry has accepted a chunk.

    The requests must be sent with `transfer_client`, whose transport does not repeat requests: if both repeated them, the numbers
    of repetitions would multiply.

    Attributes:
        limits: The limits of the call, with its deadline and the client's retry policy.
        count: The number of failures since the last success.
    """

    limits: CallLimits
    count: int = 0

    def seconds_to_retry(self, error: RegistryError) -> float | None:
        """Count a failure, and return the seconds to wait before the request is repeated.

        None means that the request must not be repeated.

        Args:
            error: The exception of the failed request.
        """
        self.count += 1
        retry_after = error.retry_after if isinstance(error, StatusError) else None
        return self.limits.seconds_to_retry(self.count, retry_after=retry_after)

    def reset(self) -> None:
        """Set the count to 0, after a request has succeeded."""
        self.count = 0


def is_transient(error: RegistryError) -> bool:
    """Return whether a failed request may succeed when it is repeated.

    Args:
        error: The exception of the failed request.
    """
    if isinstance(error, TransportError):
        return error._is_transient
    return isinstance(error, StatusError) and error.status in TRANSIENT_STATUSES


def may_be_due_to_range(error: RegistryError) -> bool:
    """Return whether a failed request with a Range header may succeed without this header.

    Args:
        error: The exception of the failed request, which is not transient or was raised each time.
    """
    if isinstance(error, StatusError):
        return error.status in _RANGE_SERVER_STATUSES or (400 <= error.status < 500 and error.status not in TRANSIENT_STATUSES)
    return isinstance(error, ParseError)
