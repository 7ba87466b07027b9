"""A realm whose public host name resolves to this machine."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk.errors import AuthError, StatusError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from tests.core.wire.loopback import Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at
from tests.support.internet import Internet, pretend_internet

pytestmark = pytest.mark.anyio


class AsyncLocal(httpx.AsyncHTTPTransport):
    """A transport that connects to this machine for every host."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to this machine."""
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


@pytest.fixture
def internet(names: None, monkeypatch: pytest.MonkeyPatch) -> Internet:
    """The registry has a public address, and the host of the realm a private one."""
    return pretend_internet(monkeypatch, registry_example_com="93.184.216.34", auth_example_com="127.0.0.1")


@pytest.mark.parametrize("public", [False, True])
async def test_no_token_is_requested_from_it(registry: Loopback, evil: Loopback, internet: Internet, public: bool) -> None:
    if public:
        internet.names["auth.example.com"] = [("93.184.216.35",)]
    realm = f"{at(evil, 'auth.example.com')}/token"
    registry.answer = lambda handler: handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}"')
    evil.answer = lambda handler: handler.reply(500)
    async with (
        httpx.AsyncClient(transport=AsyncLocal()) as http,
        client_of(registry, transport=AsyncHttpxTransport(http)) as client,
    ):
        with pytest.raises(StatusError if public else AuthError):
            await client.list_tags()
    assert len(evil.seen) == public
