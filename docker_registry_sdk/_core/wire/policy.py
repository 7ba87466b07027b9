"""The limits of a call: how long it may take, and how often its requests are repeated. Free of I/O.

Three values, from the smallest to the largest:

- `RetryPolicy` says how often a request is repeated, and how long to wait before each repetition. A client has one, made of
  its options `max_retries` and `max_retry_wait`. Every kind of repetition follows it: requests, token requests, resumed
  downloads, resumed uploads and the update of a fallback tag.
- `Deadline` is the moment by which a whole call must be complete, with all its requests, waits and bodies.
- `CallLimits` holds both, and the `timeout` of each step of a request. Functions below the public methods take it as an argument.

A public method that sends one request passes `timeout` and `deadline` on to the generated function:

    await head_blob.asyncio(client, name, digest, timeout=timeout, deadline=deadline)

A public method that sends several requests makes its limits once, when it begins, and hands them down:

    limits = call_limits(client, timeout, deadline)     # the client's own values stand in for those that are None
    await head_blob.asyncio(client, name, digest, timeout=limits.timeout, deadline=limits.deadline)
    ...
    wait = limits.seconds_to_retry(failures)            # failures: how often the same request failed in a row, 1 or more
    if wait is None:                                    # too many failures, or the deadline would pass during the wait
        raise error
    await async_sleep(wait)

Work that is not a request, such as reading a slow file, calls `limits.check(method, url)` between its parts.
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
    """The moment by which a call must be complete. Several calls that share a deadline must all be complete by it.

    Attributes:
        seconds: The time that there was in the beginning, in seconds.
        moment: The moment, on the clock of `time.monotonic`.
    """

    seconds: float
    moment: float = field(repr=False)

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Return the deadline that is so many seconds from now.

        Args:
            seconds: A number of seconds above 0; `math.inf` for a deadline that never passes.

        Raises:
            ValueError: The number is not above 0.
        """
        if not seconds > 0:  # which NaN is not, either
            raise ValueError(f"deadline should be a number of seconds above 0, not {seconds!r}")
        return cls(seconds, time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """The seconds until the deadline; 0 or less when it has passed."""
        return self.moment - time.monotonic()

    @property
    def has_passed(self) -> bool:
        """Whether the deadline has passed."""
        return self.remaining <= 0

    def bound(self, seconds: float | None) -> float | None:
        """Return the time that one step may take: the timeout, or the time until the deadline if that is shorter.

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
    """How often a request is repeated, and how long to wait before each repetition.

    A request whose body is cut has failed, however many bytes arrived before: a resumed download or upload repeats the same
    request. So a server that cuts every body receives `max_retries + 1` requests. Each chunk of an upload is a request of its
    own, and so is the rest of a blob after a complete, but shorter range than requested.

    Attributes:
        max_retries: The maximum number of repetitions of the same request; 0 sends each request once.
        max_retry_wait: The longest wait in seconds. When a registry requests a longer one, its response is raised instead.
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
            deadline: The deadline of the call, if it has one; a wait that would pass it is not worth it.
        """
        if failures > self.max_retries or (retry_after is not None and retry_after > self.max_retry_wait):
            return None
        backoff = random.uniform(0.5, 1.0) * min(MIN_BACKOFF_SECONDS * 2.0 ** (failures - 1), MAX_BACKOFF_SECONDS)
        wait = max(min(backoff, self.max_retry_wait), retry_after or 0.0)
        return None if deadline is not None and wait >= deadline.remaining else wait


DEFAULT_RETRY_POLICY = RetryPolicy()


def to_deadline(value: Deadline | float | None) -> Deadline | None:
    """Return the deadline that an argument `deadline=` stands for.

    Args:
        value: A deadline, the seconds until it, or None.

    Raises:
        ValueError: The number of seconds is not above 0.
    """
    return value if value is None or isinstance(value, Deadline) else Deadline.after(value)
