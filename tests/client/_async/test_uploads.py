"""Upload sessions request by request, and blobs mounted from another repository."""

from __future__ import annotations

import pickle
from functools import partial

import pytest
from attrs import evolve

from docker_registry_sdk import AsyncRegistryClientV2, UploadSession
from docker_registry_sdk.errors import BadRequestError, NotFoundError, ParseError, RangeNotSatisfiableError, StatusError
from docker_registry_sdk.testing import RegistrySettings
from docker_registry_sdk.v2.models import Descriptor
from tests.client._async.conftest import AsyncConnect
from tests.client.conftest import Server, StartRegistry
from tests.core.wire.loopback import Handler, Loopback
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
CONTENT = bytes(range(256)) * 100


async def test_a_blob_is_uploaded_in_chunks(client: AsyncRegistryClientV2) -> None:
    session = await client.start_blob_upload()
    assert (session.repo, session.offset) == (client.repo.remote_name, 0)
    for at in range(0, len(CONTENT), 10_000):
        session = await client.upload_blob_chunk(session, CONTENT[at : at + 10_000])
        assert session.offset == min(len(CONTENT), at + 10_000)
        session = await client.get_blob_upload_status(session)
        assert session.offset == min(len(CONTENT), at + 10_000)
    blob = await client.complete_blob_upload(session, digest_of(CONTENT))
    assert (blob.digest, blob.size) == (digest_of(CONTENT), len(CONTENT))
    assert await read_blob(client, blob.digest) == CONTENT


async def test_a_pickled_session_is_resumed_by_another_client(client: AsyncRegistryClientV2, server: Server) -> None:
    session = await client.upload_blob_chunk(await client.start_blob_upload(), CONTENT[:10_000])
    kept = pickle.dumps(session)
    async with AsyncRegistryClientV2(None, index=server.url, **server.options) as other:
        resumed: UploadSession = pickle.loads(kept)
        assert resumed == session
        resumed = await other.get_blob_upload_status(resumed)
        resumed = await other.upload_blob_chunk(resumed, CONTENT[resumed.offset :])
        blob = await other.complete_blob_upload(resumed, digest_of(CONTENT))
    assert await read_blob(client, blob.digest) == CONTENT


async def test_a_new_session_has_received_no_bytes(client: AsyncRegistryClientV2) -> None:
    session = await client.get_blob_upload_status(await client.start_blob_upload())
    assert session.offset == 0
    session = await client.upload_blob_chunk(session, b"x")
    assert session.offset == 1
    assert (await client.get_blob_upload_status(session)).offset == 1
    assert (await client.complete_blob_upload(session, digest_of(b"x"))).size == 1


async def test_an_empty_chunk_sends_no_request(client: AsyncRegistryClientV2) -> None:
    session = await client.start_blob_upload()
    assert await client.upload_blob_chunk(session, b"") is session
    blob = await client.complete_blob_upload(session, digest_of(b""))
    assert await read_blob(client, blob.digest) == b""


async def test_a_cancelled_session_is_gone(client: AsyncRegistryClientV2) -> None:
    session = await client.upload_blob_chunk(await client.start_blob_upload(), b"something")
    await client.cancel_blob_upload(session)
    with pytest.raises(NotFoundError):
        await client.get_blob_upload_status(session)
    with pytest.raises(NotFoundError):
        await client.cancel_blob_upload(session)


@pytest.mark.only_on("none", "basic", "token")  # docker-registry 2.8 does not check the offset of a chunk
async def test_a_chunk_at_the_wrong_offset_is_refused(client: AsyncRegistryClientV2) -> None:
    session = await client.upload_blob_chunk(await client.start_blob_upload(), CONTENT[:1000])
    with pytest.raises(RangeNotSatisfiableError):
        await client.upload_blob_chunk(evolve(session, offset=500), b"x")
    session = await client.get_blob_upload_status(session)
    assert session.offset == 1000


async def test_a_wrong_digest_is_refused(client: AsyncRegistryClientV2) -> None:
    session = await client.upload_blob_chunk(await client.start_blob_upload(), CONTENT)
    with pytest.raises(BadRequestError) as caught:
        await client.complete_blob_upload(session, digest_of(b"other"))
    assert "DIGEST_INVALID" in caught.value.codes


async def test_the_minimum_length_of_chunks_is_returned(start_registry: StartRegistry, connect_to: AsyncConnect) -> None:
    client = await connect_to(start_registry(RegistrySettings(chunk_min_length=1000)).url)
    session = await client.start_blob_upload()
    assert session.chunk_min_length == 1000
    session = await client.upload_blob_chunk(session, CONTENT[:1000])
    session = await client.get_blob_upload_status(session)
    assert session.chunk_min_length == 1000
    session = await client.upload_blob_chunk(session, CONTENT[1000:])
    await client.complete_blob_upload(session, digest_of(CONTENT))
    await client.blob_upload(iter([b"short", b"blocks"]))  # the last chunk may be shorter


async def test_a_location_is_followed_verbatim_and_never_shown(connect_to: AsyncConnect, loopback: Loopback) -> None:
    location = "/upload/../x?_state=a%2Fb%20c&sig=s3cret'()&empty="
    loopback.answer = lambda handler: handler.reply(
        204 if handler.command in ("GET", "DELETE") else 202, Location=location, Range="0-0"
    )
    client = await connect_to(loopback.url)
    session = await client.start_blob_upload()
    assert "s3cret" not in repr(session)
    session = await client.upload_blob_chunk(session, b"abc")
    await client.get_blob_upload_status(session)
    await client.cancel_blob_upload(session)
    assert {seen.target for seen in loopback.seen[1:]} == {location}


def answer(handler: Handler, headers: dict[str, str]) -> None:
    handler.reply(204 if handler.command == "GET" else 202, b"", **headers)


async def test_the_offset_is_what_the_registry_received(connect_to: AsyncConnect, loopback: Loopback) -> None:
    client = await connect_to(loopback.url)
    session = UploadSession(repo="tests/stale", location=f"{loopback.url}/upload", offset=100)
    for said, sent, asked in (("0-149", 150, 150), ("bytes=0-149", 150, 150), ("", 160, 100), ("0-59", 160, 60)):
        headers = {"Location": "/upload", **({"Range": said} if said else {})}
        loopback.answer = partial(answer, headers=headers)
        assert (await client.upload_blob_chunk(session, b"abc" * 20)).offset == sent
        assert (await client.get_blob_upload_status(session)).offset == asked


async def test_a_201_to_start_blob_upload_is_a_parse_error(connect_to: AsyncConnect, loopback: Loopback) -> None:
    loopback.answer = lambda handler: handler.reply(201, Location="/v2/x")
    client = await connect_to(loopback.url)
    with pytest.raises(ParseError, match="201 instead of 202"):
        await client.start_blob_upload()


async def test_a_blob_of_another_repository_is_mounted(client: AsyncRegistryClientV2) -> None:
    source = client.with_repo(f"{client.repo.remote_name}-source")
    digest = (await source.blob_upload(CONTENT)).digest
    mounted = await client.mount_blob(digest, source.repo.remote_name)
    assert isinstance(mounted, Descriptor)
    assert (mounted.digest, mounted.size) == (digest, len(CONTENT))
    assert await read_blob(client, digest) == CONTENT


async def test_a_blob_that_cannot_be_mounted_returns_a_session(client: AsyncRegistryClientV2) -> None:
    source = client.with_repo(f"{client.repo.remote_name}-source")
    await source.blob_upload(b"something else")
    session = await client.mount_blob(digest_of(CONTENT), source.repo.remote_name)
    assert isinstance(session, UploadSession)
    session = await client.upload_blob_chunk(session, CONTENT)
    await client.complete_blob_upload(session, digest_of(CONTENT))
    assert await read_blob(client, digest_of(CONTENT)) == CONTENT


async def test_a_mount_without_a_source_lets_the_registry_find_one(client: AsyncRegistryClientV2, server: Server) -> None:
    source = client.with_repo(f"{client.repo.remote_name}-source")
    digest = (await source.blob_upload(client.repo.remote_name.encode())).digest
    mounted = await client.mount_blob(digest)
    if server.is_debian:
        assert isinstance(mounted, UploadSession)
        await client.cancel_blob_upload(mounted)
    elif server.name == "token":
        # The registry mounts only from repositories that the token may read, and the token is for this repository only.
        assert isinstance(mounted, (Descriptor, UploadSession))
    else:
        assert isinstance(mounted, Descriptor)


async def test_uploads_without_permission_to_push_are_errors(start_registry: StartRegistry, connect_to: AsyncConnect) -> None:
    client = await connect_to(start_registry(auth="token").url)  # anonymous users may only pull
    with pytest.raises(StatusError):
        await client.blob_upload(CONTENT)
