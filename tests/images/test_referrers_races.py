"""Several writers of one list of referrers at once: none is lost, and all of them end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.transport.options import ConnectionOptions
from docker_registry_sdk.client.fallback import fallback_tag
from docker_registry_sdk.images._async.referrers import async_delete_manifest, async_push_manifest
from docker_registry_sdk.images._sync.referrers import delete_manifest, push_manifest
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, SetHeader, Status
from tests.support.docker_registry import run_docker_registry
from tests.support.images import digest_of
from tests.support.referrers_registries import IMAGE, SUBJECT, referrer_manifest

pytestmark = pytest.mark.anyio
TAG = fallback_tag(SUBJECT)
WRITERS = 8
# Of several concurrent writers at least one succeeds in each round.
MANY_RETRIES: ConnectionOptions = {"max_retries": WRITERS + 2, "max_retry_wait": 0.3}


@pytest.fixture(scope="module", params=["embedded", "docker-registry"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry without the referrers API: the one looks at If-Match, the other gives ETags and does not."""
    if request.param == "docker-registry":
        with run_docker_registry(tmp_path_factory.mktemp("debian")) as debian:
            yield debian.url
        return
    with EmbeddedRegistry(auth="none") as embedded:
        embedded.faults.add(Fault(Status(404), operation="list_referrers", times=None))
        embedded.faults.add(Fault(SetHeader("oci-subject", None), operation="put_manifest", times=None))
        yield embedded.url


def is_first(seen: set[str], step: str, ref: str) -> bool:
    """Say whether a step is done with the list for the first time."""
    if ref != TAG or step in seen:
        return False
    seen.add(step)
    return True


class Held(RegistryClientV2):
    """A client that waits for another one after it has first read the list, and after it has first written it."""

    barrier: Barrier
    seen: set[str]

    def get_manifest(self, ref: str, **options: Any) -> Any:
        try:
            return super().get_manifest(ref, **options)
        finally:
            if is_first(self.seen, "read", ref):
                self.barrier.wait(30)

    def put_manifest(self, content: bytes, ref: str, **options: Any) -> Any:
        try:
            return super().put_manifest(content, ref, **options)
        finally:
            if is_first(self.seen, "written", ref):
                self.barrier.wait(30)


class AsyncHeld(AsyncRegistryClientV2):
    """The same for tasks."""

    barrier: asyncio.Barrier
    seen: set[str]

    async def get_manifest(self, ref: str, **options: Any) -> Any:
        try:
            return await super().get_manifest(ref, **options)
        finally:
            if is_first(self.seen, "read", ref):
                await asyncio.wait_for(self.barrier.wait(), 30)

    async def put_manifest(self, content: bytes, ref: str, **options: Any) -> Any:
        try:
            return await super().put_manifest(content, ref, **options)
        finally:
            if is_first(self.seen, "written", ref):
                await asyncio.wait_for(self.barrier.wait(), 30)


def prepare(url: str, name: str, *listed: bytes) -> str:
    """Push the subject and referrers of it, and return the repository's address."""
    with RegistryClientV2(f"{url}/races/{name}") as client:
        for blob in (IMAGE.config, IMAGE.layer):
            client.blob_upload(blob)
        client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
        for content in listed:
            push_manifest(client, content, None, media_type=OCI_MANIFEST)
    return f"{url}/races/{name}"


def listed_in(repo: str) -> list[str]:
    with RegistryClientV2(repo) as client:
        return sorted(one.digest for one in client.iter_referrers(SUBJECT))


def pushing(content: bytes) -> Callable[[Held], object]:
    return lambda client: push_manifest(client, content, None, media_type=OCI_MANIFEST)


def async_pushing(content: bytes) -> Callable[[AsyncHeld], Awaitable[object]]:
    return lambda client: async_push_manifest(client, content, None, media_type=OCI_MANIFEST)


def run_threads(repo: str, *acts: Callable[[Held], object]) -> None:
    """Let threads act at once, each with a client of its own, all of which read before one writes."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[Held], object]) -> None:
        with Held(repo, **MANY_RETRIES) as client:
            client.barrier, client.seen = barrier, set()
            act(client)

    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(run, act) for act in acts]:
            done.result(timeout=60)


async def run_tasks(repo: str, *acts: Callable[[AsyncHeld], Awaitable[object]]) -> None:
    """Let tasks act at once, likewise."""
    barrier = asyncio.Barrier(len(acts))

    async def run(act: Callable[[AsyncHeld], Awaitable[object]]) -> None:
        async with AsyncHeld(repo, **MANY_RETRIES) as client:
            client.barrier, client.seen = barrier, set()
            await act(client)

    await asyncio.gather(*map(run, acts))


def test_two_threads_that_read_before_either_writes_are_both_listed(url: str) -> None:
    repo = prepare(url, "threads")
    contents = [referrer_manifest(number) for number in range(2)]
    run_threads(repo, *map(pushing, contents))
    assert listed_in(repo) == sorted(map(digest_of, contents))


async def test_two_tasks_that_read_before_either_writes_are_both_listed(url: str) -> None:
    repo = prepare(url, "tasks")
    contents = [referrer_manifest(number) for number in range(2)]
    await run_tasks(repo, *map(async_pushing, contents))
    assert listed_in(repo) == sorted(map(digest_of, contents))


def test_a_thread_that_deletes_and_one_that_pushes_both_get_their_way(url: str) -> None:
    old, kept, new = (referrer_manifest(number) for number in range(3))
    repo = prepare(url, "delete-threads", old, kept)
    run_threads(
        repo,
        lambda client: delete_manifest(client, digest_of(old)),
        pushing(new),
    )
    assert listed_in(repo) == sorted(map(digest_of, (kept, new)))


async def test_a_task_that_deletes_and_one_that_pushes_both_get_their_way(url: str) -> None:
    old, kept, new = (referrer_manifest(number) for number in range(3))
    repo = prepare(url, "delete-tasks", old, kept)
    await run_tasks(
        repo,
        lambda client: async_delete_manifest(client, digest_of(old)),
        async_pushing(new),
    )
    assert listed_in(repo) == sorted(map(digest_of, (kept, new)))


@pytest.mark.parametrize("url", ["embedded"], indirect=True)
def test_many_threads_are_all_listed_where_conditions_hold(url: str) -> None:
    repo = prepare(url, "many-threads")
    contents = [referrer_manifest(number) for number in range(WRITERS)]
    run_threads(repo, *map(pushing, contents))
    assert listed_in(repo) == sorted(map(digest_of, contents))


@pytest.mark.parametrize("url", ["embedded"], indirect=True)
async def test_many_tasks_are_all_listed_where_conditions_hold(url: str) -> None:
    repo = prepare(url, "many-tasks")
    contents = [referrer_manifest(number) for number in range(WRITERS)]
    await run_tasks(repo, *map(async_pushing, contents))
    assert listed_in(repo) == sorted(map(digest_of, contents))
