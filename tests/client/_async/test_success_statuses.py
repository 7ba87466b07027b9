"""Registries choose different 2xx statuses for the same success; each of them counts where it says only that it is done."""

from __future__ import annotations

import json

import pytest

from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.errors import ParseError, StatusError, UnexpectedContentTypeError
from tests.client._async.conftest import AsyncConnect
from tests.core.wire.loopback import Handler, Loopback
from tests.support.images import OCI_INDEX

pytestmark = pytest.mark.anyio
INDEX = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()
BLOB = b"some bytes"
SUCCESSES = [200, 201, 202, 203, 204, 205, 299]


def answer_with(status: int, loopback: Loopback, *, location: bool = True) -> None:
    """Let a registry without the referrers API answer all requests that change something with a status."""

    def answer(handler: Handler) -> None:
        if handler.command == "POST":
            handler.reply(202, Location="/v2/x/blobs/uploads/1")
        elif handler.command == "HEAD":
            handler.reply(404)
        elif handler.command == "GET":
            handler.reply(200, INDEX, Content_Type=OCI_INDEX) if "/manifests/" in handler.path else handler.reply(404)
        else:
            handler.reply(status, b"", **({"Location": "/v2/x/blobs/uploads/1"} if location else {}))

    loopback.answer = answer


@pytest.mark.parametrize("status", SUCCESSES)
async def test_every_2xx_status_of_a_change_is_a_success(connect_to: AsyncConnect, loopback: Loopback, status: int) -> None:
    answer_with(status, loopback)
    client = await connect_to(loopback.url)
    assert (await client.put_manifest(INDEX, "v1", media_type=OCI_INDEX)).digest == digest_of(INDEX)
    assert (await client.blob_upload(BLOB)).digest == digest_of(BLOB)
    assert (await client.blob_upload(BLOB, chunk_size=4)).size == len(BLOB)
    await client.cancel_blob_upload(await client.start_blob_upload())
    await client.delete_manifest("v1")
    await client.delete_manifest(digest_of(INDEX))
    await client.delete_blob(digest_of(BLOB))


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_the_location_of_a_chunk_is_required_with_each_status(
    connect_to: AsyncConnect, loopback: Loopback, status: int
) -> None:
    answer_with(status, loopback, location=False)
    client = await connect_to(loopback.url)
    session = await client.start_blob_upload()
    with pytest.raises(ParseError, match="Location"):
        await client.upload_blob_chunk(session, BLOB)
    assert (await client.put_manifest(INDEX, "v1", media_type=OCI_INDEX)).location is None


@pytest.mark.parametrize("status", [300, 304, 404, 500])
async def test_other_statuses_are_no_success(connect_to: AsyncConnect, loopback: Loopback, status: int) -> None:
    answer_with(status, loopback)
    client = await connect_to(loopback.url)
    with pytest.raises(StatusError):
        await client.delete_blob(digest_of(BLOB))
    with pytest.raises(StatusError):
        await client.put_manifest(INDEX, "v1", media_type=OCI_INDEX)


@pytest.mark.parametrize("status", [201, 202, 203, 226, 299])
async def test_every_2xx_status_with_the_document_is_a_success_of_a_read(
    connect_to: AsyncConnect, loopback: Loopback, status: int
) -> None:
    def answer(handler: Handler) -> None:
        if handler.path.startswith("/token"):
            handler.reply(status, b'{"token": "abc"}')
        elif handler.headers["Authorization"] != "Bearer abc":
            handler.reply(401, WWW_Authenticate='Bearer realm="/token"')
        elif "/manifests/" in handler.path or "/referrers/" in handler.path:
            handler.reply(status, INDEX, Content_Type=OCI_INDEX)
        else:
            handler.reply(status, b'{"tags": ["1"], "repositories": ["a"]}')

    loopback.answer = answer
    client = await connect_to(loopback.url)
    assert await client.supports_v2()
    assert (await client.get_manifest("v1")).digest == digest_of(INDEX)
    assert await client.list_tags() == ["1"]
    assert await client.list_repositories() == ["a"]
    assert await client.list_referrers(digest_of(INDEX)) == []


@pytest.mark.parametrize("status", [201, 202, 204, 205, 206])
async def test_a_status_without_the_document_is_no_success_of_a_read(
    connect_to: AsyncConnect, loopback: Loopback, status: int
) -> None:
    loopback.answer = lambda handler: handler.reply(status)
    client = await connect_to(loopback.url)
    with pytest.raises((StatusError, ParseError, UnexpectedContentTypeError)):
        await client.get_manifest("v1")
    with pytest.raises((StatusError, ParseError)):
        await client.list_tags()
    with pytest.raises(StatusError):
        await client.head_blob(digest_of(BLOB))
    await client.delete_manifest(digest_of(INDEX))  # although it cannot be read first to find its subject
