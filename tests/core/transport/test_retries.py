"""Trying again, sync and async: what is worth it, how long to wait, and when to give up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.auth.effects import Flow, Send
from docker_registry_sdk._core.transport._async import pipeline as asynchronous
from docker_registry_sdk._core.transport._sync import pipeline as synchronous
from docker_registry_sdk._core.transport.registry_origin import RegistryOrigin
from docker_registry_sdk._core.wire import CALL, CallContext, RetryPolicy
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.reference import parse_index

URL = "https://registry.example.com/v2/"
Result = httpx.Response | Exception


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that can be read once, and may break off."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken

    def __iter__(self) -> Iterator[bytes]:
        yield b"x"
        if self.broken:
            raise httpx.ReadError("reset")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self:
            yield block


class Line(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A line that gives one result after the other; `broken` bodies break off first."""

    def __init__(self, results: Iterable[Result], broken: int) -> None:
        self.results = iter(results)
        self.broken = broken
        self.tries = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Give the next result."""
        self.tries += 1
        result = next(self.results)
        if isinstance(result, Exception):
            raise result
        body = Body(broken=self.tries <= self.broken)
        return httpx.Response(result.status_code, headers=result.headers.multi_items(), stream=body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Give the next result."""
        return self.handle_request(request)


class Passing:
    """A policy that sends one and the same effect for every request."""

    def __init__(self, send: Send) -> None:
        self.send = send

    def flow(self, request: httpx.Request, /) -> Flow:
        """Send the step."""
        response: httpx.Response = yield self.send
        return response


def request(method: str = "GET", **options: Any) -> httpx.Request:
    """Return a request."""
    return httpx.Request(method, URL, **options)


def run(
    results: Iterable[Result], send: Send | None = None, *, broken: int = 0, **limits: Any
) -> tuple[httpx.Response, list[float], int]:
    """Return the response, the waits and the number of tries of a sync pipeline, once an async one does the same."""
    results, send = list(results), send or Send(request())
    origin = RegistryOrigin(parse_index("registry.example.com"))
    made: dict[str, Any] = {
        "owned": True,
        "user_agent": "u",
        "credentials": ExplicitCredentials(Credential("a", "b"), "registry.example.com"),
        "proxied": False,
    }
    policy = RetryPolicy(**limits)
    line, async_line = Line(results, broken), Line(results, broken)
    waits, async_waits = list[float](), list[float]()

    async def go() -> httpx.Response:
        pipeline = asynchronous.AsyncPipeline(
            origin, asynchronous.AsyncSettings(http=httpx.AsyncClient(transport=async_line), **made), policy
        )
        pipeline.auth_policy = Passing(send)
        return await pipeline.send(send.request)

    async def async_sleep(seconds: float) -> None:
        async_waits.append(seconds)

    pipeline = synchronous.Pipeline(origin, synchronous.Settings(http=httpx.Client(transport=line), **made), policy)
    pipeline.auth_policy = Passing(send)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synchronous, "sleep", waits.append)
        patch.setattr(asynchronous, "async_sleep", async_sleep)
        try:
            response = pipeline.send(send.request)
        except httpx.TransportError as error:
            with pytest.raises(type(error)):
                asyncio.run(go())
            raise
        assert asyncio.run(go()).status_code == response.status_code
    assert (async_line.tries, len(async_waits)) == (line.tries, len(waits))
    return response, waits, line.tries


def answer(status: int, **headers: str) -> httpx.Response:
    """Return a response, with underscores for hyphens."""
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 524])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_a_passing_failure_is_tried_again(status: int, method: str) -> None:
    response, waits, tries = run([answer(status), answer(200)], Send(request(method, content=b"")))
    assert (response.status_code, tries, len(waits)) == (200, 2, 1)


@pytest.mark.parametrize("status", [200, 304, 400, 401, 403, 404, 409, 416, 501, 505])
def test_other_answers_are_final(status: int) -> None:
    response, waits, tries = run([answer(status)])
    assert (response.status_code, tries, waits) == (status, 1, [])


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.ReadError("x"),
        httpx.ReadTimeout("x"),
        httpx.RemoteProtocolError("x"),
    ],
)
def test_a_broken_connection_is_tried_again(error: Exception) -> None:
    assert run([error, answer(200)])[2] == 2


@pytest.mark.parametrize("error", [httpx.LocalProtocolError("Illegal header value"), httpx.UnsupportedProtocol("x")])
def test_what_this_side_did_wrong_is_not_tried_again(error: Exception) -> None:
    with pytest.raises(type(error)):
        run([error])


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("failure", [answer(500), answer(503), answer(408), httpx.ReadError("x"), httpx.ReadTimeout("x")])
def test_what_may_have_been_done_is_not_done_again(method: str, failure: Result) -> None:
    if isinstance(failure, Exception):
        with pytest.raises(type(failure)):
            run([failure], Send(request(method, content=b"")))
    else:
        assert run([failure], Send(request(method, content=b"")))[2] == 1


@pytest.mark.parametrize("failure", [answer(429), httpx.ConnectError("x"), httpx.ConnectTimeout("x")])
def test_what_never_was_done_is_done_again(failure: Result) -> None:
    assert run([failure, answer(202)], Send(request("POST", content=b"x")))[2] == 2


def test_a_token_request_by_post_is_repeatable() -> None:
    assert run([answer(503), answer(200)], Send(request("POST", content=b"x"), repeatable=True))[2] == 2


@pytest.mark.parametrize("failure", [answer(429), answer(503), httpx.ConnectError("x")])
def test_a_body_that_can_be_sent_once_is_sent_once(failure: Result) -> None:
    send = Send(request("PUT", stream=Body()))
    if isinstance(failure, Exception):
        with pytest.raises(type(failure)):
            run([failure], send)
    else:
        assert run([failure], send)[2] == 1


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_no_more_tries_than_allowed(limit: int) -> None:
    response, waits, tries = run([answer(503)] * 10, max_retries=limit)
    assert (response.status_code, tries, len(waits)) == (503, limit + 1, limit)
    with pytest.raises(httpx.ConnectError):
        run([httpx.ConnectError("x")] * (limit + 1), max_retries=limit)


def test_a_request_is_sent_again_three_times_by_default() -> None:
    response, waits, tries = run([answer(503)] * 10)
    assert (response.status_code, tries, len(waits)) == (503, 4, 3)


def test_the_wait_that_is_asked_for_is_kept() -> None:
    assert run([answer(429, Retry_After="7"), answer(200)])[1] == [7.0]


def test_a_date_is_understood() -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    headers = {"Date": format_datetime(now, usegmt=True), "Retry_After": format_datetime(now + timedelta(seconds=9), usegmt=True)}
    assert run([answer(503, **headers), answer(200)])[1] == [9.0]


@pytest.mark.parametrize("value", ["soon", "-5", "", "1e3"])
def test_an_odd_wait_counts_as_none(value: str) -> None:
    [wait] = run([answer(429, Retry_After=value), answer(200)])[1]
    assert wait <= 0.25


@pytest.mark.parametrize("limit", [60.0, 5.0])
def test_a_longer_wait_than_allowed_is_the_answer(limit: float) -> None:
    response, waits, tries = run([answer(429, Retry_After=f"{limit + 1:.0f}")], max_retry_wait=limit)
    assert (response.status_code, waits, tries) == (429, [], 1)
    assert run([answer(429, Retry_After=f"{limit:.0f}"), answer(200)], max_retry_wait=limit)[1] == [limit]


@given(st.integers(1, 9))
def test_waits_grow_with_jitter(count: int) -> None:
    _, waits, _ = run([answer(503)] * 10, max_retries=count)
    for number, wait in enumerate(waits):
        full = min(0.25 * 2**number, 8.0)
        assert full / 2 <= wait <= full


def test_waits_differ() -> None:
    assert len({run([answer(503), answer(200)])[1][0] for _ in range(20)}) > 1


def test_a_buffered_body_that_breaks_off_is_asked_for_again() -> None:
    send = Send(request(extensions={CALL: CallContext(buffered=True)}))
    assert run([answer(200), answer(200)], send, broken=1)[2] == 2


def test_a_streamed_body_is_left_alone() -> None:
    assert run([answer(200)], broken=1)[2] == 1


def test_a_buffered_write_that_breaks_off_is_not_done_again() -> None:
    with pytest.raises(httpx.ReadError):
        run([answer(202)], Send(request("POST", content=b"", extensions={CALL: CallContext(buffered=True)})), broken=1)


def test_the_flow_learns_of_the_failure() -> None:
    class Recovering(Passing):
        def flow(self, request: httpx.Request, /) -> Flow:
            try:
                yield self.send
            except httpx.ReadError:
                return httpx.Response(418)
            raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.Passing", Recovering)
        assert run([httpx.ReadError("x")], Send(request("POST", content=b"")))[0].status_code == 418
