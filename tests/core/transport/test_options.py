"""The options of a client: their names, and the combinations that are refused."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import InvalidReferenceError
from docker_registry_sdk.httpx_adapter import HttpxTransport
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.types import AsyncClientOptions, ClientOptions

CLIENTS = (RegistryClientV2, AsyncRegistryClientV2)
GIVEN = ExplicitCredentials(Credential("alice", "hunter2"))


def test_sync_and_async_have_the_same_options() -> None:
    assert ClientOptions.__optional_keys__ == AsyncClientOptions.__optional_keys__
    assert ClientOptions.__required_keys__ == frozenset()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user": "alice"}, "has no option 'user'"),
        ({"username": "alice"}, "username and password must be given together"),
        ({"password": "hunter2"}, "username and password must be given together"),
        ({"username": "alice", "password": "hunter2", "credentials": GIVEN}, "but not both"),
        ({"trusted_realms": "auth.example.com"}, "a collection of hosts"),
        ({"transport": object()}, "transport must be a"),
        ({"max_retires": 2}, "did you mean max_retries?"),
        ({"credentials": "alice"}, "credentials must be a Credential"),
        ({"credentials": ("alice", "hunter2", "x")}, "a tuple of 3 items"),
        ({"registry": "a.example", "index": "b.example"}, "but not both"),
    ],
)
def test_invalid_options_are_refused(client: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words)) as caught:
        client("registry.example.com/a", **options)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_trusted_realm_must_be_a_host(client: Any) -> None:
    with pytest.raises(InvalidReferenceError, match="trusted_realms"):
        client("registry.example.com/a", trusted_realms=["https://auth.example.com/token"])


@pytest.mark.parametrize(
    "option", [{"insecure": True}, {"ca_file": "x"}, {"client_cert": "x"}, {"proxy": "http://p.example.com"}, {"timeout": 1.0}]
)
def test_options_of_an_httpx_client_are_refused_together_with_it(option: dict[str, Any]) -> None:
    with httpx.Client() as http, pytest.raises(TypeError, match=next(iter(option))):
        RegistryClientV2("registry.example.com/a", transport=HttpxTransport(http), **option)


def test_an_async_http_client_is_refused_by_a_sync_client() -> None:
    other: Any = httpx.AsyncClient()
    with pytest.raises(TypeError, match=r"httpx\.Client"):
        RegistryClientV2("registry.example.com/a", transport=HttpxTransport(other))


@pytest.mark.anyio
async def test_an_async_provider_is_awaited() -> None:
    class Provider:
        async def get_credential(self, host: str, repo: str | None, /) -> Credential | None:
            return Credential(registry.username, registry.password)

    with EmbeddedRegistry(auth="token") as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=Provider()) as client:
            assert (await client.ping()).status == 200
