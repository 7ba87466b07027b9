"""The request log."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import attrs
import httpx
import pytest
from starlette.types import ASGIApp

from docker_registry_sdk.testing import EmbeddedRegistry, RequestLog, RequestRecord
from docker_registry_sdk.testing.faults import Fault, FaultExchange
from tests.testing.helpers import UNKNOWN, digest_of

RECORD = RequestRecord(
    method="GET",
    path="/",
    headers=(("accept", "a"), ("accept", "b")),
    status=200,
    request_bytes=0,
    response_bytes=0,
    response_headers=(),
)


def test_records(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    content = b"x" * 100_000
    digest = digest_of(content)
    client.post("/v2/repo/blobs/uploads/", params={"digest": digest}, content=content)
    client.get(f"/v2/repo/blobs/{digest}", headers={"range": "bytes=0-9"})
    client.head(f"/v2/repo/blobs/{digest}")
    missing = client.get(f"/v2/repo/manifests/{UNKNOWN}?a=%2f&b=c%20d")
    seen = [(each.method, each.path, each.status, each.request_bytes, each.response_bytes) for each in stored_registry.requests]
    assert seen == [
        ("POST", f"/v2/repo/blobs/uploads/?digest={digest.replace(':', '%3A')}", 201, 100_000, 0),
        ("GET", f"/v2/repo/blobs/{digest}", 206, 0, 10),
        ("HEAD", f"/v2/repo/blobs/{digest}", 200, 0, 0),
        ("GET", f"/v2/repo/manifests/{UNKNOWN}?a=%2f&b=c%20d", 404, 0, len(missing.content)),
    ]
    assert stored_registry.requests[1].header("Range") == "bytes=0-9"
    assert stored_registry.requests[0].header("Range") is None
    assert dict(stored_registry.requests[1].response_headers)["content-range"] == "bytes 0-9/100000"


def test_secrets_are_not_logged(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    names = ["Authorization", "Cookie", "Proxy-Authorization"]
    client.get("/v2/", headers=dict.fromkeys(names, "hunter2"))
    record = stored_registry.requests[0]
    assert [record.header(name) for name in names] == ["[redacted]"] * 3
    assert "hunter2" not in repr(stored_registry.requests)


def test_record_is_added_before_the_response_ends(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    for number in range(1, 200):
        client.get("/v2/")
        assert len(stored_registry.requests) == number


def test_running_requests_are_counted(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    arrived, release = threading.Event(), threading.Event()

    class Hold:
        async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
            arrived.set()
            await asyncio.to_thread(release.wait, 60)
            await app(exchange.scope, exchange.receive, exchange.send)

    stored_registry.faults.add(Fault(Hold(), operation="ping"))
    with ThreadPoolExecutor(1) as pool:
        response = pool.submit(client.get, "/v2/")
        assert arrived.wait(60)
        assert (stored_registry.requests.under_way, len(stored_registry.requests)) == (1, 0)
        release.set()
        assert response.result().status_code == 200
    assert (stored_registry.requests.under_way, len(stored_registry.requests)) == (0, 1)


def test_log_is_a_sequence() -> None:
    log = RequestLog()
    records = [attrs.evolve(RECORD, status=status) for status in range(200, 205)]
    for record in records:
        log.append(record)
    assert (list(log), log[-1], log[1:3], records[2] in log) == (records, records[-1], records[1:3], True)
    assert log.snapshot() == records
    log.clear()
    assert len(log) == 0 and not log
    with pytest.raises(IndexError):
        log[0]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        RECORD.status = 500  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_threads() -> None:
    log = RequestLog()
    barrier = threading.Barrier(8)

    def work(_: int) -> None:
        barrier.wait()
        for _ in range(100):
            log.append(RECORD)
            assert all(record is RECORD for record in log)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(log) == 800
