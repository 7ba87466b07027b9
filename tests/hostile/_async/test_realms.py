"""A registry whose challenge names a token service of another site."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, RegistryError, StatusError
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import at
from tests.support.internet import pretend_internet

pytestmark = pytest.mark.anyio


def name(registry: Loopback, realm: str) -> None:
    """Let the registry answer every request with a challenge that names the realm."""

    def answer(handler: Handler) -> None:
        handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s",scope="repository:a:pull"')

    registry.answer = answer


async def test_a_realm_on_another_site_gets_no_password(registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'evil.example.net')}/token")
    async with client_of(registry) as client:
        with pytest.raises(AuthError, match="another site"):
            await client.list_tags()
    assert evil.seen == []


async def test_a_realm_below_the_same_public_suffix_is_another_site(registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'registry.example.com.evil.co.uk')}/token")
    async with client_of(registry) as client:
        with pytest.raises(AuthError, match="another site"):
            await client.list_tags()
    assert evil.seen == []


async def test_a_realm_on_another_site_gets_only_anonymous_requests(registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'evil.example.net')}/token")
    evil.answer = lambda handler: handler.reply(200, b'{"token": "t"}', Content_Type="application/json")
    async with AsyncRegistryClientV2(f"{at(registry, 'registry.example.com')}/a", max_retries=0) as client:
        with pytest.raises(StatusError):
            await client.list_tags()
    assert ["authorization" in seen.headers for seen in evil.seen] == [False]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "metadata.google.internal"])
@pytest.mark.parametrize("with_password", [False, True])
async def test_a_realm_in_the_callers_network_gets_no_request(
    registry: Loopback, evil: Loopback, host: str, with_password: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_internet(monkeypatch, registry_example_com="93.184.216.34", localhost="127.0.0.1")
    name(registry, f"{at(evil, host)}/token")
    where = None if with_password else "other.example.com"
    async with client_of(registry, credentials=ExplicitCredentials(Credential("alice", "password"), where)) as client:
        with pytest.raises(AuthError, match="private network"):
            await client.list_tags()
    assert evil.seen == []


async def test_an_http_realm_of_an_https_registry_gets_no_request(secure: Loopback, evil: Loopback, tmp_path: Path) -> None:
    name(secure, f"{at(evil, 'registry.example.com')}/token")
    async with client_of(secure, ca_file=tmp_path / "ca.pem") as client:
        with pytest.raises(AuthError, match="plain http"):
            await client.list_tags()
    assert evil.seen == []


@pytest.mark.parametrize(
    "realm", ["http://registry.example.com@evil.example.net", "http://alice:x@registry.example.com", "//x/", "", "t"]
)
async def test_a_realm_that_parsers_differ_on_is_refused(registry: Loopback, realm: str) -> None:
    name(registry, realm)
    async with client_of(registry) as client:
        with pytest.raises(RegistryError):
            await client.list_tags()
    assert not any("authorization" in seen.headers for seen in registry.seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_a_token_service_gets_no_password(registry: Loopback, evil: Loopback, status: int) -> None:
    def answer(handler: Handler) -> None:
        if handler.path.startswith("/token"):
            handler.reply(status, Location=f"{at(evil, 'evil.example.net')}/token")
        else:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{at(registry, "registry.example.com")}/token"')

    registry.answer = answer
    async with client_of(registry) as client:
        with pytest.raises(AuthError):
            await client.list_tags()
    assert evil.seen == []


async def test_a_trusted_realm_gets_the_password(registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'auth.example.net')}/token")
    async with client_of(registry, trusted_realms=["auth.example.net"]) as client:
        with pytest.raises(RegistryError):
            await client.list_tags()
    assert ["authorization" in seen.headers for seen in evil.seen] == [True]
