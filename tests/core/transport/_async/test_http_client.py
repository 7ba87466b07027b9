"""A transport with an httpx client of the caller: its settings stay, and its credentials and query parameters are not sent."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.v2.api import get_manifest
from tests.core.wire.loopback import run_loopback
from tests.support._async.blobs import read_blob
from tests.support.embedded import login_of

pytestmark = pytest.mark.anyio


async def test_it_stays_open() -> None:
    http = httpx.AsyncClient()
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", transport=AsyncHttpxTransport(http)) as client:
            await client.ping()
            await client.aclose()
            assert not http.is_closed
            await http.aclose()


async def test_the_connections_of_a_client_are_closed_with_it() -> None:
    with run_loopback(lambda handler: handler.reply(200, b"{}")) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a") as client:
            await client.ping()
            assert not server.client_closed.is_set()
        assert server.client_closed.wait(10)


async def test_its_settings_are_kept() -> None:
    http = httpx.AsyncClient(
        headers={"X-Mine": "yes"}, timeout=7.0, follow_redirects=True, auth=("bob", "other"), base_url="https://x.test/y"
    )
    before = {**http.headers}
    with EmbeddedRegistry(auth="token") as registry:
        async with AsyncRegistryClientV2(
            f"{registry.url}/a", transport=AsyncHttpxTransport(http), **login_of(registry)
        ) as client:
            await client.blob_upload(b"x")
            await http.aclose()
        assert {record.header("x-mine") for record in registry.requests} == {"yes"}
    assert {**http.headers} == before
    assert http.timeout == httpx.Timeout(7.0)
    assert http.follow_redirects is True
    assert http.auth is not None
    assert str(http.base_url) == "https://x.test/y/"


async def test_its_authorization_and_cookies_are_not_sent() -> None:
    seen: list[tuple[str, str | None]] = []

    async def keep(request: httpx.Request) -> None:
        seen.append((request.url.path, request.headers.get("Authorization")))

    headers = {"Authorization": "Bearer S3CR3T", "Cookie": "a=S3CR3T"}
    http = httpx.AsyncClient(headers=headers, event_hooks={"request": [keep]})
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_origin="port")) as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", transport=AsyncHttpxTransport(http)) as client:
            with pytest.raises(NotFoundError):
                await client.get_manifest("latest")
            await http.aclose()
    assert [path for path, _ in seen] == ["/v2/a/manifests/latest", "/token", "/v2/a/manifests/latest"]
    assert not any(value and "S3CR3T" in value for _, value in seen)


async def test_its_query_parameters_are_not_sent() -> None:
    http = httpx.AsyncClient(params={"mine": "1"})
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", transport=AsyncHttpxTransport(http)) as client:
            await client.blob_upload(b"x")
            await http.aclose()
            assert not any("mine" in record.path for record in registry.requests)


async def test_a_header_of_a_call_replaces_its_own() -> None:
    http = httpx.AsyncClient(headers={"accept": "a/b", "user-agent": "mine"})
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", user_agent="u", transport=AsyncHttpxTransport(http)) as client:
            await client.blob_upload(b"x")
            with pytest.raises(NotFoundError):
                await client.get_manifest("latest")
            await http.aclose()
            sent = registry.requests[-1]
            assert [value for name, value in sent.headers if name == "user-agent"] == ["u"]
            assert [value for name, value in sent.headers if name == "accept"] == [", ".join(get_manifest.ACCEPT)]


async def test_a_hook_may_read_each_response() -> None:
    async def read(response: httpx.Response) -> None:
        await response.aread()

    http = httpx.AsyncClient(event_hooks={"response": [read]})
    with EmbeddedRegistry(auth="token") as registry:
        async with AsyncRegistryClientV2(
            f"{registry.url}/a", transport=AsyncHttpxTransport(http), **login_of(registry)
        ) as client:
            digest = (await client.blob_upload(b"hello")).digest
            assert await read_blob(client, digest) == b"hello"
            await http.aclose()
