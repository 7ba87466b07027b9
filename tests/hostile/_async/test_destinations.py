"""Where a hostile registry, storage host, publisher or index may lead requests, and what the requests carry."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from docker_registry_sdk import AsyncRegistryClientV1, AsyncRegistryClientV2
from docker_registry_sdk.errors import AuthError, RedirectError, RegistryError, TransportError, UnauthorizedError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.v2.api import start_blob_upload, upload_blob_chunk
from docker_registry_sdk.v2.models import Descriptor
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at, demand
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of
from tests.support.internet import Internet, pretend_internet

pytestmark = pytest.mark.anyio

PUBLIC, OTHER, PRIVATE = "93.184.216.34", "93.184.216.35", "10.255.255.1"
DIGEST = digest_of(b"x")


@pytest.fixture(autouse=True)
def internet(names: None, monkeypatch: pytest.MonkeyPatch) -> Internet:
    """The registry has a public address."""
    return pretend_internet(monkeypatch, registry_example_com=PUBLIC, storage_example_net=OTHER, localhost="127.0.0.1")


def lead_to(registry: Loopback, url: str) -> None:
    """Let the registry name a URL, as a redirect of reads and as the location of uploads."""

    def answer(handler: Handler) -> None:
        if handler.command == "HEAD":
            handler.reply(404)
        elif not demand(handler):
            handler.reply(202 if handler.command == "POST" else 307, Location=url)

    registry.answer = answer


async def pull_and_push(client: AsyncRegistryClientV2) -> None:
    """Pull and push a blob; both fail before a request to the URL that the registry names."""
    with pytest.raises(TransportError, match="in a private network"):
        await read_blob(client, DIGEST)
    with pytest.raises(TransportError, match="in a private network"):
        await client.blob_upload(b"user data")


async def test_blobs_are_requested_from_the_a_label_of_the_registry(
    registry: Loopback, evil: Loopback, internet: Internet
) -> None:
    internet.names["xn--strae-oqa.example"] = [(PUBLIC,)]
    internet.names["strasse.example"] = [(OTHER,)]
    registry.answer = lambda handler: None if demand(handler) else handler.reply(200, b"x")
    async with AsyncRegistryClientV2(f"{at(registry, 'xn--strae-oqa.example')}/a", username="u", password="p") as client:
        assert await read_blob(client, DIGEST) == b"x"
    assert set(internet.lookups) == {"xn--strae-oqa.example"}
    assert set(internet.connected) == {PUBLIC}
    assert {seen.headers["host"].split(":")[0] for seen in registry.seen} == {"xn--strae-oqa.example"}


@pytest.mark.parametrize("name", ["xn--strae-oqa.example", "strasse.example"])
async def test_tls_checks_the_a_label_of_the_registry(internet: Internet, tmp_path: Path, name: str) -> None:
    internet.names["xn--strae-oqa.example"] = [(PUBLIC,)]
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert(name).configure_cert(context)
    with run_loopback(lambda handler: handler.reply(200, b"x"), context) as server:
        host = at(server, "xn--strae-oqa.example").removeprefix("https://")
        async with AsyncRegistryClientV2(f"{host}/a", ca_file=tmp_path / "ca.pem", max_retries=0) as client:
            if name == "xn--strae-oqa.example":
                assert await read_blob(client, DIGEST) == b"x"
            else:
                with pytest.raises(TransportError, match=r"(?i)certificate"):
                    await read_blob(client, DIGEST)
        assert len(server.seen) == (name == "xn--strae-oqa.example")


async def test_a_redirect_leads_to_the_a_label_that_it_names(registry: Loopback, evil: Loopback, internet: Internet) -> None:
    internet.names["xn--strae-oqa.example"] = [(OTHER,)]
    lead_to(registry, f"{at(evil, 'XN--strae-oqa.example.')}/x")
    evil.answer = lambda handler: handler.reply(200, b"x")
    async with client_of(registry) as client:
        assert await read_blob(client, DIGEST) == b"x"
    assert [seen.headers["host"].split(":")[0] for seen in evil.seen] == ["xn--strae-oqa.example"]
    assert "strasse.example" not in internet.lookups


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HTTPS_PROXY": "http://127.0.0.1:9"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost,.example.com,example.com"},
        {"ALL_PROXY": "http://127.0.0.1:9", "NO_PROXY": "*"},
    ],
)
@pytest.mark.parametrize("target", ["127.0.0.1", "localhost", "inner.example.com"])
async def test_a_proxy_for_other_requests_does_not_turn_the_guard_off(
    registry: Loopback,
    evil: Loopback,
    internet: Internet,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    target: str,
) -> None:
    internet.names["inner.example.com"] = [("127.0.0.1",)]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    lead_to(registry, f"{at(evil, target)}/internal")
    async with client_of(registry) as client:
        await pull_and_push(client)
    assert evil.seen == []


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost", "intranet", "metadata.google.internal"])
async def test_behind_a_proxy_the_guard_reads_the_host(registry: Loopback, evil: Loopback, host: str) -> None:
    lead_to(registry, f"http://{host}/x")
    async with client_of(registry, proxy=registry.url) as client:
        await pull_and_push(client)
    assert {seen.target.split("/")[2].split(":")[0] for seen in registry.seen} == {"registry.example.com"}


@pytest.mark.parametrize("others", [(PRIVATE,), ("127.0.0.1",), ("fd00::1",)])
async def test_a_private_address_beside_a_public_one_does_not_turn_the_guard_off(
    registry: Loopback, evil: Loopback, internet: Internet, others: tuple[str, ...]
) -> None:
    internet.names["registry.example.com"] = [(PUBLIC, *others)]
    lead_to(registry, f"{evil.url}/internal")
    async with client_of(registry) as client:
        await pull_and_push(client)
    assert evil.seen == []


async def test_an_address_that_is_private_at_later_lookups_does_not_turn_the_guard_off(
    registry: Loopback, evil: Loopback, internet: Internet
) -> None:
    internet.names["registry.example.com"] = [(PUBLIC,), ("127.0.0.1",)]
    lead_to(registry, f"{evil.url}/internal")
    async with client_of(registry) as client:
        await pull_and_push(client)
        await pull_and_push(client)
    assert evil.seen == []


class Stream:
    """The stream of a connection to a public address, which httpx states for each response."""

    def get_extra_info(self, name: str) -> Any:
        """Return the address."""
        return (PUBLIC, 80) if name == "server_addr" else None


async def test_the_connections_of_a_callers_httpx_client_decide_too(internet: Internet) -> None:
    internet.names["registry.example.com"] = [("127.0.0.1",)]
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(307, headers={"Location": "http://127.0.0.1/x"}, extensions={"network_stream": Stream()})

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http,
        AsyncRegistryClientV2("http://registry.example.com/a", transport=AsyncHttpxTransport(http)) as client,
    ):
        with pytest.raises(TransportError, match="in a private network"):
            await read_blob(client, DIGEST)
    assert seen == ["registry.example.com"]


@pytest.mark.parametrize("port", ["own", "another"])
@pytest.mark.parametrize("later", [[("127.0.0.1",)], [(PUBLIC,), ("127.0.0.1",)]])
async def test_the_registrys_own_name_does_not_lead_into_the_callers_network(
    registry: Loopback, evil: Loopback, internet: Internet, port: str, later: list[tuple[str, ...]]
) -> None:
    internet.names["registry.example.com"] = [(PUBLIC,), *later]
    lead_to(registry, f"{at(registry if port == 'own' else evil, 'registry.example.com')}/internal")
    async with client_of(registry) as client:
        with pytest.raises(RegistryError):
            await client.get_manifest("1")
    assert set(internet.connected) == {PUBLIC}


async def test_a_registry_in_the_callers_network_leads_to_private_addresses(
    registry: Loopback, evil: Loopback, internet: Internet
) -> None:
    internet.names["registry.example.com"] = [("127.0.0.1",)]
    lead_to(registry, f"{evil.url}/storage")
    evil.answer = lambda handler: handler.reply(200, b"x")
    async with client_of(registry) as client:
        assert await read_blob(client, DIGEST) == b"x"


@pytest.mark.parametrize("addresses", [[("127.0.0.1",)], [(OTHER,), ("127.0.0.1",)]])
async def test_an_index_on_the_internet_does_not_lead_into_the_callers_network(
    registry: Loopback, evil: Loopback, internet: Internet, addresses: list[tuple[str, ...]]
) -> None:
    internet.names["inner.example.com"] = addresses
    internet.unreachable.add(OTHER)
    endpoint = at(evil, "inner.example.com").removeprefix("http://")
    registry.answer = lambda handler: handler.reply(
        200, b"[]", Content_Type="application/json", X_Docker_Token="t", X_Docker_Endpoints=endpoint
    )
    async with AsyncRegistryClientV1(f"{at(registry, 'registry.example.com')}/a/b", max_retries=0) as client:
        with pytest.raises((AuthError, TransportError)):
            await client.list_repo_tags()
    assert evil.seen == []


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("by", ["redirect", "location"])
async def test_an_upload_host_leads_no_changing_request_to_the_registry(
    registry: Loopback, evil: Loopback, status: int, by: str
) -> None:
    victim = f"{at(registry, 'registry.example.com')}/v2/victim/manifests/latest"
    lead_to(registry, f"{at(evil, 'storage.example.net')}/upload")

    def answer(handler: Handler) -> None:
        if by == "redirect":
            handler.reply(status, Location=victim)
        else:
            handler.reply(204 if handler.command == "GET" else 202, Location=victim, Range="0-0")

    evil.answer = answer
    async with client_of(registry) as client:
        session = await client.start_blob_upload()
        with pytest.raises(RedirectError if by == "redirect" else TransportError):
            await client.upload_blob_chunk(session, b"x")
        with pytest.raises(UnauthorizedError if by == "redirect" else TransportError):
            await client.get_blob_upload_status(session)
        if by == "redirect":
            with pytest.raises(RedirectError):
                await client.cancel_blob_upload(session)
            with pytest.raises(RedirectError):
                await client.complete_blob_upload(session, DIGEST)
    assert not [seen for seen in registry.seen if "victim" in seen.target and seen.headers.get("authorization")]
    assert not [seen for seen in registry.seen if "victim" in seen.target and not seen.line.startswith("GET")]


async def test_headers_of_a_callers_client_go_to_the_registry_only(registry: Loopback, evil: Loopback) -> None:
    headers = {"X-Api-Key": "K3Y", "Authorization": "Bearer hidden", "Cookie": "a=b", "Proxy-Authorization": "Basic x"}
    secret = {"x-api-key", "authorization", "cookie", "proxy-authorization"}
    storage, realm = at(evil, "storage.example.net"), at(evil, "registry.example.com")
    layer = Descriptor(
        media_type="x/y", digest=digest_of(b"y"), size=1, urls=[f"{at(registry, 'registry.example.com')}/published"]
    )

    def answer(handler: Handler) -> None:
        if handler.path == "/published":
            handler.reply(200, b"y")
        elif handler.path.endswith(layer.digest):
            handler.reply(404)
        elif not demand(handler, f'Bearer realm="{realm}/token"'):
            handler.reply(307, Location=f"{storage}/x")

    registry.answer = answer
    evil.answer = lambda handler: handler.reply(
        200, b'{"token": "t"}' if "/token" in handler.path else b"x", Content_Type="application/json"
    )
    async with (
        httpx.AsyncClient(headers=headers, cookies={"c": "d"}) as http,
        AsyncRegistryClientV2(f"{at(registry, 'registry.example.com')}/a", transport=AsyncHttpxTransport(http)) as client,
    ):
        assert await read_blob(client, DIGEST) == b"x"
        async with client.create_blob_read_stream(layer, use_urls=True) as stream:
            assert await stream.read() == b"y"
    assert {seen.target.split("?")[0] for seen in evil.seen} == {"/token", "/x"}
    for seen in (*evil.seen, *(seen for seen in registry.seen if seen.target == "/published")):
        assert not secret & seen.headers.keys()
    assert {seen.headers.get("x-api-key") for seen in registry.seen if seen.target != "/published"} == {"K3Y"}
    assert not [seen for seen in registry.seen if "cookie" in seen.headers or "hidden" in seen.headers.get("authorization", "")]


@pytest.mark.parametrize("where", ["own", "elsewhere"])
async def test_an_httpx_client_sends_its_secrets_to_its_base_url_only(registry: Loopback, evil: Loopback, where: str) -> None:
    to = at(registry, "registry.example.com") if where == "own" else at(evil, "storage.example.net")
    registry.answer = evil.answer = lambda handler: handler.reply(202, Location=f"{to}/upload?s=1", Range="0-0")
    headers = {"X-Api-Key": "K3Y", "Proxy-Authorization": "Basic x"}
    async with httpx.AsyncClient(
        base_url=at(registry, "registry.example.com"), headers=headers, cookies={"c": "d"}, auth=("u", "p")
    ) as http:
        session = await start_blob_upload.asyncio(http, "a")
        assert session.location is not None
        chunk = await upload_blob_chunk.asyncio(http, "a", session.location, b"x")
        assert chunk.location == f"{to}/upload?s=1"
    seen = (registry if where == "own" else evil).seen[-1]
    secret = {"x-api-key", "authorization", "cookie", "proxy-authorization"}
    assert secret & seen.headers.keys() == (secret if where == "own" else set())
    assert (seen.target, seen.body) == ("/upload?s=1", b"x")


async def test_headers_of_a_callers_client_go_to_the_index_only(registry: Loopback, evil: Loopback, internet: Internet) -> None:
    internet.names["endpoint.example.com"] = [(OTHER,)]
    endpoint = at(evil, "endpoint.example.com").removeprefix("http://")
    registry.answer = lambda handler: handler.reply(
        200, b"[]", Content_Type="application/json", X_Docker_Token="t", X_Docker_Endpoints=endpoint
    )
    evil.answer = lambda handler: handler.reply(200, b"{}", Content_Type="application/json")
    async with (
        httpx.AsyncClient(headers={"X-Api-Key": "K3Y"}) as http,
        AsyncRegistryClientV1(f"{at(registry, 'registry.example.com')}/a/b", transport=AsyncHttpxTransport(http)) as client,
    ):
        assert await client.list_repo_tags() == {}
    assert [seen.headers.get("x-api-key") for seen in registry.seen] == ["K3Y"]
    assert [(seen.headers.get("x-api-key"), seen.headers.get("authorization")) for seen in evil.seen] == [(None, "Token t")]


@pytest.mark.parametrize("addresses", [[(PUBLIC,)], [("127.0.0.1",), (PUBLIC,)], [("127.0.0.1", PUBLIC)]])
async def test_a_name_below_localhost_gets_plain_http_on_loopback_only(
    registry: Loopback, internet: Internet, addresses: list[tuple[str, ...]]
) -> None:
    internet.names["registry.localhost"] = addresses
    registry.answer = lambda handler: None if demand(handler) else handler.reply(200)
    host = at(registry, "registry.localhost").removeprefix("http://")
    async with AsyncRegistryClientV2(f"{host}/a", username="u", password="p", max_retries=0) as client:
        for _ in range(2):
            with pytest.raises(TransportError):
                await client.ping()
    assert [seen for seen in registry.seen if "authorization" in seen.headers] == []


async def test_a_name_below_localhost_falls_back_to_plain_http_on_loopback(registry: Loopback, internet: Internet) -> None:
    internet.names["registry.localhost"] = [("127.0.0.1",)]
    registry.answer = lambda handler: None if demand(handler) else handler.reply(200)
    host = at(registry, "registry.localhost").removeprefix("http://")
    async with AsyncRegistryClientV2(f"{host}/a", username="u", password="p", max_retries=0) as client:
        assert (await client.ping()).status == 200


async def test_behind_a_proxy_no_name_falls_back_to_plain_http(registry: Loopback) -> None:
    registry.answer = lambda handler: handler.reply(200)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        proxy: Any = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with AsyncRegistryClientV2("registry.localhost:5000/a", proxy=proxy, max_retries=0) as client:
            with pytest.raises(TransportError):
                await client.ping()
            assert client.explain_auth().registry == "https://registry.localhost:5000"


async def test_a_proxy_for_http_gets_no_request_to_a_registry_without_https(
    registry: Loopback, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.answer = lambda handler: None if demand(handler) else handler.reply(200)
    monkeypatch.setenv("HTTP_PROXY", registry.url)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        name: Any = f"localhost:{closed.getsockname()[1]}/a"
        async with AsyncRegistryClientV2(name, username="u", password="p", max_retries=0) as client:
            with pytest.raises(TransportError, match="https://localhost"):
                await client.ping()
    assert registry.seen == []
