"""Concurrent updates of one list of referrers: no entry is lost, and every update ends."""

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
from docker_registry_sdk.digest import RefLike
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
def registry_without_api_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a registry without the referrers API: the embedded one checks If-Match, docker-registry ignores it."""
    if request.param == "docker-registry":
        with run_docker_registry(tmp_path_factory.mktemp("debian")) as debian:
            yield debian.url
        return
    with EmbeddedRegistry(auth="none") as embedded:
        embedded.faults.add(Fault(Status(404), operation="list_referrers", times=None))
        embedded.faults.add(Fault(SetHeader("oci-subject", None), operation="put_manifest", times=None))
        yield embedded.url


def is_first(seen: set[str], step: str, ref: object) -> bool:
    """Return whether this is the first time that a client reads or writes the list."""
    if ref != TAG or step in seen:
        return False
    seen.add(step)
    return True


class SynchronizedClient(RegistryClientV2):
    """A client that waits for the other clients after its first read of the list, and after its first write."""

    barrier: Barrier
    seen: set[str]

    def get_manifest(self, ref: RefLike, **options: Any) -> Any:
        try:
            return super().get_manifest(ref, **options)
        finally:
            if is_first(self.seen, "read", ref):
                self.barrier.wait(30)

    def put_manifest(self, content: bytes, ref: RefLike | None = None, **options: Any) -> Any:
        try:
            return super().put_manifest(content, ref, **options)
        finally:
            if is_first(self.seen, "written", ref):
                self.barrier.wait(30)


class AsyncSynchronizedClient(AsyncRegistryClientV2):
    """A `SynchronizedClient` for tasks."""

    barrier: asyncio.Barrier
    seen: set[str]

    async def get_manifest(self, ref: RefLike, **options: Any) -> Any:
        try:
            return await super().get_manifest(ref, **options)
        finally:
            if is_first(self.seen, "read", ref):
                await asyncio.wait_for(self.barrier.wait(), 30)

    async def put_manifest(self, content: bytes, ref: RefLike | None = None, **options: Any) -> Any:
        try:
            return await super().put_manifest(content, ref, **options)
        finally:
            if is_first(self.seen, "written", ref):
                await asyncio.wait_for(self.barrier.wait(), 30)


def push_subject_and_referrers(registry_without_api_url: str, name: str, *listed: bytes) -> str:
    """Push the subject and referrers, and return the URL of the repository."""
    with RegistryClientV2(f"{registry_without_api_url}/races/{name}") as client:
        for blob in (IMAGE.config, IMAGE.layer):
            client.blob_upload(blob)
        client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
        for content in listed:
            client.put_manifest(content, None, media_type=OCI_MANIFEST)
    return f"{registry_without_api_url}/races/{name}"


def list_referrers(repo: str) -> list[str]:
    with RegistryClientV2(repo) as client:
        return sorted(one.digest for one in client.iter_referrers(SUBJECT))


def push_action(content: bytes) -> Callable[[SynchronizedClient], object]:
    return lambda client: client.put_manifest(content, None, media_type=OCI_MANIFEST)


def async_push_action(content: bytes) -> Callable[[AsyncSynchronizedClient], Awaitable[object]]:
    return lambda client: client.put_manifest(content, None, media_type=OCI_MANIFEST)


def run_threads(repo: str, *acts: Callable[[SynchronizedClient], object]) -> None:
    """Run actions in threads, each with its own client; all clients read the list before one writes it."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[SynchronizedClient], object]) -> None:
        client = SynchronizedClient(repo, **MANY_RETRIES)
        with client:
            client.barrier, client.seen = barrier, set()
            act(client)

    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(run, act) for act in acts]:
            done.result(timeout=60)


async def run_tasks(repo: str, *acts: Callable[[AsyncSynchronizedClient], Awaitable[object]]) -> None:
    """Run actions in tasks, each with its own client; all clients read the list before one writes it."""
    barrier = asyncio.Barrier(len(acts))

    async def run(act: Callable[[AsyncSynchronizedClient], Awaitable[object]]) -> None:
        client = AsyncSynchronizedClient(repo, **MANY_RETRIES)
        async with client:
            client.barrier, client.seen = barrier, set()
            await act(client)

    await asyncio.gather(*map(run, acts))


def test_two_threads_that_read_the_same_list_are_both_listed(registry_without_api_url: str) -> None:
    repo = push_subject_and_referrers(registry_without_api_url, "threads")
    contents = [referrer_manifest(number) for number in range(2)]
    run_threads(repo, *map(push_action, contents))
    assert list_referrers(repo) == sorted(map(digest_of, contents))


async def test_two_tasks_that_read_the_same_list_are_both_listed(registry_without_api_url: str) -> None:
    repo = push_subject_and_referrers(registry_without_api_url, "tasks")
    contents = [referrer_manifest(number) for number in range(2)]
    await run_tasks(repo, *map(async_push_action, contents))
    assert list_referrers(repo) == sorted(map(digest_of, contents))


def test_a_concurrent_delete_and_push_in_threads_both_succeed(registry_without_api_url: str) -> None:
    old, kept, new = (referrer_manifest(number) for number in range(3))
    repo = push_subject_and_referrers(registry_without_api_url, "delete-threads", old, kept)
    run_threads(
        repo,
        lambda client: client.delete_manifest(digest_of(old)),
        push_action(new),
    )
    assert list_referrers(repo) == sorted(map(digest_of, (kept, new)))


async def test_a_concurrent_delete_and_push_in_tasks_both_succeed(registry_without_api_url: str) -> None:
    old, kept, new = (referrer_manifest(number) for number in range(3))
    repo = push_subject_and_referrers(registry_without_api_url, "delete-tasks", old, kept)
    await run_tasks(
        repo,
        lambda client: client.delete_manifest(digest_of(old)),
        async_push_action(new),
    )
    assert list_referrers(repo) == sorted(map(digest_of, (kept, new)))


@pytest.mark.parametrize("registry_without_api_url", ["embedded"], indirect=True)
def test_many_threads_are_all_listed_with_conditional_requests(registry_without_api_url: str) -> None:
    repo = push_subject_and_referrers(registry_without_api_url, "many-threads")
    contents = [referrer_manifest(number) for number in range(WRITERS)]
    run_threads(repo, *map(push_action, contents))
    assert list_referrers(repo) == sorted(map(digest_of, contents))


@pytest.mark.parametrize("registry_without_api_url", ["embedded"], indirect=True)
async def test_many_tasks_are_all_listed_with_conditional_requests(registry_without_api_url: str) -> None:
    repo = push_subject_and_referrers(registry_without_api_url, "many-tasks")
    contents = [referrer_manifest(number) for number in range(WRITERS)]
    await run_tasks(repo, *map(async_push_action, contents))
    assert list_referrers(repo) == sorted(map(digest_of, contents))
