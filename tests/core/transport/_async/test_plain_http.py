"""When a client uses plain HTTP: only on loopback, and never after a response over HTTPS."""

from __future__ import annotations

import ssl

import pytest
import trustme

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import Handler, run_loopback
from tests.support.embedded import login_of

pytestmark = pytest.mark.anyio


async def test_a_registry_on_loopback_may_use_plain_http(token_registry: EmbeddedRegistry) -> None:
    async with AsyncRegistryClientV2(f"{token_registry.host}/a", **login_of(token_registry)) as client:
        assert (await client.ping()).status == 200
        await client.blob_upload(b"x")
        assert client.explain_auth().registry == token_registry.url


async def test_an_explicit_scheme_is_kept(token_registry: EmbeddedRegistry) -> None:
    async with AsyncRegistryClientV2(f"https://{token_registry.host}/a", max_retries=0) as client:
        with pytest.raises(TransportError):
            await client.ping()
    assert len(token_registry.requests) == 0


async def test_an_untrusted_certificate_does_not_lead_to_plain_http() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with run_loopback(lambda handler: handler.reply(200), context) as server:
        host = server.url.removeprefix("https://")
        async with AsyncRegistryClientV2(f"{host}/a") as client:
            with pytest.raises(TransportError, match=r"(?i)certificate"):
                await client.ping()
        assert server.seen == []


async def test_after_a_response_over_https_plain_http_is_not_used() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def answer(handler: Handler) -> None:
        if len(server.seen) > 1:
            handler.close_connection = True
        else:
            handler.reply(200)

    with run_loopback(answer, context) as server:
        host = server.url.removeprefix("https://")
        async with AsyncRegistryClientV2(f"{host}/a", insecure=True, max_retries=0) as client:
            await client.ping()
            with pytest.raises(TransportError):
                await client.ping()
            assert str(client.explain_auth().registry).startswith("https://")
