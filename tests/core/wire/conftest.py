"""A server on loopback, and httpx clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.core.wire.loopback import Loopback, run_loopback


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server on loopback that answers 201, unless the test sets another `answer`."""
    with run_loopback(lambda handler: handler.reply(201)) as server:
        yield server


@pytest.fixture
def http(loopback: Loopback) -> Iterator[httpx.Client]:
    """A client of the server."""
    with httpx.Client(base_url=loopback.url, trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
async def async_http(loopback: Loopback) -> AsyncIterator[httpx.AsyncClient]:
    """An async client of the server."""
    async with httpx.AsyncClient(base_url=loopback.url, trust_env=False, timeout=5) as client:
        yield client
