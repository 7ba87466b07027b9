"""The limits of a call: how long the call may take, and how often its requests are repeated. This module does no I/O.

There are three kinds of limits:

- `RetryPolicy` determines how often a request is repeated, and how long to wait before each repetition. The policy of a client
  comes from the options `max_retries` and `max_retry_wait`. It applies to all repetitions: of requests, of token requests, of
  interrupted downloads and uploads, and of updates of a fallback tag.
- `Deadline` is the moment by which a whole call must be complete, with all its requests, waits and bodies.
- `CallLimits` contains a `RetryPolicy`, a `Deadline`, and the `timeout` of each step of a request. Public methods pass it to
  the functions that they call.

A public method that sends one request passes `timeout` and `deadline` to the generated function:

    await head_blob.asyncio(client, name, digest, timeout=timeout, deadline=deadline)

A public method that sends several requests creates a `CallLimits` when the call begins, and uses it for all requests:

    limits = call_limits(client, timeout, deadline)     # None: use the client's option
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
from typing import Self, TypeAlias

import httpx
from attrs import field, frozen

from ...errors import DeadlineExceededError

Timeout: TypeAlias = float | httpx.Timeout

DEFAULT_MAX_RETRIES = 3
DEFAULT_MAX_RETRY_WAIT_SECONDS = 60.0
MIN_BACKOFF_SECONDS = 0.25
MAX_BACKOFF_SECONDS = 8.0


@frozen
class Deadline:
    """The moment by which a call must be complete, or several calls that use the same deadline.

    Attributes:
        seconds: The time between the creation of the deadline and the deadline, in seconds.
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
        """Return the seconds that a step may take: its timeout, or the time until the deadline if that is shorter.

        Args:
            seconds: The timeout of the step in seconds; None for no timeout.
        """
        remaining = max(0.0, self.remaining)
        bounded = remaining if seconds is None else min(seconds, remaining)
        return None if bounded == math.inf else bounded

    def error(self, method: str, url: str) -> DeadlineExceededError:
        """Return the exception for a request that was not complete by the deadline.

        Args:
            method: The HTTP method.
            url: The URL of the request.
        """
        return DeadlineExceededError(self.seconds, method=method, url=url)

    def check(self, method: str, url: str) -> None:
        """Raise an exception if the deadline has passed.

        Args:
            method: The HTTP method of the request that needs more time.
            url: The URL of the request.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        if self.has_passed:
            raise self.error(method, url)


@frozen(kw_only=True)
class RetryPolicy:
    """The policy for repeating requests: how often a request is repeated, and how long to wait before each repetition.

    A request whose body is cut counts as failed, even if many bytes arrived. Resuming a download or upload is a repetition of the
    same request, so a server that cuts every body receives `max_retries + 1` requests. The repetitions are counted separately for
    each chunk of an upload. If a server sends a complete but shorter range than requested, the request for the remaining bytes is
    counted separately, too.

    Attributes:
        max_retries: The maximum number of repetitions of the same request; 0 sends each request once.
        max_retry_wait: The longest wait in seconds. If a registry requests a longer wait, the request is not repeated, and
            the error of the response is raised.
    """

    max_retries: int = DEFAULT_MAX_RETRIES
    max_retry_wait: float = DEFAULT_MAX_RETRY_WAIT_SECONDS

    def seconds_to_retry(
        self, failures: int, *, retry_after: float | None = None, deadline: Deadline | None = None
    ) -> float | None:
        """Return the seconds to wait before a request is sent again, or None when it must not be sent again.

        The wait doubles with each failure, from 0.25 to 8 seconds. A random factor between 0.5 and 1 keeps clients that
        failed at the same time from repeating at the same time.

        Args:
            failures: How many times the request has failed in a row; 1 after the first time.
            retry_after: The seconds that the server requests to wait, if it does.
            deadline: The deadline of the call, or None. If it would pass during the wait, the method returns None.
        """
        if failures > self.max_retries or (retry_after is not None and retry_after > self.max_retry_wait):
            return None
        backoff = random.uniform(0.5, 1.0) * min(MIN_BACKOFF_SECONDS * 2.0 ** (failures - 1), MAX_BACKOFF_SECONDS)
        wait = max(min(backoff, self.max_retry_wait), retry_after or 0.0)
        return None if deadline is not None and wait >= deadline.remaining else wait


DEFAULT_RETRY_POLICY = RetryPolicy()


def to_deadline(value: Deadline | float | None) -> Deadline | None:
    """Return the `Deadline` for the value of a `deadline=` argument.

    Args:
        value: A deadline, the seconds until the deadline, or None.

    Raises:
        ValueError: The number of seconds is not above 0.
    """
    return value if value is None or isinstance(value, Deadline) else Deadline.after(value)
