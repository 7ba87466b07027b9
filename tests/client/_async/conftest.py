"""Clients of the registries in the conftest.py above this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Protocol, Unpack

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.types import AsyncClientOptions
from tests.client.conftest import Server
from tests.core.wire.loopback import Loopback
from tests.support._async.referrers import client_without_referrers, repository_client
from tests.support.transports import AsyncValidatingTransport
from tests.support.validation import Exchanges

__all__ = ["client_without_referrers", "repository_client"]


class AsyncConnect(Protocol):
    """A function that returns a client of a registry by its URL."""

    async def __call__(self, url: str, **options: Unpack[AsyncClientOptions]) -> AsyncRegistryClientV2:
        """Return a client of the registry at a URL, bound to the test's own repository."""
        ...


@pytest.fixture
async def client(server: Server, repo: str, exchanges: Exchanges) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of the server, bound to the test's own repository; every exchange is validated."""
    # No test uses HTTPS with this client. Loading the certificates of the system takes longer than most tests.
    transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(verify=False), exchanges)
    async with (
        httpx.AsyncClient(transport=transport) as http,
        AsyncRegistryClientV2(f"{server.url}/{repo}", transport=AsyncHttpxTransport(http), **server.options) as connected,
    ):
        yield connected


@pytest.fixture
async def connect_to(repo: str) -> AsyncIterator[AsyncConnect]:
    """A function that returns a client of a registry by its URL; the clients are closed at the end."""
    async with AsyncExitStack() as stack:

        async def connect_client(url: str, **options: Unpack[AsyncClientOptions]) -> AsyncRegistryClientV2:
            return await stack.enter_async_context(AsyncRegistryClientV2(f"{url}/{repo}", **options))

        yield connect_client


@pytest.fixture
async def loopback_client(connect_to: AsyncConnect, loopback: Loopback) -> AsyncRegistryClientV2:
    """A client of the loopback server."""
    return await connect_to(loopback.url)
