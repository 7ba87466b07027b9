"""Clients, repositories and references that a registry returns."""

import asyncio
from collections.abc import Callable

import pytest

from docker_registry_sdk import ClosedError, InvalidReferenceError
from docker_registry_sdk.testing import EmbeddedRegistry

DIGEST = "sha256:" + "0" * 64
REGISTRIES: list[Callable[[], EmbeddedRegistry]] = [
    EmbeddedRegistry,
    lambda: EmbeddedRegistry(auth="basic"),
    lambda: EmbeddedRegistry(auth="token", anonymous_pull=False),
    lambda: EmbeddedRegistry(auth="token", tls=True),
    lambda: EmbeddedRegistry(tls=True, require_client_certificate=True),
    lambda: EmbeddedRegistry(profile="docker-hub"),
]


@pytest.mark.parametrize("create", REGISTRIES)
def test_clients_are_logged_in_and_trust_the_certificate(create: Callable[[], EmbeddedRegistry]) -> None:
    with create() as registry:
        added = registry.add_image("library/app:1")
        assert registry.repository("library/app").get_manifest("1").digest == added.digest
        assert registry.client("library/app").get_manifest("1").digest == added.digest
        assert registry.ref("library/app:1").repository.get_manifest("1").digest == added.digest
        registry.client("library/app").blob_upload(b"the user may push")
        registry.client().ping()


@pytest.mark.parametrize("create", REGISTRIES)
def test_async_clients(create: Callable[[], EmbeddedRegistry]) -> None:
    async def main() -> None:
        async with create() as registry:
            added = registry.add_image("library/app:1")
            assert (await registry.async_repository("library/app").get_manifest("1")).digest == added.digest
            assert (await registry.async_ref("library/app:1").repository.get_manifest("1")).digest == added.digest
            client = registry.async_client("library/app")
            await client.blob_upload(b"the user may push")
            async with registry.async_client() as other:
                await other.ping()
        with pytest.raises(ClosedError):
            await client.get_manifest("1")

    asyncio.run(main())


def test_clients_are_closed_with_the_registry() -> None:
    with EmbeddedRegistry() as registry:
        registry.add_image("app:1")
        client, repository = registry.client("app"), registry.repository("app")
        with registry.client("app") as closed_before:
            closed_before.get_manifest("1")
        assert client.get_manifest("1").digest == repository.get_manifest("1").digest
    for call in (client.get_manifest, repository.get_manifest):
        with pytest.raises(ClosedError):
            call("1")
    with registry:  # on another port
        registry.repository("app").get_manifest("1")


def test_stop_closes_async_clients_of_other_event_loops() -> None:
    registry = EmbeddedRegistry()
    registry.add_image("app:1")
    registry.start()

    async def get() -> None:
        await registry.async_repository("app").get_manifest("1")

    with asyncio.Runner() as runner:
        runner.run(get())
        registry.stop()  # in no event loop, and that of the client does not run
    registry.start()

    async def create_client() -> None:
        registry.async_client()

    asyncio.run(create_client())
    registry.stop()  # the event loop of the client is closed, and the client has no connections
    registry.start()

    async def get_and_stop() -> None:
        await get()
        await asyncio.to_thread(registry.stop)  # the event loop of the client runs in another thread

    asyncio.run(get_and_stop())
    registry.start()

    async def get_and_stop_in_the_loop() -> None:
        repository = registry.async_repository("app")
        await repository.get_manifest("1")
        registry.stop()
        await asyncio.sleep(0.01)
        with pytest.raises(ClosedError):
            await repository.get_manifest("1")

    asyncio.run(get_and_stop_in_the_loop())


def test_repositories_share_one_client() -> None:
    with EmbeddedRegistry(auth="token") as registry:
        registry.add_image("app:1")
        for _ in range(2):
            registry.repository("app").get_manifest("1")
        assert [record.method for record in registry.requests if record.path.startswith("/token")] == ["GET"]


@pytest.mark.parametrize(
    ("text", "tag", "digest"),
    [("app:1", "1", None), ("app", "latest", None), (f"app@{DIGEST}", None, DIGEST), (f"library/app:1@{DIGEST}", "1", DIGEST)],
)
def test_ref(text: str, tag: str | None, digest: str | None) -> None:
    with EmbeddedRegistry() as registry:
        ref = registry.ref(text)
        assert (ref.tag, ref.digest) == (tag, digest)
        assert str(ref).startswith(f"{registry.url}/{text.partition('@')[0]}")


def test_errors() -> None:
    registry = EmbeddedRegistry()
    for call in (registry.client, registry.async_client, lambda: registry.repository("app"), lambda: registry.ref("app:1")):
        with pytest.raises(RuntimeError, match="not running"):
            call()
    with registry:
        for wrong in (registry.client, registry.repository, registry.ref, registry.async_client, registry.async_ref):
            with pytest.raises(InvalidReferenceError):
                wrong("App")
