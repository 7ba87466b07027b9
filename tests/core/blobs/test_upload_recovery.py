"""Tests of the decision what an upload does after a failed request, without requests."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.blobs.upload_recovery import UploadRecovery
from docker_registry_sdk._core.wire import CallLimits, RetryPolicy
from docker_registry_sdk.errors import RegistryError
from tests.core.blobs.helpers import status_error, transport_error

# The outcomes of a request: the status of the response, 0 for an interrupted connection, 202 for an accepted chunk.
EVENTS = st.lists(st.sampled_from([202, 0, 400, 401, 404, 408, 416, 429, 500, 503]), min_size=1, max_size=60)


@given(
    events=EVENTS,
    max_retries=st.integers(0, 5),
    chunks=st.integers(1, 5),
    can_replay=st.booleans(),
    loses_bytes=st.booleans(),
    status_is_lost=st.booleans(),
)
def test_any_series_of_failures_ends(
    events: list[int], max_retries: int, chunks: int, can_replay: bool, loses_bytes: bool, status_is_lost: bool
) -> None:
    """The events repeat forever, but the upload ends, and starts over once unless its connections are interrupted."""
    recovery = UploadRecovery(CallLimits(retry=RetryPolicy(max_retries)), None)
    offset = requests = sessions = interruptions = 0
    asks_status = False
    while offset < chunks:
        requests += 1
        event = events[requests % len(events)]
        assert requests < 40 * (max_retries + 1) * chunks + 60
        if event == 202 and not (asks_status and status_is_lost):
            if asks_status:
                asks_status, offset = False, 0 if loses_bytes else offset
                recovery.status_received(offset)
            else:
                offset += 1
                recovery.chunk_accepted(offset)
            continue
        status = 404 if asks_status and status_is_lost else event
        interruptions += status == 0
        error: RegistryError = transport_error(httpx.ReadError("")) if status == 0 else status_error(status)
        step = recovery.next_step(error, offset=offset, was_status=asks_status, is_small=False, can_replay=can_replay)
        wait = 0.0 if step == "reopen" else None if step == "fail" else recovery.seconds_to_retry(error)
        if wait is None or (step in ("replace", "reopen") and not can_replay):
            break
        asks_status = step == "resume"
        if step != "resume":
            recovery.starting_over()
            recovery.session_opened()
            sessions, offset = sessions + 1, 0
    assert sessions <= 1 + interruptions


def test_which_errors_end_a_session() -> None:
    def steps(*statuses: int, max_retries: int = 5, can_replay: bool = True) -> list[str]:
        recovery = UploadRecovery(CallLimits(retry=RetryPolicy(max_retries)), None)
        found: list[str] = []
        for status in statuses:
            error: RegistryError
            error = status_error(status) if status else transport_error(httpx.ReadError(""))
            found.append(recovery.next_step(error, offset=5, was_status=False, is_small=False, can_replay=can_replay))
            recovery.seconds_to_retry(error)
        return found

    for status in (404, 416, 500):
        assert steps(status, status) == ["resume", "replace"]
        assert steps(status, 429, status) == ["resume", "resume", "resume"]
        assert steps(status, status, can_replay=False) == ["resume", "resume"]
    assert steps(503, 503, 503) == ["resume", "resume", "resume"]
    assert steps(503, 503, 503, max_retries=3) == ["resume", "resume", "replace"]
    assert steps(503, max_retries=1) == ["resume"]
    for status in (404, 416, 500, 503):
        assert steps(0, status, status, max_retries=3)[:2] == ["resume", "resume"]
        assert steps(0, status, max_retries=2) == ["resume", "replace"]
    assert steps(400) == steps(413) == ["fail"]
