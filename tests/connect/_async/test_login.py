"""Logins that are checked, and stored where `docker login` stores them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docker_registry_sdk import (
    AsyncRegistryClientV2,
    Credential,
    LoginError,
    async_check_login,
    async_login,
    create_async_client,
)
from docker_registry_sdk.testing import EmbeddedRegistry

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the path of an empty config.json, in which logins are stored."""
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return tmp_path / "docker" / "config.json"


@pytest.mark.parametrize("auth", ["basic", "token"])
async def test_a_stored_login_is_used_by_clients(config: Path, auth: Any) -> None:
    with EmbeddedRegistry(auth=auth, username="alice", password="S3CR3T") as registry:
        result = await async_login(registry.host, username="alice", password="S3CR3T", store=True)
        assert (result.registry.name, result.stored, result.checked) == (registry.host, str(config), "credentials")
        assert "S3CR3T" not in repr(result)
        assert list(json.loads(config.read_bytes())["auths"]) == [registry.host]
        async with AsyncRegistryClientV2(registry=registry.host) as client:
            await client.ping()


async def test_a_login_is_stored_in_the_file_at_a_path(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "own" / "auth.json"
    with EmbeddedRegistry(auth="basic", username="alice", password="S3CR3T") as registry:
        result = await async_login(registry.host, username="alice", password="S3CR3T", store=path)
    assert result.stored == str(path)
    assert not config.exists()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("auth", ["basic", "token"])
async def test_wrong_passwords_raise_and_are_not_stored(config: Path, auth: Any) -> None:
    with EmbeddedRegistry(auth=auth, username="alice", password="S3CR3T") as registry:
        with pytest.raises(LoginError) as caught:
            await async_login(registry.host, username="alice", password="wrong-one", store=True)
        assert "wrong-one" not in str(caught.value)
        assert caught.value.hint == "Check the user name and the password."  # not to log in, which has just failed
        assert str(caught.value).endswith(f". {caught.value.hint}")
        with pytest.raises(LoginError):
            await async_check_login(registry.host, username="alice", password="wrong-one")
    assert not config.exists()


async def test_a_check_stores_nothing(config: Path) -> None:
    with EmbeddedRegistry(auth="token", username="alice", password="S3CR3T") as registry:
        result = await async_check_login(registry.host, username="alice", password="S3CR3T")
    assert (result.stored, result.checked) == (None, "credentials")
    assert not config.exists()


@pytest.mark.parametrize("form", ["pair", "credential", "mapping"])
async def test_credentials_in_each_form_log_in(form: str) -> None:
    with EmbeddedRegistry(auth="token", username="alice", password="S3CR3T") as registry:
        pair = ("alice", "S3CR3T")
        given: Any = {"pair": pair, "credential": Credential(*pair), "mapping": {registry.host: pair}}[form]
        async with create_async_client(registry=registry.host, credentials=given) as client:
            await client.ping()
            assert "S3CR3T" not in repr(client)
