"""A realm whose public host name resolves to this machine."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from docker_registry_sdk.errors import AuthError, StatusError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from tests.core.wire.loopback import Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at

pytestmark = pytest.mark.anyio

ADDRESSES = {"registry.example.com": "93.184.216.34", "auth.example.com": "127.0.0.1"}


class AsyncLocal(httpx.AsyncHTTPTransport):
    """A transport that connects to this machine for every host."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to this machine."""
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


@pytest.fixture
def addresses(names: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The addresses that host names resolve to."""
    known = dict(ADDRESSES)
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return real(known.get(name, name), *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return known


@pytest.mark.parametrize("public", [False, True])
async def test_no_token_is_requested_from_it(registry: Loopback, evil: Loopback, addresses: dict[str, str], public: bool) -> None:
    if public:
        addresses["auth.example.com"] = "93.184.216.35"
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
