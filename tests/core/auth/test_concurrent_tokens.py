"""Threads and tasks that need the same token, or the same challenge, at the same time request it once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import anyio
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v2.api import complete_blob_upload
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.embedded import count_token_requests, login_of
from tests.support.images import digest_of


def test_a_hundred_threads_fetch_one_token() -> None:
    with EmbeddedRegistry(auth="token") as registry, RegistryClientV2(f"{registry.url}/a", **login_of(registry)) as client:
        client.blob_upload(b"x")
        registry.revoke_tokens()
        client.ping()
        before = count_token_requests(registry)
        with ThreadPoolExecutor(100) as pool:
            found = list(pool.map(lambda _: client.head_blob(digest_of(b"x")).size, range(100)))
        assert found == [1] * 100
        assert count_token_requests(registry) == before + 1


def test_a_hundred_tasks_fetch_one_token() -> None:
    async def run(registry: EmbeddedRegistry) -> None:
        async with (
            AsyncRegistryClientV2(f"{registry.url}/a", **login_of(registry)) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(100):
                group.start_soon(client.ping)

    with EmbeddedRegistry(auth="token") as registry:
        anyio.run(run, registry)
        assert count_token_requests(registry) == 1


def count_pings(registry: EmbeddedRegistry) -> int:
    """Return the number of requests for /v2/ so far, whose responses have the challenge of the registry."""
    return sum(record.path == "/v2/" for record in registry.requests)


def test_threads_that_upload_streams_to_an_open_registry_need_no_ping() -> None:
    with EmbeddedRegistry(auth="none") as registry, RegistryClientV2(f"{registry.url}/a") as client:
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda number: client.blob_upload(iter([b"%d" % number])).size, range(6)))
        assert found == [1] * 6
        assert count_pings(registry) == 0


def test_tasks_that_upload_streams_to_an_open_registry_need_no_ping() -> None:
    async def run(registry: EmbeddedRegistry) -> None:
        async with (
            AsyncRegistryClientV2(f"{registry.url}/a") as client,
            anyio.create_task_group() as group,
        ):
            for number in range(6):
                group.start_soon(lambda content: client.blob_upload(iter([content])), b"%d" % number)

    with EmbeddedRegistry(auth="none") as registry:
        anyio.run(run, registry)
        assert count_pings(registry) == 0


def test_threads_that_resume_uploads_ping_once() -> None:
    pinged = Event()

    def answer(handler: Handler) -> None:
        if handler.path == "/v2/":
            pinged.wait(0.3)  # all threads lack the challenge at the same time
        handler.reply(200 if handler.path == "/v2/" else 404)

    with run_loopback(answer) as loopback, RegistryClientV2(f"{loopback.url}/a", max_retries=0) as client:

        def put(number: int) -> int:
            location = f"{loopback.url}/v2/a/blobs/uploads/{number}"
            with pytest.raises(NotFoundError) as caught:
                complete_blob_upload.sync(client, "a", location, digest_of(b"x"), body=iter([b"x"]))
            return caught.value.status

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(put, range(6))) == [404] * 6
        assert [request.target for request in loopback.seen].count("/v2/") == 1


def answer_two_token_requests(handler: Handler, both: Barrier) -> None:
    """Answer as a registry whose token service answers the first request only when the second has arrived."""
    if handler.path.startswith("/token"):
        both.wait()
        handler.reply(200, b'{"token": "t"}', Content_Type="application/json")
    elif "Authorization" in handler.headers:
        handler.reply(200, Content_Length="7")
    else:
        realm = f"{handler.loopback.url}/token"
        handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s"')


@pytest.fixture
def two_tokens_registry() -> Iterator[Loopback]:
    both = Barrier(2, timeout=10)
    with run_loopback(lambda handler: answer_two_token_requests(handler, both)) as loopback:
        yield loopback


def test_threads_fetch_the_tokens_of_two_repositories_at_once(two_tokens_registry: Loopback) -> None:
    with RegistryClientV2(f"{two_tokens_registry.url}/a", max_retries=0) as client, ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.head_blob(digest_of(b"x")).size, (client, client.with_repo("b"))))
    assert found == [7, 7]


def test_tasks_fetch_the_tokens_of_two_repositories_at_once(two_tokens_registry: Loopback) -> None:
    async def run() -> None:
        async with (
            AsyncRegistryClientV2(f"{two_tokens_registry.url}/a", max_retries=0) as client,
            anyio.create_task_group() as group,
        ):
            for one in client, client.with_repo("b"):
                group.start_soon(one.head_blob, digest_of(b"x"))

    anyio.run(run)
