"""The exact types of Registry API v2's operations, proven by mypy and pyright; nothing here runs."""

from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from typing import IO, Any, assert_never, assert_type

import httpx

from docker_registry_sdk._core import wire
from docker_registry_sdk._core.wire.operations import Operation, Parameter, RequestBody
from docker_registry_sdk.v2.api import (
    complete_blob_upload,
    create_blob_read_stream,
    get_manifest,
    head_blob,
    list_referrers,
    list_tags,
    put_manifest,
    start_blob_upload,
    upload_blob_chunk,
)
from docker_registry_sdk.v2.api.blobs.create_blob_read_stream import CreateBlobReadStreamOk, CreateBlobReadStreamPartialContent
from docker_registry_sdk.v2.models import (
    Descriptor,
    DockerManifest,
    DockerManifestList,
    DockerSchema1Manifest,
    ImageConfig,
    ImageIndex,
    ImageManifest,
)
from docker_registry_sdk.v2.operations import OPERATIONS

NAME, DIGEST = "library/busybox", "sha256:0"


class Counting(httpx.Client):
    """A client of the user's own."""


async def httpx_clients_are_clients(sync: httpx.Client, asynchronous: httpx.AsyncClient, own: Counting) -> None:
    clients: list[wire.Client] = [sync, own]
    others: list[wire.AsyncClient] = [asynchronous]
    assert_type(head_blob.sync(clients[0], NAME, DIGEST), head_blob.HeadBlobOk)
    assert_type(await head_blob.asyncio(others[0], NAME, DIGEST), head_blob.HeadBlobOk)


def the_sans_io_halves(response: wire.HTTPResponse) -> None:
    assert_type(get_manifest.request(NAME, "latest", accept=["a/b"]), wire.Request)
    assert_type(get_manifest.parse(response), get_manifest.GetManifestOk)
    assert_type(
        start_blob_upload.parse(response), start_blob_upload.StartBlobUploadCreated | start_blob_upload.StartBlobUploadAccepted
    )
    assert_type(
        create_blob_read_stream.parse(response), CreateBlobReadStreamOk[bytes] | CreateBlobReadStreamPartialContent[bytes]
    )


def manifests_are_a_union_by_media_type(client: httpx.Client) -> None:
    response = get_manifest.sync(client, NAME, "latest", timeout=3)
    assert_type(response, get_manifest.GetManifestOk)
    assert_type(response.raw, bytes)
    assert_type(response.status, int)
    assert_type(response.media_type, str | None)
    assert_type(response.headers, Mapping[str, str])
    assert_type(response.docker_content_digest, str | None)
    assert_type(response.content_length, int | None)
    assert_type(response.body, ImageManifest | ImageIndex | DockerManifest | DockerManifestList | DockerSchema1Manifest)
    match response.body:
        case ImageManifest(config=config) | DockerManifest(config=config):
            assert_type(config, Descriptor)
        case ImageIndex(manifests=manifests) | DockerManifestList(manifests=manifests):
            assert_type(manifests, list[Descriptor])
        case DockerSchema1Manifest() as manifest:
            assert_type(manifest, DockerSchema1Manifest)
        case _:
            assert_never(response.body)


def fields_are_typed_and_absent_is_none(manifest: ImageManifest, config: ImageConfig) -> None:
    assert_type(manifest.schema_version, int)
    assert_type(manifest.layers, list[Descriptor])
    assert_type(manifest.subject, Descriptor | None)
    assert_type(manifest.annotations, dict[str, str] | None)
    assert_type(manifest.additional_properties, dict[str, Any])
    assert_type(manifest.to_dict(), dict[str, Any])
    assert_type(ImageManifest.from_dict({}), ImageManifest)
    if config.created is not None:
        assert_type(config.created.year, int)
    if config.config is not None:
        assert_type(config.config.labels, dict[str, str] | None)


def statuses_that_differ_in_meaning_differ_in_type(client: httpx.Client) -> None:
    response = start_blob_upload.sync(client, NAME, mount=DIGEST, from_repo="other/repo")
    assert_type(response, start_blob_upload.StartBlobUploadCreated | start_blob_upload.StartBlobUploadAccepted)
    assert_type(response.location, str | None)
    assert_type(response.body, None)
    if isinstance(response, start_blob_upload.StartBlobUploadAccepted):
        assert_type(response.location, str)
        assert_type(response.oci_chunk_min_length, int | None)
    else:
        assert_type(response, start_blob_upload.StartBlobUploadCreated)
        assert_type(response.docker_content_digest, str | None)
    match response:
        case start_blob_upload.StartBlobUploadCreated():
            assert_type(response, start_blob_upload.StartBlobUploadCreated)
        case start_blob_upload.StartBlobUploadAccepted(location=location):
            assert_type(location, str)
        case _:
            assert_never(response)


def a_blob_is_bytes_when_buffered(client: httpx.Client) -> None:
    response = create_blob_read_stream.sync(client, NAME, DIGEST, byte_range="bytes=0-9")
    assert_type(response, CreateBlobReadStreamOk[bytes] | CreateBlobReadStreamPartialContent[bytes])
    assert_type(response.body, bytes)
    match response:
        case create_blob_read_stream.CreateBlobReadStreamPartialContent():
            assert_type(response.content_range, str | None)
        case create_blob_read_stream.CreateBlobReadStreamOk():
            assert_type(response.content_length, int | None)
        case _:
            assert_never(response)
    assert_type(head_blob.sync(client, NAME, DIGEST).body, None)


def a_blob_streams(client: httpx.Client) -> None:
    with create_blob_read_stream.stream(client, NAME, DIGEST) as response:
        assert_type(
            response,
            CreateBlobReadStreamOk[wire.Chunks] | CreateBlobReadStreamPartialContent[wire.Chunks],
        )
        assert_type(response.body, wire.Chunks)
        assert_type(next(response.body), bytes)


async def a_blob_streams_async(client: httpx.AsyncClient) -> None:
    async with create_blob_read_stream.asyncio_stream(client, NAME, DIGEST) as response:
        assert_type(response.body, wire.AsyncChunks)
        if isinstance(response, CreateBlobReadStreamPartialContent):
            assert_type(response.content_range, str | None)
    buffered = await create_blob_read_stream.asyncio(client, NAME, DIGEST)
    assert_type(buffered, CreateBlobReadStreamOk[bytes] | CreateBlobReadStreamPartialContent[bytes])


def raw_bodies_have_many_forms(client: httpx.Client, file: IO[bytes], parts: Iterator[bytes], location: str) -> None:
    for body in (b"", bytearray(), memoryview(b"")):
        assert_type(upload_blob_chunk.sync(client, NAME, location, body), upload_blob_chunk.UploadBlobChunkCreated)
    upload_blob_chunk.sync(client, NAME, location, file)
    upload_blob_chunk.sync(client, NAME, location, parts, content_length=9)
    upload_blob_chunk.sync(client, NAME, location, [b"a", b"b"])
    done = complete_blob_upload.sync(client, NAME, location, DIGEST, body=file, content_type="application/gzip")
    assert_type(done, complete_blob_upload.CompleteBlobUploadCreated)


async def async_calls_take_the_same_bodies_and_async_ones(
    client: httpx.AsyncClient, file: IO[bytes], parts: AsyncIterable[bytes], location: str
) -> None:
    assert_type(await upload_blob_chunk.asyncio(client, NAME, location, file), upload_blob_chunk.UploadBlobChunkCreated)
    await upload_blob_chunk.asyncio(client, NAME, location, parts)
    await start_blob_upload.asyncio(client, NAME, body=parts, digest=DIGEST)


def media_types_are_the_known_ones_or_any_text(client: httpx.Client, anything: str) -> None:
    known: put_manifest.ContentType = "application/vnd.oci.image.index.v1+json"
    response = put_manifest.sync(client, NAME, "latest", b"{}", content_type=known, tag=("a", "b"))
    assert_type(response, put_manifest.PutManifestCreated)
    assert_type(response.oci_tag, list[str] | None)
    put_manifest.sync(client, NAME, "latest", b"{}", content_type=anything)


async def pages_have_a_next_url(client: httpx.AsyncClient) -> None:
    tags = await list_tags.asyncio(client, NAME, n=5)
    assert_type(tags.body.tags, list[str])
    assert_type(tags.next_url, str | None)
    referrers = await list_referrers.asyncio(client, NAME, DIGEST, artifact_type="a/b")
    assert_type(referrers.body, ImageIndex)
    assert_type(referrers.oci_filters_applied, list[str] | None)


def the_table_is_typed(accept: Sequence[str]) -> None:
    for operation in OPERATIONS:
        assert_type(operation, Operation)
        assert_type(operation.parameters, tuple[Parameter, ...])
        assert_type(operation.body, RequestBody | None)
    get_manifest.request(NAME, "latest", accept=accept)
