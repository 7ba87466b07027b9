"""What a client is: bound or not, shared, closed, patient as told, and silent about secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.blobs.upload_session import UploadSession
from docker_registry_sdk.errors import InvalidReferenceError, RegistryError, StatusError, TransportError, UnauthorizedError
from docker_registry_sdk.reference import Index, parse_repo
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.client.conftest import Connect, options_of
from tests.client.test_blob_upload import Serve
from tests.core.wire.loopback import Loopback
from tests.support.awaited import connect
from tests.support.direct import open_connections

pytestmark = pytest.mark.anyio
DIGEST = "sha256:" + "0" * 64
SESSION = UploadSession(repo="x", location="/upload")


async def all_of(items: Any) -> None:
    async for _ in items:
        pass


async def opened(stream: Any) -> None:
    async with stream:
        pass


Call = Callable[[AsyncRegistryClientV2], Awaitable[object]]
BOUND: dict[str, Call] = {
    "list_tags": lambda client: client.list_tags(timeout=0.2),
    "iter_tags": lambda client: all_of(client.iter_tags(timeout=0.2)),
    "get_manifest": lambda client: client.get_manifest("v1", timeout=0.2),
    "head_manifest": lambda client: client.head_manifest("v1", timeout=0.2),
    "put_manifest": lambda client: client.put_manifest(b"{}", "v1", media_type="a/b", timeout=0.2),
    "delete_manifest": lambda client: client.delete_manifest("v1", timeout=0.2),
    "list_referrers": lambda client: client.list_referrers(DIGEST, timeout=0.2),
    "iter_referrers": lambda client: all_of(client.iter_referrers(DIGEST, timeout=0.2)),
    "head_blob": lambda client: client.head_blob(DIGEST, timeout=0.2),
    "delete_blob": lambda client: client.delete_blob(DIGEST, timeout=0.2),
    "blob_upload": lambda client: client.blob_upload(b"x", timeout=0.2),
    "start_blob_upload": lambda client: client.start_blob_upload(timeout=0.2),
    "mount_blob": lambda client: client.mount_blob(DIGEST, "a", timeout=0.2),
}


async def read_stream(client: AsyncRegistryClientV2) -> None:
    await opened(client.create_blob_read_stream(DIGEST, timeout=0.2))


async def download(client: AsyncRegistryClientV2) -> None:
    with TemporaryDirectory() as folder:
        await client.download_blob(DIGEST, Path(folder, "blob"), timeout=0.2)


BOUND["create_blob_read_stream"] = read_stream
BOUND["download_blob"] = download
BOUND["open_blob"] = lambda client: client.open_blob(DIGEST, timeout=0.2)
CALLS: dict[str, Call] = BOUND | {
    "ping": lambda client: client.ping(timeout=0.2),
    "supports_v2": lambda client: client.supports_v2(timeout=0.2),
    "list_repositories": lambda client: client.list_repositories(timeout=0.2),
    "iter_repositories": lambda client: all_of(client.iter_repositories(timeout=0.2)),
    "get_blob_upload_status": lambda client: client.get_blob_upload_status(SESSION, timeout=0.2),
    "upload_blob_chunk": lambda client: client.upload_blob_chunk(SESSION, b"x", timeout=0.2),
    "complete_blob_upload": lambda client: client.complete_blob_upload(SESSION, DIGEST, timeout=0.2),
    "cancel_blob_upload": lambda client: client.cancel_blob_upload(SESSION, timeout=0.2),
}


def test_every_call_is_in_the_tables() -> None:
    names = {name for name in dir(AsyncRegistryClientV2) if not name.startswith("_")}
    assert names - set(CALLS) == {"aclose", "explain_auth", "repo", "version", "with_repo"}


@pytest.mark.parametrize("call", BOUND)
async def test_a_client_without_repository_says_what_it_lacks(kind: str, call: str) -> None:
    async with connect(kind, None, index="http://127.0.0.1:9") as client:
        with pytest.raises(InvalidReferenceError, match=r"bound to no repository: use with_repo\(name\)"):
            await BOUND[call](client)
        with pytest.raises(InvalidReferenceError):
            _ = client.repo


@pytest.mark.parametrize("call", CALLS)
async def test_every_call_has_a_timeout_of_its_own(attach: Connect, loopback: Loopback, call: str) -> None:
    loopback.answer = lambda handler: time.sleep(0.5)
    client = await attach(loopback.url, max_retries=0)
    started = time.perf_counter()
    with pytest.raises(TransportError, match=r"[Tt]imeout|timed out"):
        await CALLS[call](client)
    assert time.perf_counter() - started < 0.45
    if call != "blob_upload":  # the other one asks whether it is there first
        assert len(loopback.seen) == 1


async def test_a_timeout_of_all_calls(attach: Connect, loopback: Loopback) -> None:
    loopback.answer = lambda handler: time.sleep(0.5)
    client = await attach(loopback.url, max_retries=0, timeout=0.1)
    with pytest.raises(TransportError, match=r"[Tt]imeout|timed out"):
        await client.list_tags()
    with pytest.raises(TransportError, match=r"[Tt]imeout|timed out"):
        await client.list_tags(timeout=httpx.Timeout(5, read=0.1))


async def test_an_unbound_client_pings_and_lists(serve: Serve, kind: str) -> None:
    registry = serve(auth="token")
    async with connect(kind, None, index=registry.url, **options_of(registry)) as client:
        assert (await client.ping()).status == 200
        assert [name async for name in client.iter_repositories()] == []
        assert client.version == 2
        assert await client.with_repo("a/b").blob_upload(b"x")
        assert [name async for name in client.iter_repositories()] == ["a/b"]


async def test_with_repo_shares_connections_and_tokens(serve: Serve, kind: str) -> None:
    registry = serve(auth="token")
    async with connect(kind, f"{registry.url}/tests/one", **options_of(registry)) as client:
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
        await other.aclose()  # which closes what they share
        with pytest.raises(RuntimeError, match="closed"):
            await client.ping()


async def test_with_repo_stays_on_its_registry(kind: str) -> None:
    async with connect(kind, "ghcr.io/owner/name") as client:
        assert client.with_repo("other/name").repo.canonical_name == "ghcr.io/other/name"
        assert client.with_repo(parse_repo("ghcr.io/other/name")).repo.remote_name == "other/name"
        for name in ("quay.io/other/name", parse_repo("quay.io/other/name"), "Bad Name", "name:tag", ""):
            with pytest.raises(InvalidReferenceError):
                client.with_repo(name)
    async with connect(kind, None) as hub:
        assert hub.index == Index("docker.io")
        assert hub.with_repo("alpine").repo.remote_name == "library/alpine"


@pytest.mark.parametrize("name", ["alpine:3", "Alpine", "ghcr.io/", f"ghcr.io/a@{DIGEST}"])
async def test_a_name_that_is_none_makes_no_client(kind: str, name: str) -> None:
    with pytest.raises(InvalidReferenceError):
        connect(kind, name)


async def test_options_that_do_not_exist_or_clash_are_refused(kind: str) -> None:
    both: dict[str, Any] = {"username": "x", "password": "y", "credentials": 1}
    refused: list[dict[str, Any]] = [{"pasword": "x"}, {"username": "x"}, {"password": "x"}, both]
    for options in refused:
        with pytest.raises(TypeError):
            connect(kind, "alpine", **options)


async def test_a_client_is_closed_by_its_block_and_twice_is_fine(serve: Serve, kind: str) -> None:
    registry = serve()
    async with connect(kind, f"{registry.url}/x") as client:
        await client.ping()
        assert open_connections(client) == 1
    assert open_connections(client) == 0
    await client.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await client.ping()


async def test_an_http_client_of_the_callers_stays_open(serve: Serve) -> None:
    registry = serve()
    with httpx.Client() as http:
        with RegistryClientV2(f"{registry.url}/x", http_client=http) as client:
            assert client.supports_v2()
        assert http.get(f"{registry.url}/v2/").status_code == 200
    async with httpx.AsyncClient() as async_http:
        async with AsyncRegistryClientV2(f"{registry.url}/x", http_client=async_http) as async_client:
            assert await async_client.supports_v2()
        assert (await async_http.get(f"{registry.url}/v2/")).status_code == 200


async def test_nothing_secret_is_shown(serve: Serve, kind: str) -> None:
    registry = serve(auth="token", username="alice", password="s3cret-password")
    async with connect(kind, f"{registry.url}/x", **options_of(registry)) as client:
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
    async with connect(kind, f"{registry.url}/x", username="alice", password="s3cret-passwore") as client:
        with pytest.raises(RegistryError) as failed:
            await client.blob_upload(b"x")
        shown += [repr(failed.value), str(failed.value), str(client.explain_auth())]
    for text in shown:
        assert "s3cret" not in text
        assert "eyJ" not in text  # how a token begins


async def test_wrong_credentials_are_told(serve: Serve, kind: str) -> None:
    registry = serve(auth="basic")
    async with connect(kind, f"{registry.url}/x", username="alice", password="wrong") as client:
        assert await client.supports_v2()
        with pytest.raises(UnauthorizedError):
            await client.ping()


async def test_tls_and_its_certificate(kind: str) -> None:
    with EmbeddedRegistry(auth="token", tls=True) as registry:
        async with connect(kind, f"{registry.url}/x", ca_file=registry.ca_file, **options_of(registry)) as client:
            assert (await client.blob_upload(b"x")).size == 1
        async with connect(kind, f"{registry.url}/x", insecure=True, **options_of(registry)) as client:
            assert (await client.blob_upload(b"x")).size == 1
        async with connect(kind, f"{registry.url}/x", max_retries=0, **options_of(registry)) as client:
            with pytest.raises(TransportError):
                await client.ping()


async def test_a_sync_client_is_for_many_threads(serve: Serve) -> None:
    registry = serve(auth="token")
    with RegistryClientV2(f"{registry.url}/x", **options_of(registry)) as client:
        client.blob_upload(b"x")
        digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        found = await asyncio.gather(*[asyncio.to_thread(client.head_blob, digest) for _ in range(20)])
    assert {one.size for one in found} == {1}
