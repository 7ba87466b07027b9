"""Clients and logins for registries that speak API v2."""

from __future__ import annotations

from typing import Any

import pytest

from docker_registry_sdk import AuthError, UnauthorizedError, async_login, create_async_client
from docker_registry_sdk.testing import EmbeddedRegistry

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("auth", ["none", "basic", "token"])
async def test_a_registry_with_both_versions_gets_a_v2_client(auth: Any) -> None:
    with EmbeddedRegistry(auth=auth) as registry:
        async with await create_async_client(f"{registry.host}/team/app") as client:
            assert client.version == 2
            assert client.repo.remote_name == "team/app"
        assert [request.path for request in registry.requests] == ["/v2/"]


async def test_a_given_version_sends_no_request() -> None:
    with EmbeddedRegistry() as registry:
        async with await create_async_client(f"{registry.host}/team/app", version=2) as client:
            assert client.version == 2
        assert len(registry.requests) == 0


@pytest.mark.parametrize(("auth", "checked"), [("none", "nothing"), ("basic", "credentials"), ("token", "credentials")])
async def test_login(auth: Any, checked: str) -> None:
    with EmbeddedRegistry(auth=auth, username="alice", password="secret") as registry:
        result = await async_login(registry.host, username="alice", password="secret")
        assert (result.version, result.registry.name, result.checked) == (2, registry.host, checked)
        assert "secret" not in repr(result)
        if auth != "none":
            with pytest.raises((AuthError, UnauthorizedError)):
                await async_login(registry.host, username="alice", password="wrong")


async def test_login_with_a_given_version() -> None:
    with EmbeddedRegistry(auth="basic", username="alice", password="secret") as registry:
        assert (await async_login(registry.host, username="alice", password="secret", version=2)).checked == "credentials"
        assert {request.path for request in registry.requests} == {"/v2/"}
