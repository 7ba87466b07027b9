"""Clients: with and without a repository, shared connections, closing, timeouts, and no secrets in text."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, TypedDict

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, Timeout, UploadSession
from docker_registry_sdk.errors import (
    ClosedError,
    DeadlineExceededError,
    InvalidReferenceError,
    RegistryError,
    StatusError,
    TransportError,
    UnauthorizedError,
)
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.reference import Index, parse_repo
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.client._async.conftest import AsyncConnect
from tests.client.conftest import StartRegistry, options_of
from tests.core.wire.loopback import Handler, Loopback
from tests.support.connections import open_connections

pytestmark = pytest.mark.anyio
DIGEST = "sha256:" + "0" * 64
SESSION = UploadSession(repo="x", location="/upload")


async def all_of(items: AsyncIterator[object]) -> None:
    async for _ in items:
        pass


class Limits(TypedDict, total=False):
    """The limits of one call; numbers are seconds."""

    timeout: float | Timeout
    deadline: float


# The calls of the async client return coroutines.
Call = Callable[[AsyncRegistryClientV2, Limits], Any]
BOUND: dict[str, Call] = {
    "list_tags": lambda client, limits: client.list_tags(**limits),
    "iter_tags": lambda client, limits: all_of(client.iter_tags(**limits)),
    "get_manifest": lambda client, limits: client.get_manifest("v1", **limits),
    "head_manifest": lambda client, limits: client.head_manifest("v1", **limits),
    "put_manifest": lambda client, limits: client.put_manifest(b"{}", "v1", media_type="a/b", **limits),
    "delete_manifest": lambda client, limits: client.delete_manifest("v1", **limits),
    "resolve": lambda client, limits: client.resolve("v1", **limits),
    "exists": lambda client, limits: client.exists("v1", **limits),
    "tag": lambda client, limits: client.tag("v1", "v2", **limits),
    "untag": lambda client, limits: client.untag("v1", **limits),
    "read_blob": lambda client, limits: client.read_blob(DIGEST, **limits),
    "upload_blob": lambda client, limits: client.upload_blob(b"x", **limits),
    "list_referrers": lambda client, limits: client.list_referrers(DIGEST, **limits),
    "iter_referrers": lambda client, limits: all_of(client.iter_referrers(DIGEST, **limits)),
    "head_blob": lambda client, limits: client.head_blob(DIGEST, **limits),
    "delete_blob": lambda client, limits: client.delete_blob(DIGEST, **limits),
    "blob_upload": lambda client, limits: client.blob_upload(b"x", **limits),
    "start_blob_upload": lambda client, limits: client.start_blob_upload(**limits),
    "mount_blob": lambda client, limits: client.mount_blob(DIGEST, "a", **limits),
}


async def read_stream(client: AsyncRegistryClientV2, limits: Limits) -> None:
    async with client.create_blob_read_stream(DIGEST, **limits):
        pass


async def download(client: AsyncRegistryClientV2, limits: Limits) -> None:
    with TemporaryDirectory() as folder:
        await client.download_blob(DIGEST, Path(folder, "blob"), **limits)


BOUND["create_blob_read_stream"] = read_stream
BOUND["download_blob"] = download
BOUND["open_blob"] = lambda client, limits: client.open_blob(DIGEST, **limits)
CALLS: dict[str, Call] = BOUND | {
    "ping": lambda client, limits: client.ping(**limits),
    "supports_v2": lambda client, limits: client.supports_v2(**limits),
    "list_repositories": lambda client, limits: client.list_repositories(**limits),
    "iter_repositories": lambda client, limits: all_of(client.iter_repositories(**limits)),
    "get_blob_upload_status": lambda client, limits: client.get_blob_upload_status(SESSION, **limits),
    "upload_blob_chunk": lambda client, limits: client.upload_blob_chunk(SESSION, b"x", **limits),
    "complete_blob_upload": lambda client, limits: client.complete_blob_upload(SESSION, DIGEST, **limits),
    "cancel_blob_upload": lambda client, limits: client.cancel_blob_upload(SESSION, **limits),
}


def test_every_call_is_in_the_tables() -> None:
    names = {name for name in dir(AsyncRegistryClientV2) if not name.startswith("_")}
    assert names - set(CALLS) == {
        "aclose", "explain_auth", "index", "ref", "repo", "repository", "version", "with_options", "with_repo",
    }  # fmt: skip


@pytest.mark.parametrize("call", BOUND)
async def test_a_client_without_a_repository_asks_for_one(call: str) -> None:
    async with AsyncRegistryClientV2(None, index="http://127.0.0.1:9") as client:
        with pytest.raises(InvalidReferenceError, match=r"bound to no repository\. Pass .* client\.repository\(name\)"):
            await BOUND[call](client, {})
        with pytest.raises(InvalidReferenceError):
            _ = client.repo


@pytest.fixture
def silent(loopback: Loopback) -> Iterator[Loopback]:
    """A server that answers no request before the test ends, or 20 seconds later."""
    end = Event()
    loopback.answer = lambda handler: handler.reply(500) if end.wait(20) else handler.reply(503)
    yield loopback
    end.set()


@pytest.mark.parametrize("call", CALLS)
async def test_every_call_has_a_timeout(connect_to: AsyncConnect, silent: Loopback, call: str) -> None:
    client = await connect_to(silent.url, max_retries=0)
    with pytest.raises(TransportError, match=r"[Tt]imeout|timed out"):
        await CALLS[call](client, {"timeout": Timeout(read=0.2)})
    for _ in range(1000):
        if silent.seen:  # the server may get to the request after the client has stopped waiting
            break
        time.sleep(0.01)
    assert len(silent.seen) == 1


@pytest.mark.parametrize("call", CALLS)
async def test_every_call_has_a_deadline(connect_to: AsyncConnect, silent: Loopback, call: str) -> None:
    client = await connect_to(silent.url)
    with pytest.raises(DeadlineExceededError, match=r"0\.2"):
        await CALLS[call](client, {"deadline": 0.2})


async def test_the_timeout_of_a_client_is_used_for_all_calls(connect_to: AsyncConnect, silent: Loopback) -> None:
    client = await connect_to(silent.url, max_retries=0, timeout=0.1)
    with pytest.raises(TransportError, match=r"[Tt]imeout|timed out"):
        await client.list_tags()
    with pytest.raises(TransportError, match=r"[Tt]imeout|timed out"):
        await client.list_tags(timeout=Timeout(read=0.1))


@pytest.mark.parametrize("listing", ["iter_tags", "iter_repositories", "iter_referrers"])
async def test_a_deadline_holds_for_all_pages_of_a_listing(connect_to: AsyncConnect, loopback: Loopback, listing: str) -> None:
    names = {"iter_tags": "tags", "iter_repositories": "repositories", "iter_referrers": "manifests"}
    document = {"name": "x", "schemaVersion": 2, names[listing]: []}

    def answer(handler: Handler) -> None:
        time.sleep(0.15)
        link = f'<{handler.path.partition("?")[0]}?last={len(loopback.seen)}>; rel="next"'
        handler.reply(200, json.dumps(document).encode(), Content_Type="application/json", Link=link)

    loopback.answer = answer
    client = await connect_to(loopback.url)
    for _ in range(10):  # on a busy machine, the first page may take the whole time
        loopback.seen.clear()
        with pytest.raises(DeadlineExceededError, match=r"0\.4"):
            await CALLS[listing](client, {"deadline": 0.4})
        if len(loopback.seen) > 1:
            break
    assert len(loopback.seen) > 1


async def test_an_unbound_client_pings_and_lists(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token")
    async with AsyncRegistryClientV2(None, index=registry.url, **options_of(registry)) as client:
        assert (await client.ping()).status == 200
        assert [name async for name in client.iter_repositories()] == []
        assert client.version == 2
        assert await client.with_repo("a/b").blob_upload(b"x")
        assert [name async for name in client.iter_repositories()] == ["a/b"]


async def test_with_repo_shares_connections_and_tokens(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token")
    async with AsyncRegistryClientV2(f"{registry.url}/tests/one", **options_of(registry)) as client:
        await client.blob_upload(b"x")
        registry.requests.clear()
        same = client.with_repo("tests/one")
        await same.head_blob("sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
        assert [record.path for record in registry.requests if "token" in record.path] == []
        other = client.with_repo("tests/two")
        await other.blob_upload(b"x")
        assert other.repo.remote_name == "tests/two"
        assert client.repo.remote_name == "tests/one"
        assert type(other) is type(client)
        assert str(other.explain_auth()) == str(client.explain_auth())
        assert open_connections(client) == 1
        await other.aclose()  # closes nothing
        await client.ping()


async def test_with_repo_stays_on_its_registry() -> None:
    async with AsyncRegistryClientV2("ghcr.io/owner/name") as client:
        assert client.with_repo("other/name").repo.canonical_name == "ghcr.io/other/name"
        assert client.with_repo(parse_repo("ghcr.io/other/name")).repo.remote_name == "other/name"
        for name in ("quay.io/other/name", parse_repo("quay.io/other/name"), "Bad Name", "name:tag", ""):
            with pytest.raises(InvalidReferenceError):
                client.with_repo(name)
    async with AsyncRegistryClientV2(None) as hub:
        assert hub.index == Index("docker.io")
        assert hub.with_repo("alpine").repo.remote_name == "library/alpine"


@pytest.mark.parametrize("name", ["alpine:3", "Alpine", "ghcr.io/", f"ghcr.io/a@{DIGEST}"])
async def test_an_invalid_name_makes_no_client(name: str) -> None:
    with pytest.raises(InvalidReferenceError):
        AsyncRegistryClientV2(name)


async def test_unknown_or_conflicting_options_are_refused() -> None:
    both: dict[str, Any] = {"username": "x", "password": "y", "credentials": 1}
    refused: list[dict[str, Any]] = [{"pasword": "x"}, {"username": "x"}, {"password": "x"}, both]
    for options in refused:
        with pytest.raises(TypeError):
            AsyncRegistryClientV2("alpine", **options)


async def test_a_client_is_closed_by_its_block_and_can_be_closed_twice(start_registry: StartRegistry) -> None:
    registry = start_registry()
    async with AsyncRegistryClientV2(f"{registry.url}/x") as client:
        await client.ping()
        assert open_connections(client) == 1
    assert open_connections(client) == 0
    await client.aclose()
    with pytest.raises(ClosedError, match="closed"):
        await client.ping()


async def test_the_callers_httpx_client_stays_open(start_registry: StartRegistry) -> None:
    registry = start_registry()
    async with httpx.AsyncClient() as http:
        async with AsyncRegistryClientV2(f"{registry.url}/x", transport=AsyncHttpxTransport(http)) as client:
            assert await client.supports_v2()
        assert (await http.get(f"{registry.url}/v2/")).status_code == 200


async def test_no_secret_is_shown(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="token", username="alice", password="s3cret-password")
    async with AsyncRegistryClientV2(f"{registry.url}/x", **options_of(registry)) as client:
        await client.blob_upload(b"x")
        shown = [
            repr(client),
            str(client),
            repr(client.explain_auth()),
            str(client.explain_auth()),
            repr(vars(client.explain_auth)),
        ]
        assert repr(client).endswith(f"RegistryClientV2({client.repo.canonical_name!r})")
        with pytest.raises(StatusError) as caught:
            await client.get_manifest("v1")
        shown += [repr(caught.value), str(caught.value)]
    async with AsyncRegistryClientV2(f"{registry.url}/x", username="alice", password="s3cret-passwore") as client:
        with pytest.raises(RegistryError) as failed:
            await client.blob_upload(b"x")
        shown += [repr(failed.value), str(failed.value), str(client.explain_auth())]
    for text in shown:
        assert "s3cret" not in text
        assert "eyJ" not in text  # the first characters of a token


async def test_wrong_credentials_are_an_error_of_ping(start_registry: StartRegistry) -> None:
    registry = start_registry(auth="basic")
    async with AsyncRegistryClientV2(f"{registry.url}/x", username="alice", password="wrong") as client:
        assert await client.supports_v2()
        with pytest.raises(UnauthorizedError):
            await client.ping()


async def test_certificates_of_a_tls_registry_are_checked() -> None:
    with EmbeddedRegistry(auth="token", tls=True) as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/x", ca_file=registry.ca_file, **options_of(registry)) as client:
            assert (await client.blob_upload(b"x")).size == 1
        async with AsyncRegistryClientV2(f"{registry.url}/x", insecure=True, **options_of(registry)) as client:
            assert (await client.blob_upload(b"x")).size == 1
        async with AsyncRegistryClientV2(f"{registry.url}/x", max_retries=0, **options_of(registry)) as client:
            with pytest.raises(TransportError):
                await client.ping()
