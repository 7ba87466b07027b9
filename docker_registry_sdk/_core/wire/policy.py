"""The limits of a call: how long the call may take, and how often its requests are repeated. This module does no I/O.

There are three kinds of limits:

- `RetryPolicy` determines how often a request is repeated, and how long to wait before each repetition. The policy of a client
  comes from the options `max_retries` and `max_retry_wait`. The policy applies to all repetitions: of requests to the registry,
  of token requests, of interrupted downloads and uploads, and of updates of the tag that lists referrers at registries without
  the referrers API.
- `Deadline` is the moment by which a whole call must be complete, with all its requests, waits and bodies.
- `CallLimits` contains a `RetryPolicy`, a `Deadline`, and the `timeout` of each step of a request (wait for a free connection,
  connect, write, read). Public methods pass a `CallLimits` to the functions that they call.

A public method that sends one request passes `timeout` and `deadline` to a function generated from the OpenAPI description:

    await head_blob.asyncio(client, name, digest, timeout=timeout, deadline=deadline)

A public method that sends several requests creates a `CallLimits` when the call begins, and uses it for all requests:

    limits = call_limits(client, timeout, deadline)     # an argument that is None: use the client's option
    await head_blob.asyncio(client, name, digest, timeout=limits.timeout, deadline=limits.deadline)
    ...
    wait = limits.seconds_to_retry(failures)            # failures: how often the request has failed in a row
    if wait is None:                                    # too many failures, or the deadline would pass during the wait
        raise error
    await async_sleep(wait)

Work that is not a request, such as reading a slow file, calls `limits.check(method, url)` from time to time.
"""

from __future__ import annotations

import math
import random
import time
from typing import NamedTuple, Self

from attrs import field, frozen

from ...errors import DeadlineExceededError

DEFAULT_MAX_RETRIES = 3
DEFAULT_MAX_RETRY_WAIT_SECONDS = 60.0
MIN_BACKOFF_SECONDS = 0.25
MAX_BACKOFF_SECONDS = 8.0


@frozen
class Deadline:
    """The moment by which a call, or a series of calls that share the deadline, must be complete.

    Attributes:
        seconds: The time in seconds from the creation of this object to the deadline, for messages.
        moment: The value of `time.monotonic()` at the deadline.
    """

    seconds: float
    moment: float = field(repr=False)

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Return a deadline that is a number of seconds from now.

        Args:
            seconds: A number of seconds above 0; `math.inf` for a deadline that never passes.

        Raises:
            ValueError: The number is not above 0.
        """
        if not seconds > 0:  # also true for NaN
            raise ValueError(f"deadline must be a number of seconds above 0, not {seconds!r}")
        return cls(seconds, time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Return the seconds until the deadline; 0 or less when the deadline has passed."""
        return self.moment - time.monotonic()

    @property
    def has_passed(self) -> bool:
        """Return whether the deadline has passed."""
        return self.remaining <= 0

    def bound(self, seconds: float | None) -> float | None:
        """Return the seconds that a step of a request may take: the timeout of the step or the seconds until the deadline.

        The result is the smaller of the two numbers, but not below 0. It is None if the step has no timeout and the deadline
        never passes.

        Args:
            seconds: The timeout of the step in seconds; None for no timeout.
        """
        remaining = max(0.0, self.remaining)
        bounded = remaining if seconds is None else min(seconds, remaining)
        return None if bounded == math.inf else bounded

    def error(self, method: str, url: str) -> DeadlineExceededError:
        """Return the exception for a request that was not complete by the deadline.

        Args:
            method: The HTTP method of the request.
            url: The URL of the request.
        """
        return DeadlineExceededError(self.seconds, method=method, url=url)

    def check(self, method: str, url: str) -> None:
        """Raise an exception if the deadline has passed.

        Args:
            method: The HTTP method of the request that needs more time, for the message.
            url: The URL of the request, for the message.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        if self.has_passed:
            raise self.error(method, url)


class RetryPolicy(NamedTuple):
    """The policy for repeating requests: how often a request is repeated, and how long to wait before each repetition.

    A request counts as failed if a transfer is interrupted, even if many bytes arrived. To resume a download or upload is
    to repeat the same request, so a server that interrupts every transfer receives `max_retries + 1` requests. Each chunk of an
    upload is a request of its own, with its own repetitions. If a server sends a complete range that is shorter than requested,
    the request for the remaining bytes is also a new request, not a repetition.

    Attributes:
        max_retries: The maximum number of repetitions of the same request; 0 sends each request once.
        max_retry_wait: The longest wait before a repetition, in seconds. If a registry requests a longer wait with the header
            Retry-After, the request is not repeated, and the caller gets the error of the response.
    """

    max_retries: int = DEFAULT_MAX_RETRIES
    max_retry_wait: float = DEFAULT_MAX_RETRY_WAIT_SECONDS

    def seconds_to_retry(
        self, failures: int, *, retry_after: float | None = None, deadline: Deadline | None = None
    ) -> float | None:
        """Return the seconds that the caller must wait before it repeats a request, or None if it must not repeat the request.

        The wait doubles with each failure, from 0.25 up to 8 seconds, and is multiplied by a random factor between 0.5 and 1, so
        that clients whose requests failed at the same time do not repeat them at the same time. The wait is at most
        `max_retry_wait`, and at least `retry_after`.

        Args:
            failures: How many times in a row the request has failed; 1 after the first failure. If the number is above
                `max_retries`, the result is None.
            retry_after: The seconds that the server requests in the header Retry-After; None if there is no such header. If the
                number is above `max_retry_wait`, the result is None.
            deadline: The deadline of the call; None for no deadline. If the deadline would pass during the wait, the result is
                None.
        """
        if failures > self.max_retries or (retry_after is not None and retry_after > self.max_retry_wait):
            return None
        backoff = random.uniform(0.5, 1.0) * min(MIN_BACKOFF_SECONDS * 2.0 ** (failures - 1), MAX_BACKOFF_SECONDS)
        wait = max(min(backoff, self.max_retry_wait), retry_after or 0.0)
        return None if deadline is not None and wait >= deadline.remaining else wait


DEFAULT_RETRY_POLICY = RetryPolicy()


def to_deadline(value: Deadline | float | None) -> Deadline | None:
    """Return the `Deadline` for the value of an argument `deadline`.

    Args:
        value: A deadline, which is returned unchanged; the seconds from now until the deadline; or None for no deadline, for
            which the result is None.

    Raises:
        TypeError: The value has another type.
        ValueError: The value is a number of seconds that is not above 0.
    """
    if value is None or isinstance(value, Deadline):
        return value
    if not isinstance(value, (int, float)):
        raise TypeError(f"deadline must be a number of seconds or a Deadline, not {type(value).__name__}")
    return Deadline.after(value)
