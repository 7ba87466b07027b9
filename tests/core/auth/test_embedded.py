"""The token dance with a real token service: single flight, revoked and ended tokens, other origins."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import anyio
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, ForbiddenError, RegistryError, UnauthorizedError
from docker_registry_sdk.testing import EmbeddedRegistry, Settings
from docker_registry_sdk.testing.faults import Exchange, Fault
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.images import digest_of
from tests.support.sessions import KINDS, Kind, open_session


def tokens_of(registry: EmbeddedRegistry) -> int:
    """Return how many tokens were asked for."""
    return sum(record.path.startswith("/token") for record in registry.requests)


def options_of(registry: EmbeddedRegistry) -> dict[str, Any]:
    """Return what lets the user in."""
    return {"username": registry.username, "password": registry.password}


def test_a_hundred_threads_fetch_one_token() -> None:
    with EmbeddedRegistry(auth="token") as registry, RegistryClientV2(f"{registry.url}/a", **options_of(registry)) as client:
        client.blob_upload(b"x")
        registry.revoke_tokens()
        client.ping()
        before = tokens_of(registry)
        with ThreadPoolExecutor(100) as pool:
            found = list(pool.map(lambda _: client.head_blob(digest_of(b"x")).size, range(100)))
        assert found == [1] * 100
        assert tokens_of(registry) == before + 1


def test_a_hundred_tasks_fetch_one_token() -> None:
    async def run(registry: EmbeddedRegistry) -> None:
        async with (
            AsyncRegistryClientV2(f"{registry.url}/a", **options_of(registry)) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(100):
                group.start_soon(client.ping)

    with EmbeddedRegistry(auth="token") as registry:
        anyio.run(run, registry)
        assert tokens_of(registry) == 1


def pings_of(registry: EmbeddedRegistry) -> int:
    """Return how often the registry was asked what it wants."""
    return sum(record.path == "/v2/" for record in registry.requests)


class Late:
    """The registry hears of a request late."""

    async def play(self, exchange: Exchange, app: Any) -> None:
        await anyio.sleep(0.3)
        await app(exchange.scope, exchange.receive, exchange.send)


def delay_pings(registry: EmbeddedRegistry) -> None:
    """Let all that want a challenge want it at the same time."""
    registry.faults.add(Fault(Late(), operation="ping", times=None))


def test_many_threads_with_bodies_to_send_ask_once() -> None:
    with EmbeddedRegistry(auth="none") as registry, RegistryClientV2(f"{registry.url}/a") as client:
        delay_pings(registry)
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda number: client.blob_upload(iter([b"%d" % number])).size, range(6)))
        assert found == [1] * 6
        assert pings_of(registry) == 1


def test_many_tasks_with_bodies_to_send_ask_once() -> None:
    async def run(registry: EmbeddedRegistry) -> None:
        async with (
            AsyncRegistryClientV2(f"{registry.url}/a") as client,
            anyio.create_task_group() as group,
        ):
            for number in range(6):
                group.start_soon(lambda content: client.blob_upload(iter([content])), b"%d" % number)

    with EmbeddedRegistry(auth="none") as registry:
        delay_pings(registry)
        anyio.run(run, registry)
        assert pings_of(registry) == 1


def answer_when_two_ask(handler: Handler, asked: Barrier) -> None:
    """Answer as a registry, whose token service answers two requests at once or none."""
    if handler.path.startswith("/token"):
        asked.wait()
        handler.reply(200, b'{"token": "t"}', Content_Type="application/json")
    elif "Authorization" in handler.headers:
        handler.reply(200, Content_Length="7")
    else:
        realm = f"{handler.loopback.url}/token"
        handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s"')


@pytest.fixture
def patient_registry() -> Iterator[Loopback]:
    asked = Barrier(2, timeout=10)
    with run_loopback(lambda handler: answer_when_two_ask(handler, asked)) as loopback:
        yield loopback


def test_threads_fetch_the_tokens_of_two_repositories_at_once(patient_registry: Loopback) -> None:
    with RegistryClientV2(f"{patient_registry.url}/a", max_retries=0) as client, ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.head_blob(digest_of(b"x")).size, (client, client.with_repo("b"))))
    assert found == [7, 7]


def test_tasks_fetch_the_tokens_of_two_repositories_at_once(patient_registry: Loopback) -> None:
    async def run() -> None:
        async with (
            AsyncRegistryClientV2(f"{patient_registry.url}/a", max_retries=0) as client,
            anyio.create_task_group() as group,
        ):
            for one in client, client.with_repo("b"):
                group.start_soon(one.head_blob, digest_of(b"x"))

    anyio.run(run)


@pytest.mark.parametrize("kind", KINDS)
def test_revoked_tokens_are_replaced(kind: Kind) -> None:
    with EmbeddedRegistry(auth="token") as registry:
        with open_session(kind, f"{registry.url}/a", **options_of(registry)) as session:
            for number in range(4):
                assert session.read_blob(session.call("blob_upload", b"%d" % number).digest) == b"%d" % number
                registry.revoke_tokens()
        assert tokens_of(registry) <= 2 * 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_streamed_upload_survives_that_the_token_has_ended(kind: Kind) -> None:
    settings = Settings(token_lifetime=60)
    with (
        EmbeddedRegistry(auth="token", settings=settings) as registry,
        open_session(kind, f"{registry.url}/a", **options_of(registry)) as session,
    ):
        session.call("blob_upload", b"first")
        registry.clock.advance(3600)
        blob = session.call("blob_upload", iter([b"sec", b"ond"]), digest=digest_of(b"second"))
        assert session.read_blob(blob.digest) == b"second"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("origin", ["same", "port", "name"])
def test_where_the_token_service_may_be(kind: Kind, origin: Any) -> None:
    with EmbeddedRegistry(auth="token", settings=Settings(token_origin=origin)) as registry:
        for trusted, allowed in (((), origin != "name"), (("localhost",), True)):
            with open_session(kind, f"{registry.url}/a", trusted_realms=trusted, **options_of(registry)) as session:
                if allowed:
                    assert session.call("ping").status == 200
                else:
                    with pytest.raises(AuthError, match="private network"):
                        session.call("ping")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("auth", ["token", "basic"])
def test_a_wrong_password_fails_at_once(kind: Kind, auth: Any) -> None:
    with EmbeddedRegistry(auth=auth) as registry:
        credentials = ExplicitCredentials(Credential(registry.username, "S3CR3T"))
        with open_session(kind, f"{registry.url}/a", credentials=credentials) as session:
            with pytest.raises((AuthError, UnauthorizedError)) as caught:
                session.call("start_blob_upload")
            assert "S3CR3T" not in f"{caught.value}{session.explain()}"
        assert len(registry.requests) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_anonymous_callers_may_not_do_is_refused_after_one_token(kind: Kind) -> None:
    with EmbeddedRegistry(auth="token") as registry:
        nobody = ExplicitCredentials(Credential("x", "y"), "nowhere.example.com")
        with open_session(kind, f"{registry.url}/a", credentials=nobody) as session:
            with pytest.raises((UnauthorizedError, ForbiddenError)):
                session.call("start_blob_upload")
            with pytest.raises(RegistryError):
                session.call("list_repositories")
        assert tokens_of(registry) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_an_identity_token_is_exchanged(kind: Kind) -> None:
    import httpx

    with EmbeddedRegistry(auth="token") as registry:
        asked = httpx.get(registry.token_url, params={"offline_token": "true"}, auth=(registry.username, registry.password))
        credential = Credential(identity_token=asked.json()["refresh_token"])
        with open_session(kind, f"{registry.url}/a", credentials=ExplicitCredentials(credential)) as session:
            session.call("blob_upload", b"x")
            assert session.explain().grant == "POST with an identity token"
