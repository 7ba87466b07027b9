"""Callbacks of the user that use the client by which they are called: no lock is held that they need."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV1, AsyncRegistryClientV2, Credential
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.types import AsyncTransportRequest, AsyncTransportResponse

pytestmark = pytest.mark.anyio

# A deadlock becomes an exception, since waiting for a lock ends with the deadline.
DEADLINE = 20.0


class Reentrant:
    """A provider that uses the client before it returns the credential."""

    def __init__(self, *credentials: Credential) -> None:
        self.credentials = list(credentials)
        self.inner: AsyncRegistryClientV1 | AsyncRegistryClientV2 | None = None

    async def get_credential(self, registry: str, repo: str | None, /) -> Credential:
        """Return the next credential, after a call of the client."""
        client, self.inner = self.inner, None
        if client is not None:
            await list_tags(client)
        return self.credentials.pop(0) if len(self.credentials) > 1 else self.credentials[0]


async def list_tags(client: AsyncRegistryClientV1 | AsyncRegistryClientV2) -> None:
    """List the tags of the repository, which may not exist."""
    with suppress(NotFoundError):
        await (client.list_tags() if isinstance(client, AsyncRegistryClientV2) else client.list_repo_tags())


def private_registry() -> EmbeddedRegistry:
    """Return a registry of both API versions that requires a login."""
    v1 = V1Settings(role="both", users={"alice": "password"})
    return EmbeddedRegistry(auth="token", username="alice", password="password", v1=v1)


def make_v1(registry: EmbeddedRegistry, provider: Reentrant) -> AsyncRegistryClientV1:
    """Return a client of API v1."""
    return AsyncRegistryClientV1(f"{registry.url}/a/b", credentials=provider, deadline=DEADLINE)


def make_v2(registry: EmbeddedRegistry, provider: Reentrant) -> AsyncRegistryClientV2:
    """Return a client of API v2."""
    return AsyncRegistryClientV2(f"{registry.url}/a/b", credentials=provider, deadline=DEADLINE)


@pytest.mark.parametrize(("make", "wrong_first"), [(make_v1, False), (make_v1, True), (make_v2, False)])
async def test_a_provider_may_use_its_client(
    make: Callable[[EmbeddedRegistry, Reentrant], AsyncRegistryClientV1 | AsyncRegistryClientV2], wrong_first: bool
) -> None:
    provider = Reentrant(*[Credential("alice", "wrong")] * wrong_first, Credential("alice", "password"))
    with private_registry() as registry:
        async with make(registry, provider) as client:
            provider.inner = client
            await list_tags(client)
    assert provider.inner is None


class ReentrantTransport:
    """A transport that uses the client during the first request to a path."""

    def __init__(self, transport: AsyncHttpxTransport, path: str) -> None:
        self._transport = transport
        self._path = path
        self.inner: AsyncRegistryClientV1 | AsyncRegistryClientV2 | None = None

    async def send(self, request: AsyncTransportRequest, /) -> AsyncTransportResponse:
        """Send a request, after a call of the client."""
        if self._path in request.url and self.inner is not None:
            client, self.inner = self.inner, None
            await list_tags(client)
        return await self._transport.send(request)


@pytest.mark.parametrize("path", ["/v2/", "/token", "/v1/repositories/a/b/images", "/v1/repositories/a/b/tags"])
async def test_a_transport_may_use_its_client(path: str) -> None:
    with private_registry() as registry:
        async with httpx.AsyncClient() as http:
            transport = ReentrantTransport(AsyncHttpxTransport(http), path)
            provider = Reentrant(Credential("alice", "password"))
            kind = AsyncRegistryClientV1 if "v1" in path else AsyncRegistryClientV2
            async with kind(f"{registry.url}/a/b", credentials=provider, deadline=DEADLINE, transport=transport) as client:
                if isinstance(client, AsyncRegistryClientV1):
                    await client.put_repo([])
                transport.inner = client
                await list_tags(client)
    assert transport.inner is None
