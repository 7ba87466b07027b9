"""Trying again: which failures are worth it, how long to wait, and when to give up. Free of I/O."""

from __future__ import annotations

import logging
import random

from attrs import frozen

from ..auth.authenticator import is_repeatable
from ..auth.steps import Send
from ..http1.exchange import IDEMPOTENT_METHODS
from ..text.redaction import redact_url
from ..text.retry_after import seconds_to_wait
from ..wire import HTTPFailure, HTTPRequest, HTTPResponse, may_pass, never_arrived

_log = logging.getLogger(__name__)


# 501 and 505 will not get better.
_PASSING = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_FIRST_WAIT = 0.25
_LONGEST_BACKOFF = 8.0


@frozen(kw_only=True)
class RetryLimits:
    """How often and how long a client tries.

    Attributes:
        max_retries: How many times a request is sent again at the most.
        max_retry_wait: The longest wait in seconds that a registry may ask for; when it asks for more, its answer is raised.
    """

    max_retries: int = 3
    max_retry_wait: float = 60.0


def seconds_to_retry(send: Send, outcome: HTTPResponse | HTTPFailure, attempt: int, limits: RetryLimits) -> float | None:
    """Return how many seconds to wait before a request is sent again, or None when that is not safe, or would not help.

    Safe are requests whose method is idempotent and whose body can be sent again; those that never reached the server; and
    those refused by a rate limit.

    Args:
        send: The request.
        outcome: The response, its body unread, or the failure that came instead.
        attempt: How many times it was sent before.
        limits: How often and how long.
    """
    asked = None
    if isinstance(outcome, HTTPResponse):
        if outcome.status_code not in _PASSING or not (_may_repeat(send) or _was_refused(outcome, send.request)):
            return None
        asked = seconds_to_wait(outcome.headers)
        reason = str(outcome.status_code)
    elif may_pass(outcome) and (_may_repeat(send) or (never_arrived(outcome) and is_repeatable(send.request))):
        reason = type(outcome).__name__  # its words may quote a header
    else:
        return None
    if attempt >= limits.max_retries or (asked is not None and asked > limits.max_retry_wait):
        return None
    wait = max(backoff(attempt), asked or 0.0)
    _log.debug("%s %s: %s; again in %.2f s", send.request.method, redact_url(str(send.request.url)), reason, wait)
    return wait


def backoff(attempt: int) -> float:
    """Return how many seconds to wait before a try: longer each time, and of a length that others do not share.

    Args:
        attempt: How many tries have failed since the first one.
    """
    return random.uniform(0.5, 1.0) * min(_FIRST_WAIT * 2.0**attempt, _LONGEST_BACKOFF)


def _may_repeat(send: Send) -> bool:
    return is_repeatable(send.request) and (send.repeatable or send.request.method in IDEMPOTENT_METHODS)


def _was_refused(response: HTTPResponse, request: HTTPRequest) -> bool:
    return response.status_code == 429 and is_repeatable(request)
