"""The options of a client and their effect on requests."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import AuthError, RateLimitedError, TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.types import AsyncClientOptions
from tests.core.wire.loopback import run_loopback

pytestmark = pytest.mark.anyio


async def test_user_agent() -> None:
    with EmbeddedRegistry() as registry:
        choices: tuple[AsyncClientOptions, ...] = ({}, {"user_agent": "mine/1"})
        for options in choices:
            async with AsyncRegistryClientV2(f"{registry.url}/a", **options) as client:
                await client.ping()
        first, second = [record.header("user-agent") or "" for record in registry.requests]
    assert re.fullmatch(r"docker_registry_sdk/\S+ python/3\.\d+", first)
    assert second == "mine/1"


async def test_timeout() -> None:
    with run_loopback(lambda handler: time.sleep(0.5)) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", timeout=0.05, max_retries=0) as client:
            with pytest.raises(TransportError):
                await client.ping()
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=0) as client:
            with pytest.raises(TransportError):
                await client.ping(timeout=0.05)


async def test_max_retry_wait() -> None:
    with run_loopback(lambda handler: handler.reply(429, Retry_After="9")) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retry_wait=8.0) as client:
            with pytest.raises(RateLimitedError, match="429") as caught:
                await client.ping()
        assert caught.value.retry_after == 9
        assert len(server.seen) == 1


async def test_a_provider_is_called_with_the_host_of_the_registry_and_the_repo() -> None:
    calls: list[tuple[str, str | None]] = []

    class Provider:
        def get_credential(self, host: str, repo: str | None, /) -> Credential | None:
            calls.append((host, repo))
            return Credential(registry.username, registry.password)

    with EmbeddedRegistry(auth="token") as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a/b", credentials=Provider()) as client:
            await client.blob_upload(b"x")
            await client.blob_upload(b"y")
        assert calls == [(registry.host, "a/b")]


async def test_the_error_names_a_provider_that_returns_another_type() -> None:
    class Provider:
        def get_credential(self, host: str, repo: str | None, /) -> Any:
            return ("alice", "hunter2")

    with EmbeddedRegistry(auth="basic") as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=Provider()) as client:
            with pytest.raises(AuthError, match="Provider") as caught:
                await client.ping()
    assert "hunter2" not in str(caught.value)
