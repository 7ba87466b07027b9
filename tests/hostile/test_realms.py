"""A registry that names a token service which is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, RegistryError, StatusError
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile.conftest import at, client_of
from tests.support.sessions import Kind, open_session


def name(registry: Loopback, realm: str) -> None:
    """Let the registry name a realm, whatever it is shown."""

    def answer(handler: Handler) -> None:
        handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s",scope="repository:a:pull"')

    registry.answer = answer


def test_a_realm_on_another_site_does_not_see_the_password(kind: Kind, registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'evil.example.net')}/token")
    with client_of(kind, registry) as session, pytest.raises(AuthError, match="another site"):
        session.call("list_tags")
    assert evil.seen == []


def test_a_realm_below_the_same_public_suffix_is_another_site(kind: Kind, registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'registry.example.com.evil.co.uk')}/token")
    with client_of(kind, registry) as session, pytest.raises(AuthError, match="another site"):
        session.call("list_tags")
    assert evil.seen == []


def test_a_realm_on_another_site_is_asked_anonymously_at_most(kind: Kind, registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'evil.example.net')}/token")
    evil.answer = lambda handler: handler.reply(200, b'{"token": "t"}', Content_Type="application/json")
    with open_session(kind, f"{at(registry, 'registry.example.com')}/a", max_retries=0) as session, pytest.raises(StatusError):
        session.call("list_tags")
    assert ["authorization" in seen.headers for seen in evil.seen] == [False]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "metadata.google.internal"])
@pytest.mark.parametrize("with_password", [False, True])
def test_a_realm_in_the_callers_network_is_not_asked_at_all(
    kind: Kind, registry: Loopback, evil: Loopback, host: str, with_password: bool
) -> None:
    name(registry, f"{at(evil, host)}/token")
    options = {} if with_password else {"credentials": ExplicitCredentials(Credential("x", "y"), "other.example.com")}
    with client_of(kind, registry, **options) as session, pytest.raises(AuthError, match="private network"):
        session.call("list_tags")
    assert evil.seen == []


def test_an_http_realm_of_an_https_registry_is_not_asked(kind: Kind, secure: Loopback, evil: Loopback, tmp_path: Path) -> None:
    name(secure, f"{at(evil, 'registry.example.com')}/token")
    with client_of(kind, secure, ca_file=tmp_path / "ca.pem") as session, pytest.raises(AuthError, match="plain http"):
        session.call("list_tags")
    assert evil.seen == []


@pytest.mark.parametrize(
    "realm", ["http://registry.example.com@evil.example.net", "http://alice:x@registry.example.com", "//x/", "", "/t"]
)
def test_a_realm_that_parsers_differ_on_is_refused(kind: Kind, registry: Loopback, realm: str) -> None:
    name(registry, realm)
    with client_of(kind, registry) as session, pytest.raises(RegistryError):
        session.call("list_tags")
    assert not any("authorization" in seen.headers for seen in registry.seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_service_does_not_send_the_password_on(kind: Kind, registry: Loopback, evil: Loopback, status: int) -> None:
    def answer(handler: Handler) -> None:
        if handler.path.startswith("/token"):
            handler.reply(status, Location=f"{at(evil, 'evil.example.net')}/token")
        else:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{at(registry, "registry.example.com")}/token"')

    registry.answer = answer
    with client_of(kind, registry) as session, pytest.raises(StatusError):
        session.call("list_tags")
    assert evil.seen == []


def test_a_trusted_realm_is_asked(kind: Kind, registry: Loopback, evil: Loopback) -> None:
    name(registry, f"{at(evil, 'auth.example.net')}/token")
    with client_of(kind, registry, trusted_realms=["auth.example.net"]) as session, pytest.raises(RegistryError):
        session.call("list_tags")
    assert ["authorization" in seen.headers for seen in evil.seen] == [True]
