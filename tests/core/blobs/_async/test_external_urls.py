"""Tests of blobs fetched from the external URLs of their descriptors: only on request, without credentials, and verified."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import DigestMismatchError, ForbiddenError, NotFoundError
from docker_registry_sdk.testing.faults import Status
from docker_registry_sdk.v2.models import Descriptor
from tests.core.blobs._async.helpers import read_all
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.conftest import Server
from tests.core.blobs.helpers import descriptor
from tests.core.wire.loopback import Handler, Loopback, run_loopback

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("waits")]
CONTENT = os.urandom(2_000_000)
PUSHED = os.urandom(1000)


@pytest.fixture
def elsewhere() -> Iterator[Loopback]:
    """A server other than the registry."""
    with run_loopback(BlobServer(CONTENT).answer) as running:
        yield running


def layer(*urls: str, content: bytes = CONTENT) -> Descriptor:
    return descriptor(content, urls=list(urls))


async def test_urls_are_not_used_by_default_and_the_error_names_the_option(
    server: Server, client: AsyncRegistryClientV2, elsewhere: Loopback, tmp_path: Path
) -> None:
    blob = layer(f"{elsewhere.url}/x")
    for call in (lambda: read_all(client, blob), lambda: client.download_blob(blob, tmp_path / "x")):
        with pytest.raises(NotFoundError) as caught:
            await call()
        assert caught.value.status == 404
        assert "use_urls=True" in caught.value.__notes__[0]
    with pytest.raises(NotFoundError) as caught:
        await read_all(client, layer())
    assert getattr(caught.value, "__notes__", []) == []
    assert elsewhere.seen == []
    assert os.listdir(tmp_path) == []


async def test_urls_are_tried_in_order_and_without_credentials(
    server: Server, client: AsyncRegistryClientV2, elsewhere: Loopback, tmp_path: Path
) -> None:
    blob_server = BlobServer(CONTENT)

    def answer(handler: Handler) -> None:
        if handler.path.startswith("/third"):
            blob_server.answer(handler)
        else:
            handler.reply(404, Set_Cookie="a=b")

    elsewhere.answer = answer
    blob = layer("ftp://localhost/x", f"{elsewhere.url}/first", f"{elsewhere.url}/third?sig=%2F", f"{elsewhere.url}/fourth")
    assert await read_all(client, blob, use_urls=True) == CONTENT
    assert await client.download_blob(blob, tmp_path / "x", use_urls=True) is blob
    assert [one.target for one in elsewhere.seen] == ["/first", "/third?sig=%2F"] * 2
    for one in elsewhere.seen:
        assert not {"authorization", "cookie"} & set(one.headers)
    assert (tmp_path / "x").read_bytes() == CONTENT


async def test_a_url_of_the_registry_itself_gets_no_credentials(server: Server, client: AsyncRegistryClientV2) -> None:
    digest = server.push(PUSHED)
    other = client.with_repo("tests/other")
    with pytest.raises(NotFoundError) as caught:
        await read_all(other, layer(f"{server.registry.url}/v2/tests/blobs/blobs/{digest}", content=PUSHED), use_urls=True)
    assert "401" in caught.value.__notes__[0]
    assert any(one.status == 401 and one.header("authorization") is None for one in server.registry.requests)


async def test_the_error_lists_all_failures_without_secrets(
    server: Server, client: AsyncRegistryClientV2, elsewhere: Loopback
) -> None:
    elsewhere.answer = lambda handler: handler.reply(403)
    with pytest.raises(NotFoundError) as caught:
        await read_all(
            client, layer(f"{elsewhere.url}/a?sig=S3CR3T", "http://user:S3CR3T@localhost/b", "nonsense"), use_urls=True
        )
    words = " ".join([str(caught.value), *caught.value.__notes__])
    assert "S3CR3T" not in words
    for part in ("/a?sig=…", "403", "localhost/b", "nonsense"):
        assert part in words


async def test_bytes_from_a_url_are_verified_and_resumed(
    server: Server, client: AsyncRegistryClientV2, elsewhere: Loopback, tmp_path: Path
) -> None:
    blob_server = BlobServer(CONTENT, cut_after=1_500_000)
    blob_server.attach(elsewhere)
    assert await read_all(client, layer(f"{elsewhere.url}/x"), use_urls=True) == CONTENT
    assert blob_server.served == len(CONTENT)
    BlobServer(CONTENT + b"x").attach(elsewhere)
    with pytest.raises(DigestMismatchError):
        await read_all(client, layer(f"{elsewhere.url}/x"), use_urls=True)
    with pytest.raises(DigestMismatchError):
        await client.download_blob(layer(f"{elsewhere.url}/x"), tmp_path / "x", use_urls=True)
    assert os.listdir(tmp_path) == []


async def test_urls_are_not_used_for_a_blob_that_the_registry_has(
    server: Server, client: AsyncRegistryClientV2, elsewhere: Loopback
) -> None:
    server.push(PUSHED)
    blob = layer(f"{elsewhere.url}/x", content=PUSHED)
    assert await read_all(client, blob, use_urls=True) == PUSHED
    server.add_read_fault(Status(403), times=9)
    with pytest.raises(ForbiddenError):  # only a 404 means that the registry does not have the blob
        await read_all(client, blob, use_urls=True)
    assert elsewhere.seen == []
