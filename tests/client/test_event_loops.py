"""Async clients in several event loops, and clients that are closed."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.errors import ClosedError, EventLoopError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.support.embedded import login_of
from tests.support.images import OCI_MANIFEST, digest_of, make_image

# asyncio reports a connection that its loop left open, although the client has closed the socket of the connection by then.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed (transport|<socket|<asyncio):ResourceWarning")
BLOB = os.urandom(300_000)
IMAGE = make_image()


try:
    trio: Any = importlib.import_module("trio")
except ImportError:
    trio = None


def run_asyncio(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(work())


def run_trio(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return trio.run(work)


LOOPS = {"asyncio": run_asyncio, **({"trio": run_trio} if trio else {})}


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    """Delete the connections of ended loops in the test that opened them."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(auth="token") as registry:
        with RegistryClientV2(f"{registry.url}/app", **login_of(registry)) as client:
            for content in (BLOB, IMAGE.config, IMAGE.layer):
                client.blob_upload(content)
            client.put_manifest(IMAGE.oci, "latest", media_type=OCI_MANIFEST)
        yield registry


@pytest.fixture
def client(registry: EmbeddedRegistry) -> AsyncRegistryClientV2:
    """A client that was created outside an event loop."""
    return AsyncRegistryClientV2(f"{registry.url}/app", **login_of(registry))


async def call(client: AsyncRegistryClientV2) -> None:
    assert (await client.get_manifest("latest")).raw == IMAGE.oci
    async with client.create_blob_read_stream(digest_of(BLOB)) as stream:
        assert await stream.read() == BLOB


@pytest.mark.parametrize("first", LOOPS)
@pytest.mark.parametrize("second", LOOPS)
def test_loops_in_sequence(client: AsyncRegistryClientV2, first: str, second: str) -> None:
    for loop in (first, second, second):
        LOOPS[loop](lambda: call(client))
    LOOPS[first](client.aclose)


@pytest.mark.parametrize("loop", LOOPS)
def test_closing_in_another_loop(client: AsyncRegistryClientV2, loop: str) -> None:
    LOOPS[loop](lambda: call(client))
    LOOPS[loop](client.aclose)
    with pytest.raises(ClosedError):
        LOOPS[loop](lambda: call(client))


@pytest.mark.parametrize("loop", LOOPS)
def test_lock_that_an_ended_loop_held(client: AsyncRegistryClientV2, loop: str) -> None:
    async def leave_locked() -> None:
        lock: Any = client._auth_policy._authenticator._lock
        await lock.acquire_unless(lambda: False)

    async def work() -> None:
        assert await client.supports_v2()  # so that the challenge is known
        await call(client)

    LOOPS[loop](leave_locked)
    LOOPS[loop](work)
    LOOPS[loop](client.aclose)


@pytest.mark.parametrize("loop", LOOPS)
def test_loop_that_still_runs_in_another_thread(client: AsyncRegistryClientV2, loop: str) -> None:
    called, end = threading.Event(), threading.Event()

    async def work() -> None:
        await call(client)
        called.set()
        while not end.is_set():
            await (asyncio.sleep(0.01) if loop == "asyncio" else trio.sleep(0.01))
        await call(client)

    thread = threading.Thread(target=lambda: LOOPS[loop](work))
    thread.start()
    try:
        assert called.wait(60)
        for refused in (call, AsyncRegistryClientV2.aclose):
            with pytest.raises(EventLoopError, match="Create one client for each event loop"):
                asyncio.run(refused(client))
    finally:
        end.set()
        thread.join()
    asyncio.run(call(client))
    asyncio.run(client.aclose())


def test_loop_that_is_stopped_and_not_closed(client: AsyncRegistryClientV2) -> None:
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    try:
        for loop in (first, second, first):
            loop.run_until_complete(call(client))
        first.run_until_complete(client.aclose())
    finally:
        first.close()
        second.close()


def test_own_httpx_client_of_the_caller_in_two_loops(registry: EmbeddedRegistry) -> None:
    http = httpx.AsyncClient()
    own = AsyncRegistryClientV2(f"{registry.url}/app", transport=AsyncHttpxTransport(http), **login_of(registry))
    asyncio.run(call(own))
    with pytest.raises(EventLoopError, match="Create one client for each event loop"):
        asyncio.run(call(own))


def test_closed_sync_client(registry: EmbeddedRegistry) -> None:
    client = RegistryClientV2(f"{registry.url}/app", **login_of(registry))
    assert client.get_manifest("latest").raw == IMAGE.oci
    client.close()
    client.close()
    for work in (lambda: client.get_manifest("latest"), client.ping, lambda: client.head_blob(digest_of(BLOB))):
        with pytest.raises(ClosedError, match="Create a new client"):
            work()


def test_client_that_is_closed_before_its_first_call(registry: EmbeddedRegistry) -> None:
    client = RegistryClientV2(f"{registry.url}/app")
    client.close()
    with pytest.raises(ClosedError):
        client.ping()
