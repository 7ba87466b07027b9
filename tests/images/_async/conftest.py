"""Clients of registries with and without the referrers API, and registries whose requests are repeated without a wait."""

from collections.abc import AsyncIterator

import pytest

from docker_registry_sdk import AsyncRegistries
from tests.support._async.referrers import client_without_referrers, repository_client

__all__ = ["client_without_referrers", "repository_client"]


@pytest.fixture
async def hasty_registries() -> AsyncIterator[AsyncRegistries]:
    """Registries whose failed requests are repeated after 10 ms."""
    async with AsyncRegistries(max_retry_wait=0.01) as registries:
        yield registries
