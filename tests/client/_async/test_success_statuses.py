"""Registries choose different 2xx statuses for the same success; each of them counts where it says only that it is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docker_registry_sdk import UploadSession
from docker_registry_sdk.digest import digest_of
from docker_registry_sdk.errors import DigestMismatchError, ParseError, StatusError, UnexpectedContentTypeError
from docker_registry_sdk.v2.models import Descriptor
from tests.client._async.conftest import AsyncConnect
from tests.core.wire.loopback import Handler, Loopback
from tests.support.images import OCI_INDEX

pytestmark = pytest.mark.anyio
INDEX = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()
BLOB = b"some bytes"
SUCCESSES = [200, 201, 202, 203, 204, 205, 206, 299]
UPLOAD = "/v2/x/blobs/uploads/1"


def answer_with(status: int, loopback: Loopback, *, location: bool = True) -> None:
    """Let a registry without the referrers API answer all requests that change something with a status."""

    def answer(handler: Handler) -> None:
        if handler.command == "POST":
            handler.reply(202, Location=UPLOAD)
        elif handler.command == "HEAD":
            handler.reply(404)
        elif handler.command == "GET":
            handler.reply(200, INDEX, Content_Type=OCI_INDEX) if "/manifests/" in handler.path else handler.reply(404)
        else:
            handler.reply(status, b"", **({"Location": UPLOAD} if location else {}))

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


@pytest.mark.parametrize("status", SUCCESSES)
async def test_every_2xx_status_of_an_upload_session_is_a_success(
    connect_to: AsyncConnect, loopback: Loopback, status: int
) -> None:
    def answer(handler: Handler) -> None:
        received = "0-3" if handler.command in ("GET", "PATCH") else "0-0"
        handler.reply(404) if handler.command == "HEAD" else handler.reply(status, Location=UPLOAD, Range=received)

    loopback.answer = answer
    client = await connect_to(loopback.url)
    session = await client.upload_blob_chunk(await client.start_blob_upload(), BLOB[:4])
    assert (session.location, session.offset) == (loopback.url + UPLOAD, 4)
    assert (await client.get_blob_upload_status(session)).offset == 4
    assert (await client.complete_blob_upload(session, digest_of(BLOB[:4]))).size == 4
    await client.cancel_blob_upload(session)
    assert (await client.blob_upload(BLOB)).digest == digest_of(BLOB)
    assert (await client.blob_upload(BLOB, chunk_size=4)).size == len(BLOB)


@pytest.mark.parametrize("status", SUCCESSES)
async def test_a_session_needs_a_location_with_every_status(connect_to: AsyncConnect, loopback: Loopback, status: int) -> None:
    loopback.answer = lambda handler: handler.reply(404 if handler.command == "HEAD" else status)
    client = await connect_to(loopback.url)
    with pytest.raises(ParseError, match="Location: is missing"):
        await client.start_blob_upload()
    with pytest.raises(ParseError, match="Location: is missing"):
        await client.blob_upload(BLOB)


@pytest.mark.parametrize("location", ["/v2/x", f"/v2/uploads/app/blobs/{digest_of(BLOB)}", "https://[::1/upload"])
async def test_a_201_without_an_upload_session_is_an_error(connect_to: AsyncConnect, loopback: Loopback, location: str) -> None:
    loopback.answer = lambda handler: handler.reply(404 if handler.command == "HEAD" else 201, Location=location)
    client = (await connect_to(loopback.url)).with_repo("uploads/app")
    with pytest.raises(ParseError, match="201 instead of 202") as caught:
        await client.start_blob_upload()
    assert "operator" in caught.value.hint
    with pytest.raises(ParseError, match="201 instead of 202"):
        await client.blob_upload(BLOB)


@pytest.mark.parametrize("status", SUCCESSES)
async def test_every_2xx_status_of_a_mount_is_a_mounted_blob_or_a_session(
    connect_to: AsyncConnect, loopback: Loopback, status: int
) -> None:
    location = ""

    def answer(handler: Handler) -> None:
        if handler.command == "HEAD":
            handler.reply(200, BLOB)
        else:
            handler.reply(status, Location=location)

    loopback.answer = answer
    client = await connect_to(loopback.url)
    location = UPLOAD
    found = await client.mount_blob(digest_of(BLOB), "library/y")
    assert isinstance(found, Descriptor if status == 201 else UploadSession)
    if status != 202:
        location = f"/v2/x/blobs/{digest_of(BLOB)}"
        assert isinstance(await client.mount_blob(digest_of(BLOB), "library/y"), Descriptor)
        loopback.seen.clear()
        assert (await client.blob_upload(BLOB, digest=digest_of(BLOB), from_repo="library/y")).size == len(BLOB)
        assert [one.line.split(" ")[0] for one in loopback.seen] == ["POST"]


@pytest.mark.parametrize("status", [200, 204])
async def test_a_blob_is_uploaded_if_the_response_to_its_mount_has_no_location(
    connect_to: AsyncConnect, loopback: Loopback, status: int
) -> None:
    def answer(handler: Handler) -> None:
        if "mount=" in handler.path:
            handler.reply(status)
        else:
            handler.reply(404 if handler.command == "HEAD" else 202, Location=UPLOAD)

    loopback.answer = answer
    client = await connect_to(loopback.url)
    assert (await client.blob_upload(BLOB, digest=digest_of(BLOB), from_repo="library/y")).digest == digest_of(BLOB)
    assert [one.line.split(" ")[0] for one in loopback.seen] == ["POST", "HEAD", "POST", "PUT"]


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


@pytest.mark.parametrize("status", [201, 202, 203, 226, 299])
async def test_every_2xx_status_with_the_whole_blob_is_a_success(
    connect_to: AsyncConnect, loopback: Loopback, tmp_path: Path, status: int
) -> None:
    loopback.answer = lambda handler: handler.reply(status, BLOB)
    client = await connect_to(loopback.url)
    assert await client.read_blob(digest_of(BLOB)) == BLOB
    await client.download_blob(digest_of(BLOB), tmp_path / "blob")
    (tmp_path / "rest.part").write_bytes(BLOB[:4])
    await client.download_blob(digest_of(BLOB), tmp_path / "rest")
    assert (tmp_path / "blob").read_bytes() == (tmp_path / "rest").read_bytes() == BLOB
    async with await client.open_blob(digest_of(BLOB)) as file:
        assert await file.read() == BLOB
    with pytest.raises(DigestMismatchError):
        await client.read_blob(digest_of(b"other"))


@pytest.mark.parametrize("status", [204, 205])
async def test_a_status_without_a_body_is_no_blob(connect_to: AsyncConnect, loopback: Loopback, status: int) -> None:
    loopback.answer = lambda handler: handler.reply(status)
    client = await connect_to(loopback.url)
    with pytest.raises(StatusError):
        await client.read_blob(digest_of(b""))


@pytest.mark.parametrize("status", SUCCESSES)
async def test_every_2xx_status_of_head_says_that_it_exists(connect_to: AsyncConnect, loopback: Loopback, status: int) -> None:
    def answer(handler: Handler) -> None:
        content = INDEX if "/manifests/" in handler.path else BLOB
        if handler.command == "HEAD":
            handler.reply(status, content, Docker_Content_Digest=str(digest_of(content)), Content_Type=OCI_INDEX)
        elif handler.command == "GET":
            handler.reply(200, INDEX, Content_Type=OCI_INDEX)
        else:
            handler.reply(202, Location=UPLOAD)

    loopback.answer = answer
    client = await connect_to(loopback.url)
    assert await client.exists("v1")
    assert (await client.head_manifest("v1")).size == len(INDEX)
    assert (await client.resolve("v1")).digest == digest_of(INDEX)
    loopback.seen.clear()
    assert (await client.blob_upload(BLOB)).size == len(BLOB)
    if status in (204, 205, 206):  # the blob is there, but its size is not known
        assert len(loopback.seen) > 1
        with pytest.raises(ParseError, match=f"Content-Length.*{status}"):
            await client.head_blob(digest_of(BLOB))
    else:
        assert len(loopback.seen) == 1
        assert (await client.head_blob(digest_of(BLOB))).size == len(BLOB)


@pytest.mark.parametrize("status", [201, 202, 203, 299])
async def test_every_2xx_status_with_an_index_is_a_list_of_referrers(
    connect_to: AsyncConnect, loopback: Loopback, status: int
) -> None:
    entry = {"mediaType": OCI_INDEX, "digest": str(digest_of(INDEX)), "size": len(INDEX)}
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).encode()
    loopback.answer = lambda handler: handler.reply(
        status if "/referrers/" in handler.path else 404, index, Content_Type=OCI_INDEX
    )
    client = await connect_to(loopback.url)
    assert [one.digest for one in await client.list_referrers(digest_of(BLOB))] == [digest_of(INDEX)]


@pytest.mark.parametrize(
    "body", [b'{"errors": [{"message": "not today"}]}', b'{"message": "not today"}', b'{"error": {"message": "not today"}}']
)
@pytest.mark.parametrize("of_token", [True, False])
async def test_the_message_of_an_error_with_a_2xx_status_is_shown(
    connect_to: AsyncConnect, loopback: Loopback, body: bytes, of_token: bool
) -> None:
    def answer(handler: Handler) -> None:
        is_refused = of_token and not handler.path.startswith("/token")
        handler.reply(401, WWW_Authenticate='Bearer realm="/token"') if is_refused else handler.reply(200, body)

    loopback.answer = answer
    client = await connect_to(loopback.url)
    with pytest.raises(ParseError, match="says: not today") as caught:
        await client.list_tags()
    assert caught.value.field == ("token" if of_token else "tags")
    with pytest.raises((ParseError, UnexpectedContentTypeError), match="says: not today"):
        await client.get_manifest("v1")


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
    await client.delete_manifest(digest_of(INDEX))  # although it cannot be read first to find its subject
