"""Tests of the retry policy of transfers: which failures are transient, and how long to wait before a repetition."""

from __future__ import annotations

import httpx

from docker_registry_sdk._core.blobs.retries import RequestFailures, is_transient
from docker_registry_sdk._core.wire import CallLimits, RetryPolicy
from docker_registry_sdk.errors import ParseError
from tests.core.blobs.helpers import status_error, transport_error


def test_failures_are_counted_until_a_request_succeeds() -> None:
    failures = RequestFailures(CallLimits(retry=RetryPolicy(max_retries=2)))
    for _ in range(2):
        waits = [failures.seconds_to_retry(transport_error(httpx.ReadError(""))) for _ in range(3)]
        assert waits[0] is not None and waits[1] is not None and 0 < waits[0] < waits[1]
        assert waits[2] is None
        failures.reset()


def test_a_wait_that_the_registry_requests_is_respected_or_too_long() -> None:
    limits = CallLimits(retry=RetryPolicy(max_retries=3, max_retry_wait=10.0))
    assert RequestFailures(limits).seconds_to_retry(status_error(503, **{"Retry-After": "7"})) == 7.0
    assert RequestFailures(limits).seconds_to_retry(status_error(429, **{"Retry-After": "11"})) is None


def test_which_failures_are_transient() -> None:
    assert is_transient(transport_error(httpx.ReadError("")))
    assert not is_transient(transport_error(httpx.LocalProtocolError("")))
    assert not is_transient(transport_error(None))
    assert not is_transient(ParseError(model="X", field="", problem="is missing"))
    assert all(is_transient(status_error(status)) for status in (408, 429, 500, 502, 503, 504))
    assert not any(is_transient(status_error(status)) for status in (400, 401, 403, 404, 416, 501))
