"""Trying again: which failures are worth it, how long to wait, and when to give up. Free of I/O."""

from __future__ import annotations

import logging
import random
from collections.abc import Generator
from typing import Any

from attrs import frozen

from .._redaction import redact_url
from .._retry_after import seconds_to_wait
from ..auth.authenticator import is_repeatable
from ..auth.steps import Flow, Read, Send, Step, Wait
from ..wire import HTTPFailure, HTTPRequest, HTTPResponse, may_pass, never_arrived

_log = logging.getLogger(__name__)

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
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


def with_retries(flow: Flow, limits: RetryLimits) -> Flow:
    """Drive a flow, sending its requests again where that is safe and may help.

    Safe are requests whose method is idempotent and whose body can be sent again; those that never reached the server; and
    those refused by a rate limit.

    Args:
        flow: A flow.
        limits: How often and how long.
    """
    try:
        step = next(flow)
        while True:
            try:
                result = (yield from _attempts(step, limits)) if isinstance(step, Send) else (yield step)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        response: HTTPResponse = end.value
        return response
    finally:
        flow.close()


def _attempts(send: Send, limits: RetryLimits) -> Generator[Step, Any, HTTPResponse]:
    request = send.request
    for attempt in range(limits.max_retries):
        try:
            response: HTTPResponse = yield from _attempt(send)
        except HTTPFailure as error:
            if not may_pass(error) or not (_may_repeat(send) or (never_arrived(error) and is_repeatable(request))):
                raise
            wait, reason = backoff(attempt), type(error).__name__  # its words may quote a header
        else:
            if response.status_code not in _PASSING or not (_may_repeat(send) or _was_refused(response, request)):
                return response
            asked = seconds_to_wait(response.headers)
            if asked is not None and asked > limits.max_retry_wait:
                return response
            yield Read(response)
            wait, reason = max(backoff(attempt), asked or 0.0), str(response.status_code)
        _log.debug("%s %s: %s; again in %.2f s", request.method, redact_url(str(request.url)), reason, wait)
        yield Wait(wait)
    return (yield from _attempt(send))


def backoff(attempt: int) -> float:
    """Return how many seconds to wait before a try: longer each time, and of a length that others do not share.

    Args:
        attempt: How many tries have failed since the first one.
    """
    return random.uniform(0.5, 1.0) * min(_FIRST_WAIT * 2.0**attempt, _LONGEST_BACKOFF)


def _attempt(send: Send) -> Generator[Step, Any, HTTPResponse]:
    response: HTTPResponse = yield send
    if send.request.extensions.get("buffered") and response.is_success:
        response = yield Read(response)  # here, since a body that breaks off is a failure like others
    return response


def _may_repeat(send: Send) -> bool:
    return is_repeatable(send.request) and (send.repeatable or send.request.method in _IDEMPOTENT)


def _was_refused(response: HTTPResponse, request: HTTPRequest) -> bool:
    return response.status_code == 429 and is_repeatable(request)
