"""One client used by many threads or tasks, and uploads of cancelled tasks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import anyio
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.client.conftest import NAME, StartRegistry, cancelled, options_of
from tests.client.log_of_requests import Requests
from tests.support.images import digest_of

CONTENT = os.urandom(700_000)


def test_a_hundred_threads_without_a_token_fetch_one(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    with (
        RegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client,
        ThreadPoolExecutor(100) as threads,
    ):
        assert client.supports_v2()
        start = Barrier(100)

        def call() -> str:
            start.wait()
            return client.get_manifest("v1").digest

        found = {each.result() for each in [threads.submit(call) for _ in range(100)]}
    assert len(found) == 1
    taken = requests.take()
    assert taken.count("GET token 200") == 1
    assert sorted(taken) == sorted(["GET ping 401", "GET token 200", *["GET manifests 200"] * 100])


def test_a_hundred_threads_without_a_challenge_fetch_one_token(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    with (
        RegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client,
        ThreadPoolExecutor(100) as threads,
    ):
        start = Barrier(100)

        def call() -> str:
            start.wait()
            return client.get_manifest("v1").digest

        assert len({each.result() for each in [threads.submit(call) for _ in range(100)]}) == 1
    assert requests.take().count("GET token 200") == 1


def test_threads_share_a_sync_client(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token")
    with RegistryClientV2(f"{registry.url}/x", **options_of(registry)) as client, ThreadPoolExecutor(20) as threads:
        digest = client.blob_upload(b"x").digest
        found = [each.result() for each in [threads.submit(client.head_blob, digest) for _ in range(20)]]
    assert {one.size for one in found} == {1}


@pytest.mark.anyio
@pytest.mark.parametrize("probed", [True, False])
async def test_a_hundred_tasks_without_a_token_fetch_one(
    image_registry: EmbeddedRegistry, requests: Requests, probed: bool
) -> None:
    async with AsyncRegistryClientV2(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        if probed:
            assert await client.supports_v2()
        found = await asyncio.gather(*[client.get_manifest("v1") for _ in range(100)])
    assert len({one.digest for one in found}) == 1
    taken = requests.take()
    assert taken.count("GET token 200") == 1
    assert taken.count("GET manifests 200") == 100
    if probed:
        assert len(taken) == 102


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["asyncio", "anyio"])
async def test_a_cancelled_task_cancels_its_upload(start_registry: StartRegistry, repo: str, how: str) -> None:
    registry = start_registry(auth="token")
    started = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT[:1000]
        started.set()
        await asyncio.sleep(60)

    async with AsyncRegistryClientV2(f"{registry.url}/{repo}", **options_of(registry)) as client:
        if how == "asyncio":
            task = asyncio.create_task(client.blob_upload(slow()))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            async with anyio.create_task_group() as group:
                group.start_soon(client.blob_upload, slow())
                await started.wait()
                group.cancel_scope.cancel()
    assert cancelled(registry)


@pytest.mark.parametrize("known", [True, False])
def test_an_async_iterator_is_refused_by_a_sync_client(start_registry: StartRegistry, known: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield CONTENT

    registry = start_registry(auth="token")
    options = {"digest": digest_of(CONTENT), "size": len(CONTENT)} if known else {}
    with RegistryClientV2(f"{registry.url}/x", **options_of(registry)) as client, pytest.raises(TypeError, match="async"):
        client.blob_upload(pieces(), **options)  # type: ignore[arg-type]
