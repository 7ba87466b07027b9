"""The errors of wrong passwords, of servers that do not answer, and of closed clients, by what the caller does next."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Iterator

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import (
    AuthError,
    BasicLoginError,
    ClosedError,
    LoginError,
    RegistryError,
    RequestTimeoutError,
    TokenLoginError,
    UnauthorizedError,
)
from tests.client.conftest import StartRegistry

pytestmark = pytest.mark.anyio


async def test_a_wrong_password_of_a_basic_login(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="basic", anonymous_pull=False)
    async with AsyncRegistryClientV2(f"{registry.url}/x", username=registry.username, password="not it") as client:
        with pytest.raises(LoginError) as caught:
            await client.get_manifest("latest")
    error = caught.value
    assert isinstance(error, BasicLoginError)
    assert isinstance(error, UnauthorizedError)
    assert error.status == 401
    assert "password" in error.hint
    assert "not it" not in str(error)
    assert type(pickle.loads(pickle.dumps(error))) is BasicLoginError


async def test_a_wrong_password_of_a_token_login(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token", anonymous_pull=False)
    async with AsyncRegistryClientV2(f"{registry.url}/x", username=registry.username, password="not it") as client:
        with pytest.raises(LoginError) as caught:
            await client.get_manifest("latest")
    error = caught.value
    assert isinstance(error, TokenLoginError)
    assert isinstance(error, AuthError)
    assert "rejects the credential" in error.problem
    assert "password" in error.hint
    assert "not it" not in str(error)
    assert type(pickle.loads(pickle.dumps(error))) is TokenLoginError


@pytest.mark.parametrize("auth", ["basic", "token"])
async def test_missing_credentials_are_no_login_error(start_registry: StartRegistry, auth: str) -> None:
    registry = start_registry(auth=auth, anonymous_pull=False)
    async with AsyncRegistryClientV2(f"{registry.url}/x") as client:
        with pytest.raises((UnauthorizedError, AuthError)) as caught:
            await client.get_manifest("latest")
    assert not isinstance(caught.value, LoginError)
    assert "og in" in caught.value.hint


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


async def test_a_server_that_does_not_answer_is_a_timeout_error(silent_server: str) -> None:
    async with AsyncRegistryClientV2(f"http://{silent_server}/x", timeout=0.2, max_retries=0) as client:
        with pytest.raises(TimeoutError) as caught:
            await client.get_manifest("latest")
        assert isinstance(caught.value, RequestTimeoutError)
        assert "timeout" in caught.value.hint
        with pytest.raises(TimeoutError) as caught:
            await client.get_manifest("latest", timeout=5, deadline=0.2)
        assert isinstance(caught.value, RegistryError)
        assert "deadline" in caught.value.hint


async def test_a_call_after_close_is_a_closed_error(start_registry: StartRegistry) -> None:
    client = AsyncRegistryClientV2(f"{start_registry().url}/x")
    await client.aclose()
    with pytest.raises(ClosedError) as caught:
        await client.get_manifest("latest")
    assert caught.value.problem == "the client is closed"
    assert "new client" in caught.value.hint
