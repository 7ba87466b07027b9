"""The options of a client: which there are, and which do not go together."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.transport.options import AsyncClientOptions, ClientOptions
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, InvalidReferenceError, TransportError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import run_loopback
from tests.support.sessions import KINDS, Kind, open_session

CLIENTS = (RegistryClientV2, AsyncRegistryClientV2)
GIVEN = ExplicitCredentials(Credential("alice", "hunter2"))


def test_sync_and_async_have_the_same_options() -> None:
    assert ClientOptions.__optional_keys__ == AsyncClientOptions.__optional_keys__
    assert ClientOptions.__required_keys__ == frozenset()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user": "alice"}, "there is no option user"),
        ({"username": "alice"}, "username and password go together"),
        ({"password": "hunter2"}, "username and password go together"),
        ({"username": "alice", "password": "hunter2", "credentials": GIVEN}, "but not both"),
        ({"trusted_realms": "auth.example.com"}, "several hosts"),
        ({"http_client": object()}, "http_client should be an httpx"),
    ],
)
def test_what_does_not_go_is_told_at_once(client: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words)) as caught:
        client("registry.example.com/a", **options)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_trusted_realm_that_is_no_host_is_told_at_once(client: Any) -> None:
    with pytest.raises(InvalidReferenceError, match="trusted_realms"):
        client("registry.example.com/a", trusted_realms=["https://auth.example.com/token"])


@pytest.mark.parametrize(
    "option", [{"insecure": True}, {"ca_file": "x"}, {"client_cert": "x"}, {"proxy": "http://p.example.com"}, {"timeout": 1.0}]
)
def test_what_an_http_client_decides_is_not_given_beside_it(option: dict[str, Any]) -> None:
    with httpx.Client() as http, pytest.raises(TypeError, match=next(iter(option))):
        RegistryClientV2("registry.example.com/a", http_client=http, **option)


def test_a_client_of_the_other_kind_is_refused() -> None:
    other: Any = httpx.AsyncClient()
    with pytest.raises(TypeError, match=r"httpx\.Client"):
        RegistryClientV2("registry.example.com/a", http_client=other)


@pytest.mark.parametrize("kind", KINDS)
def test_user_agent(kind: Kind) -> None:
    with EmbeddedRegistry() as registry:
        for options in {}, {"user_agent": "mine/1"}:
            with open_session(kind, f"{registry.url}/a", **options) as session:
                session.call("ping")
        first, second = [record.header("user-agent") or "" for record in registry.requests]
    assert re.fullmatch(r"docker_registry_sdk/\S+ python/3\.\d+", first)
    assert second == "mine/1"


@pytest.mark.parametrize("kind", KINDS)
def test_timeout(kind: Kind) -> None:
    import time

    with run_loopback(lambda handler: time.sleep(0.5)) as server:
        with open_session(kind, f"{server.url}/a", timeout=0.05, max_retries=0) as session, pytest.raises(TransportError):
            session.call("ping")
        with open_session(kind, f"{server.url}/a", max_retries=0) as session, pytest.raises(TransportError):
            session.call("ping", timeout=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_max_retries_and_max_retry_wait(kind: Kind) -> None:
    with run_loopback(lambda handler: handler.reply(429, Retry_After="9")) as server:
        with (
            open_session(kind, f"{server.url}/a", max_retry_wait=8.0) as session,
            pytest.raises(Exception, match="429") as caught,
        ):
            session.call("ping")
        assert getattr(caught.value, "retry_after", None) == 9
        assert len(server.seen) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_is_asked_by_the_name_of_the_registry_and_the_repo(kind: Kind) -> None:
    asked: list[tuple[str, str | None]] = []

    class Provider:
        def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
            asked.append((registry, repo))
            return Credential(served.username, served.password)

    with EmbeddedRegistry(auth="token") as served:
        with open_session(kind, f"{served.url}/a/b", credentials=Provider()) as session:
            session.call("blob_upload", b"x")
            session.call("blob_upload", b"y")
        assert asked == [(served.host, "a/b")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_gives_something_else_is_named(kind: Kind) -> None:
    class Provider:
        def get_credential(self, registry: str, repo: str | None, /) -> Any:
            return ("alice", "hunter2")

    with (
        EmbeddedRegistry(auth="basic") as served,
        open_session(kind, f"{served.url}/a", credentials=Provider()) as session,
        pytest.raises(AuthError, match="Provider") as caught,
    ):
        session.call("ping")
    assert "hunter2" not in str(caught.value)


def test_an_async_provider_is_awaited() -> None:
    class Provider:
        async def get_credential(self, registry: str, repo: str | None, /) -> Credential | None:
            return Credential(served.username, served.password)

    with EmbeddedRegistry(auth="token") as served, open_session("async", f"{served.url}/a", credentials=Provider()) as session:
        assert session.call("ping").status == 200
