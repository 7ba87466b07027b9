"""The number of requests that each call may take, counted in the registry's log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qsl, urlsplit

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2, create_async_client, create_client
from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.client.conftest import options_of
from tests.support.awaited import connect
from tests.support.images import OCI_MANIFEST, make_image

pytestmark = pytest.mark.anyio
NAME = "tests/budget"
BLOBS = [f"blob {number}".encode() for number in range(10)]


@pytest.fixture(params=["named", "anonymous"])
def image_registry(request: pytest.FixtureRequest) -> Iterator[EmbeddedRegistry]:
    """A registry with token authentication, an image and ten blobs, and an empty log."""
    with EmbeddedRegistry(auth="token", anonymous_pull=request.param == "anonymous") as running:
        image = make_image()
        with RegistryClientV2(f"{running.url}/{NAME}", **options_of(running)) as client:
            for content in (image.config, image.layer, *BLOBS):
                client.blob_upload(content)
            client.put_manifest(image.oci, "v1", media_type=OCI_MANIFEST)
            client.list_tags()  # a response with a body is logged before it arrives, and after all requests before it
        running.requests.clear()
        yield running


@pytest.fixture
def requests(image_registry: EmbeddedRegistry) -> Requests:
    return Requests(image_registry)


class Requests:
    """The requests in the log of a registry, in short form.

    Args:
        registry: The registry.
    """

    def __init__(self, registry: EmbeddedRegistry) -> None:
        self._registry = registry

    def take(self, at_least: int = 0) -> list[str]:
        """Return method, kind and status of each request since the last call, and clear the log.

        Args:
            at_least: The number of requests to wait for: a response may arrive shortly before it is logged.
        """
        ends = time.monotonic() + 5
        while len(self._registry.requests) < at_least and time.monotonic() < ends:
            time.sleep(0.005)
        found = [f"{record.method} {kind_of(record.path)} {record.status}" for record in self._registry.requests]
        self._registry.requests.clear()
        return found

    def scopes(self) -> list[str]:
        """Return the scopes that token requests named."""
        return [
            value
            for record in self._registry.requests
            if kind_of(record.path) == "token"
            for key, value in parse_qsl(urlsplit(record.path).query)
            if key == "scope"
        ]


def kind_of(path: str) -> str:
    known = ("token", "manifests", "blobs", "tags", "_catalog")
    return next((kind for kind in known if f"/{kind}" in path.partition("?")[0]), "ping")


async def test_the_first_manifest_takes_three_requests_and_each_further_one_takes_one(
    image_registry: EmbeddedRegistry, requests: Requests, kind: str
) -> None:
    async with connect(kind, f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        assert await client.supports_v2()
        await client.get_manifest("v1")
        assert requests.scopes() == [f"repository:{NAME}:pull"]
        assert requests.take() == ["GET ping 401", "GET token 200", "GET manifests 200"]
        for _ in range(3):
            await client.get_manifest("v1")
            assert requests.take() == ["GET manifests 200"]
        await client.list_tags()
        await client.with_repo(NAME).get_manifest("v1")
        assert requests.take() == ["GET tags 200", "GET manifests 200"]


async def test_the_first_manifest_takes_three_requests_also_without_a_ping(
    image_registry: EmbeddedRegistry, requests: Requests, kind: str
) -> None:
    async with connect(kind, f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        assert requests.take() == ["GET manifests 401", "GET token 200", "GET manifests 200"]


async def test_ten_blobs_take_ten_requests(image_registry: EmbeddedRegistry, requests: Requests, kind: str) -> None:
    async with connect(kind, f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        requests.take()
        for content in BLOBS:
            async with client.create_blob_read_stream(digest_of(content)) as blob:
                assert await blob.read() == content
        assert requests.take(10) == ["GET blobs 200"] * 10


async def test_a_push_after_a_pull_takes_one_more_token(image_registry: EmbeddedRegistry, requests: Requests, kind: str) -> None:
    async with connect(kind, f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        requests.take()
        await client.blob_upload(b"something new")
        await client.put_manifest(make_image().oci, "v2", media_type=OCI_MANIFEST)
        await client.get_manifest("v2")
        taken = requests.take(6)
        assert taken.count("GET token 200") == 1
        assert [each for each in taken if " 401" in each or " 403" in each] == []
        assert sorted(taken) == sorted(
            [
                "HEAD blobs 404",
                "GET token 200",
                "POST blobs 202",
                "PUT blobs 201",
                "PUT manifests 201",
                "GET manifests 200",
            ]
        )


async def test_a_first_upload_takes_one_challenge(image_registry: EmbeddedRegistry, requests: Requests, kind: str) -> None:
    async with connect(kind, f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.blob_upload(iter([b"read", b"once"]))
        await client.list_tags()
        taken = requests.take()
        assert [each for each in taken if each.endswith("401")] == ["POST blobs 401"]
        assert taken.count("GET token 200") == 1


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


async def test_each_repository_takes_one_token(image_registry: EmbeddedRegistry, requests: Requests, kind: str) -> None:
    async with connect(kind, f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        requests.take()
        for number in range(3):
            other = client.with_repo(f"{NAME}-{number}")
            for _ in range(2):
                with pytest.raises(NotFoundError):
                    await other.list_tags()
        assert requests.take().count("GET token 200") == 3


async def test_a_revoked_token_takes_one_rejected_request_and_a_new_token(
    image_registry: EmbeddedRegistry, requests: Requests, kind: str
) -> None:
    async with connect(kind, f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        await client.get_manifest("v1")
        image_registry.revoke_tokens()
        requests.take()
        await client.get_manifest("v1")
        assert requests.take() == ["GET manifests 401", "GET token 200", "GET manifests 200"]


def test_finding_the_version_keeps_the_challenge(image_registry: EmbeddedRegistry, requests: Requests) -> None:
    with create_client(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        assert isinstance(client, RegistryClientV2)
        client.get_manifest("v1")
        assert len(requests.take(3)) == 3
        client.get_manifest("v1")
        assert len(requests.take(1)) == 1


async def test_finding_the_version_keeps_the_challenge_of_an_async_client(
    image_registry: EmbeddedRegistry, requests: Requests
) -> None:
    async with await create_async_client(f"{image_registry.url}/{NAME}", **options_of(image_registry)) as client:
        assert isinstance(client, AsyncRegistryClientV2)
        await client.get_manifest("v1")
        assert len(requests.take(3)) == 3
