"""The decision whether a failed request is sent again, and after which wait. This module does no I/O."""

from __future__ import annotations

import logging

from ..auth.effects import Send
from ..auth.refusals import is_repeatable
from ..text.redaction import redact_url
from ..text.retry_after import retry_after_seconds
from ..wire import Deadline, HTTPFailure, HTTPRequest, HTTPResponse, RetryPolicy, call_of, may_pass, never_arrived
from ..wire.failures import IDEMPOTENT_METHODS

_log = logging.getLogger(__name__)


TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Error statuses after which a request may succeed when it is repeated; 501 and 505 are permanent."""


def seconds_to_retry(
    send: Send, outcome: HTTPResponse | HTTPFailure, failures: int, policy: RetryPolicy, deadline: Deadline | None
) -> float | None:
    """Return the seconds to wait before a failed request is sent again; None if the request must not be sent again.

    None means that a repetition is not safe, would not help, would exceed `policy` or `deadline`, or is the business of the code
    that sent the request (`CallContext.repeated_by_caller`). A request whose body can be sent again is safe to repeat if its
    method is idempotent, if `send` allows it, if the request never reached the server, or if the server responded with 429.

    Args:
        send: The request, and whether it may be repeated although its method is not idempotent.
        outcome: The response, whose body is not read yet, or the failure if there is no response.
        failures: How many times the request has failed in a row; 1 after the first time.
        policy: The client's retry policy.
        deadline: The deadline of the call; None for no deadline.
    """
    if call_of(send.request).repeated_by_caller:
        return None
    asked = None
    if isinstance(outcome, HTTPResponse):
        if outcome.status_code not in TRANSIENT_STATUSES or not (
            _is_safe_to_repeat(send) or _was_rate_limited(outcome, send.request)
        ):
            return None
        asked = retry_after_seconds(outcome.headers)
        reason = str(outcome.status_code)
    elif may_pass(outcome) and (_is_safe_to_repeat(send) or (never_arrived(outcome) and is_repeatable(send.request))):
        reason = type(outcome).__name__  # not its message, which may quote a header
    else:
        return None
    wait = policy.seconds_to_retry(failures, retry_after=asked, deadline=deadline)
    if wait is not None:
        _log.debug("%s %s: %s; again in %.2f s", send.request.method, redact_url(str(send.request.url)), reason, wait)
    return wait


def _is_safe_to_repeat(send: Send) -> bool:
    return is_repeatable(send.request) and (send.repeatable or send.request.method in IDEMPOTENT_METHODS)


def _was_rate_limited(response: HTTPResponse, request: HTTPRequest) -> bool:
    return response.status_code == 429 and is_repeatable(request)
