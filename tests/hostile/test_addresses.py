"""A realm whose name is public and leads to this machine."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from docker_registry_sdk.errors import AuthError, StatusError
from tests.core.wire.loopback import Loopback
from tests.hostile.conftest import at, client_of
from tests.support.sessions import Kind

ADDRESSES = {"registry.example.com": "93.184.216.34", "auth.example.com": "127.0.0.1"}


class Local(httpx.HTTPTransport):
    """A transport that reaches every host on this machine, as if the addresses were real."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request here."""
        request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


class AsyncLocal(httpx.AsyncHTTPTransport):
    """The async twin of `Local`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request here."""
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


@pytest.fixture
def addresses(names: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The addresses that names are looked up to."""
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
def test_it_is_not_asked(kind: Kind, registry: Loopback, evil: Loopback, addresses: dict[str, str], public: bool) -> None:
    if public:
        addresses["auth.example.com"] = "93.184.216.35"
    realm = f"{at(evil, 'auth.example.com')}/token"
    registry.answer = lambda handler: handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}"')
    evil.answer = lambda handler: handler.reply(500)
    http = httpx.Client(transport=Local()) if kind == "sync" else httpx.AsyncClient(transport=AsyncLocal())
    with client_of(kind, registry, http_client=http) as session:
        with pytest.raises(StatusError if public else AuthError):
            session.call("list_tags")
        session.close(http)
    assert len(evil.seen) == public
