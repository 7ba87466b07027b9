"""Retries, sync and async: repeatable requests, waits, and limits."""

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
    """A body that can be read once; it is cut if `broken`."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken

    def __iter__(self) -> Iterator[bytes]:
        yield b"x"
        if self.broken:
            raise httpx.ReadError("reset")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self:
            yield block


class ScriptedTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that returns or raises one result after the other; the bodies of the first `broken` ones are cut."""

    def __init__(self, results: Iterable[Result], broken: int) -> None:
        self.results = iter(results)
        self.broken = broken
        self.tries = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return or raise the next result."""
        self.tries += 1
        result = next(self.results)
        if isinstance(result, Exception):
            raise result
        body = Body(broken=self.tries <= self.broken)
        return httpx.Response(result.status_code, headers=result.headers.multi_items(), stream=body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return or raise the next result."""
        return self.handle_request(request)


class FixedPolicy:
    """A policy that sends the same effect for every request."""

    def __init__(self, send: Send) -> None:
        self.send = send

    def flow(self, request: httpx.Request, /) -> Flow:
        """Send the effect."""
        response: httpx.Response = yield self.send
        return response


def request(method: str = "GET", **options: Any) -> httpx.Request:
    """Return a request."""
    return httpx.Request(method, URL, **options)


def run(
    results: Iterable[Result], send: Send | None = None, *, broken: int = 0, **limits: Any
) -> tuple[httpx.Response, list[float], int]:
    """Return response, waits and number of requests of a sync pipeline; check that an async one does the same."""
    results, send = list(results), send or Send(request())
    origin = RegistryOrigin(parse_index("registry.example.com"))
    made: dict[str, Any] = {
        "owned": True,
        "user_agent": "u",
        "credentials": ExplicitCredentials(Credential("a", "b"), "registry.example.com"),
    }
    policy = RetryPolicy(**limits)
    line, async_line = ScriptedTransport(results, broken), ScriptedTransport(results, broken)
    waits, async_waits = list[float](), list[float]()

    async def run_async() -> httpx.Response:
        pipeline = asynchronous.AsyncPipeline(
            origin, asynchronous.AsyncSettings(create_http=lambda: httpx.AsyncClient(transport=async_line), **made), policy
        )
        pipeline.auth_policy = FixedPolicy(send)
        return await pipeline.send(send.request)

    async def async_sleep(seconds: float) -> None:
        async_waits.append(seconds)

    pipeline = synchronous.Pipeline(
        origin, synchronous.Settings(create_http=lambda: httpx.Client(transport=line), **made), policy
    )
    pipeline.auth_policy = FixedPolicy(send)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synchronous, "sleep", waits.append)
        patch.setattr(asynchronous, "async_sleep", async_sleep)
        try:
            response = pipeline.send(send.request)
        except httpx.TransportError as error:
            with pytest.raises(type(error)):
                asyncio.run(run_async())
            raise
        assert asyncio.run(run_async()).status_code == response.status_code
    assert (async_line.tries, len(async_waits)) == (line.tries, len(waits))
    return response, waits, line.tries


def respond(status: int, **headers: str) -> httpx.Response:
    """Return a response with headers, whose hyphens are written as underscores."""
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 524])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_a_transient_error_status_is_retried(status: int, method: str) -> None:
    response, waits, tries = run([respond(status), respond(200)], Send(request(method, content=b"")))
    assert (response.status_code, tries, len(waits)) == (200, 2, 1)


@pytest.mark.parametrize("status", [200, 304, 400, 401, 403, 404, 409, 416, 501, 505])
def test_other_statuses_are_not_retried(status: int) -> None:
    response, waits, tries = run([respond(status)])
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
def test_a_connection_error_is_retried(error: Exception) -> None:
    assert run([error, respond(200)])[2] == 2


@pytest.mark.parametrize("error", [httpx.LocalProtocolError("Illegal header value"), httpx.UnsupportedProtocol("x")])
def test_an_error_of_the_client_is_not_retried(error: Exception) -> None:
    with pytest.raises(type(error)):
        run([error])


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("failure", [respond(500), respond(503), respond(408), httpx.ReadError("x"), httpx.ReadTimeout("x")])
def test_a_write_that_the_registry_may_have_executed_is_not_retried(method: str, failure: Result) -> None:
    if isinstance(failure, Exception):
        with pytest.raises(type(failure)):
            run([failure], Send(request(method, content=b"")))
    else:
        assert run([failure], Send(request(method, content=b"")))[2] == 1


@pytest.mark.parametrize("failure", [respond(429), httpx.ConnectError("x"), httpx.ConnectTimeout("x")])
def test_a_write_that_the_registry_did_not_execute_is_retried(failure: Result) -> None:
    assert run([failure, respond(202)], Send(request("POST", content=b"x")))[2] == 2


def test_a_post_marked_as_repeatable_is_retried() -> None:
    assert run([respond(503), respond(200)], Send(request("POST", content=b"x"), repeatable=True))[2] == 2


@pytest.mark.parametrize("failure", [respond(429), respond(503), httpx.ConnectError("x")])
def test_a_body_that_can_be_sent_once_is_sent_once(failure: Result) -> None:
    send = Send(request("PUT", stream=Body()))
    if isinstance(failure, Exception):
        with pytest.raises(type(failure)):
            run([failure], send)
    else:
        assert run([failure], send)[2] == 1


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_the_number_of_retries_is_limited(limit: int) -> None:
    response, waits, tries = run([respond(503)] * 10, max_retries=limit)
    assert (response.status_code, tries, len(waits)) == (503, limit + 1, limit)
    with pytest.raises(httpx.ConnectError):
        run([httpx.ConnectError("x")] * (limit + 1), max_retries=limit)


def test_a_request_is_sent_again_three_times_by_default() -> None:
    response, waits, tries = run([respond(503)] * 10)
    assert (response.status_code, tries, len(waits)) == (503, 4, 3)


def test_retry_after_in_seconds_is_waited() -> None:
    assert run([respond(429, Retry_After="7"), respond(200)])[1] == [7.0]


def test_retry_after_as_a_date_is_waited() -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    headers = {"Date": format_datetime(now, usegmt=True), "Retry_After": format_datetime(now + timedelta(seconds=9), usegmt=True)}
    assert run([respond(503, **headers), respond(200)])[1] == [9.0]


@pytest.mark.parametrize("value", ["soon", "-5", "", "1e3"])
def test_an_invalid_retry_after_is_ignored(value: str) -> None:
    [wait] = run([respond(429, Retry_After=value), respond(200)])[1]
    assert wait <= 0.25


@pytest.mark.parametrize("limit", [60.0, 5.0])
def test_a_longer_retry_after_than_allowed_is_not_waited(limit: float) -> None:
    response, waits, tries = run([respond(429, Retry_After=f"{limit + 1:.0f}")], max_retry_wait=limit)
    assert (response.status_code, waits, tries) == (429, [], 1)
    assert run([respond(429, Retry_After=f"{limit:.0f}"), respond(200)], max_retry_wait=limit)[1] == [limit]


@given(st.integers(1, 9))
def test_waits_grow_with_jitter(count: int) -> None:
    _, waits, _ = run([respond(503)] * 10, max_retries=count)
    for number, wait in enumerate(waits):
        full = min(0.25 * 2**number, 8.0)
        assert full / 2 <= wait <= full


def test_waits_are_random() -> None:
    assert len({run([respond(503), respond(200)])[1][0] for _ in range(20)}) > 1


def test_a_buffered_body_that_is_cut_is_requested_again() -> None:
    send = Send(request(extensions={CALL: CallContext(buffered=True)}))
    assert run([respond(200), respond(200)], send, broken=1)[2] == 2


def test_a_streamed_body_is_not_read() -> None:
    assert run([respond(200)], broken=1)[2] == 1


def test_a_write_whose_response_is_cut_is_not_retried() -> None:
    with pytest.raises(httpx.ReadError):
        run([respond(202)], Send(request("POST", content=b"", extensions={CALL: CallContext(buffered=True)})), broken=1)


def test_the_error_is_raised_in_the_flow() -> None:
    class Recovering(FixedPolicy):
        def flow(self, request: httpx.Request, /) -> Flow:
            try:
                yield self.send
            except httpx.ReadError:
                return httpx.Response(418)
            raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.FixedPolicy", Recovering)
        assert run([httpx.ReadError("x")], Send(request("POST", content=b"")))[0].status_code == 418
