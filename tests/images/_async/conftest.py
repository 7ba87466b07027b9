"""Registries whose requests are repeated without a wait."""

from collections.abc import AsyncIterator

import pytest

from docker_registry_sdk import AsyncRegistries


@pytest.fixture
async def hasty_registries() -> AsyncIterator[AsyncRegistries]:
    """Registries whose failed requests are repeated after 10 ms."""
    async with AsyncRegistries(max_retry_wait=0.01) as registries:
        yield registries
