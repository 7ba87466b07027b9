"""Clients of the servers in the conftest.py above this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from tests.core.blobs.conftest import MAX_RETRIES, REPO, Server
from tests.core.wire.loopback import Loopback


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client that is logged in to `server`."""
    async with AsyncRegistryClientV2(server.name, max_retries=MAX_RETRIES, **server.options) as connected:
        yield connected


@pytest.fixture
async def loopback_client(loopback: Loopback) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of `loopback`."""
    async with AsyncRegistryClientV2(f"{loopback.url}/{REPO}", max_retries=MAX_RETRIES) as connected:
        yield connected
