"""The option `transport` with a transport of the caller that does not use httpx, and headers that stay at the registry."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.transport._async.caller_transport import AsyncTransportRequest, AsyncTransportResponse
from docker_registry_sdk.errors import ClosedError, TransportError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from tests.core.wire.loopback import run_loopback
from tests.support._async.blobs import read_blob
from tests.support.embedded import login_of

pytestmark = pytest.mark.anyio

SECRETS = {"X-Api-Key": "S3CR3T", "Private-Token": "S3CR3T", "X-Authorization": "Bearer S3CR3T"}


class AsyncRecorder:
    """A transport that notes each request and passes it on."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.requests: list[AsyncTransportRequest] = []
        self.closed = 0
        self._inner = AsyncHttpxTransport(http)

    async def send(self, request: AsyncTransportRequest) -> AsyncTransportResponse:
        self.requests.append(request)
        response = await self._inner.send(request)
        inner_close = response.close
        assert inner_close is not None

        async def close() -> None:
            self.closed += 1
            await inner_close()

        return AsyncTransportResponse(status=response.status, headers=response.headers, body=response.body, close=close)


async def test_each_request_goes_through_the_transport() -> None:
    http = httpx.AsyncClient()
    recorder = AsyncRecorder(http)
    with EmbeddedRegistry(auth="token") as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", transport=recorder, timeout=7, **login_of(registry)) as client:
            digest = (await client.blob_upload(b"hello")).digest
            assert await read_blob(client, digest) == b"hello"
        assert [request.method for request in recorder.requests] == [record.method for record in registry.requests]
        assert [request.url.partition(registry.host)[2] for request in recorder.requests] == [
            record.path for record in registry.requests
        ]
    assert {request.timeout.read for request in recorder.requests} == {7}
    assert recorder.closed == len(recorder.requests)
    assert not any(registry.password in repr(request) for request in recorder.requests)
    assert not http.is_closed
    await http.aclose()


async def test_a_client_with_a_transport_is_closed_without_it() -> None:
    recorder = AsyncRecorder(httpx.AsyncClient())
    client = AsyncRegistryClientV2("registry.example.com/a", transport=recorder)
    await client.aclose()
    with pytest.raises(ClosedError):
        await client.ping()
    assert recorder.requests == []


@pytest.mark.parametrize("failure", [TimeoutError("too slow"), ConnectionRefusedError("no"), OSError("broken")])
async def test_an_os_error_is_a_transport_error_and_is_repeated(failure: OSError) -> None:
    calls: list[str] = []

    class Failing:
        async def send(self, request: AsyncTransportRequest) -> AsyncTransportResponse:
            calls.append(request.method)
            raise failure

    async with AsyncRegistryClientV2(
        "https://registry.example.com/a", transport=Failing(), max_retries=1, max_retry_wait=0.01
    ) as client:
        with pytest.raises(TransportError, match=str(failure)):
            await client.supports_v2()
    assert calls == ["GET", "GET"]


async def test_default_headers_are_not_sent_to_a_token_service_of_another_origin() -> None:
    http = httpx.AsyncClient(headers=SECRETS)
    sent: list[tuple[str, set[str]]] = []

    async def keep(request: httpx.Request) -> None:
        sent.append((request.url.path, {name for name in SECRETS if name in request.headers}))

    http.event_hooks = {"request": [keep]}
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_origin="port")) as registry:
        async with AsyncRegistryClientV2(
            f"{registry.url}/a", transport=AsyncHttpxTransport(http), **login_of(registry)
        ) as client:
            await client.blob_upload(b"x")
        await http.aclose()
    assert any(path == "/token" for path, _ in sent)
    for path, names in sent:
        assert names == (set() if path == "/token" else set(SECRETS)), path


async def test_default_headers_are_not_sent_to_the_target_of_a_redirect() -> None:
    http = httpx.AsyncClient(headers=SECRETS)
    with run_loopback(lambda handler: handler.reply(200, b"{}")) as storage:
        with run_loopback(lambda handler: handler.reply(307, Location=f"{storage.url}/blob")) as registry:
            async with AsyncRegistryClientV2(f"{registry.url}/a", transport=AsyncHttpxTransport(http)) as client:
                await client.ping()
        assert "S3CR3T" in str(registry.seen[0].headers)
        assert "S3CR3T" not in str(storage.seen[0].headers)
    await http.aclose()
