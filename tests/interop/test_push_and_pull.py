"""Push and pull an image with generated functions only."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk._core.wire import AsyncRawBody, RawBody
from docker_registry_sdk.v2.api import (
    complete_blob_upload,
    create_blob_read_stream,
    get_blob_upload_status,
    get_manifest,
    head_blob,
    head_manifest,
    list_repositories,
    list_tags,
    put_manifest,
    start_blob_upload,
    upload_blob_chunk,
)
from docker_registry_sdk.v2.models import (
    DockerManifest,
    DockerManifestList,
    DockerSchema1Manifest,
    ImageConfig,
    ImageIndex,
    ImageManifest,
)
from tests.support.images import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    DOCKER_SCHEMA1,
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    digest_of,
    index_of,
    make_image,
)


def upload(http: httpx.Client, repo: str, content: bytes) -> None:
    """Upload a blob monolithically."""
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    done = complete_blob_upload.sync(http, repo, started.location, digest_of(content), body=content)
    assert done.docker_content_digest == digest_of(content)


def upload_blobs(http: httpx.Client, repo: str, image: Image) -> None:
    """Upload the blobs of an image."""
    upload(http, repo, image.config)
    upload(http, repo, image.layer)


def test_monolithic_push_and_pull_return_the_same_bytes(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    pushed = put_manifest.sync(http, repo, "v1", image.oci, content_type=OCI_MANIFEST)
    assert pushed.docker_content_digest == digest_of(image.oci)

    pulled = get_manifest.sync(http, repo, "v1")

    assert isinstance(pulled.body, ImageManifest)
    assert pulled.raw == image.oci
    assert pulled.docker_content_digest == digest_of(image.oci)
    assert pulled.body.to_dict() == json.loads(image.oci)
    config = create_blob_read_stream.sync(http, repo, pulled.body.config.digest)
    assert config.body == image.config
    parsed = ImageConfig.from_dict(json.loads(config.body))
    assert parsed.config is not None
    assert parsed.config.labels == {"who": "tests"}
    assert parsed.created is not None
    assert parsed.created.isoformat() == "2024-05-06T07:08:09.123456+00:00"


def test_an_encoded_slash_in_a_name_is_a_slash(http: httpx.Client, repo: str) -> None:
    image = make_image()
    octets = {"content-type": "application/octet-stream"}
    base = f"/v2/{repo}%2Fencoded".replace("/", "%2F").replace("%2Fv2%2F", "/v2/", 1)
    for blob in (image.config, image.layer):
        started = http.post(f"{base}/blobs/uploads/")
        assert started.status_code == 202
        done = http.put(
            httpx.URL(started.headers["location"]).copy_merge_params({"digest": digest_of(blob)}), content=blob, headers=octets
        )
        assert done.status_code == 201
        assert http.head(f"{base}/blobs/{digest_of(blob)}").headers["content-length"] == str(len(blob))
    pushed = http.put(f"{base}/manifests/v1", content=image.oci, headers={"content-type": OCI_MANIFEST})
    assert pushed.status_code == 201
    assert http.get(f"{base}/tags/list").json() == {"name": f"{repo}/encoded", "tags": ["v1"]}
    assert get_manifest.sync(http, f"{repo}/encoded", "v1").raw == image.oci


def test_chunked_push_follows_the_newest_location(http: httpx.Client, repo: str) -> None:
    content = bytes(range(256)) * 40
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    location = started.location
    for start in range(0, len(content), 4096):
        chunk = content[start : start + 4096]
        sent = upload_blob_chunk.sync(http, repo, location, chunk, content_range=f"{start}-{start + len(chunk) - 1}")
        assert sent.range == f"0-{start + len(chunk) - 1}"
        status = get_blob_upload_status.sync(http, repo, sent.location)
        assert status.range == sent.range
        location = sent.location

    complete_blob_upload.sync(http, repo, location, digest_of(content))

    assert create_blob_read_stream.sync(http, repo, digest_of(content)).body == content


@pytest.mark.parametrize("form", ["bytes", "bytearray", "memoryview", "file", "path", "iterable"])
def test_every_form_of_body_uploads_the_same_bytes(http: httpx.Client, repo: str, form: str, tmp_path: Path) -> None:
    content = b"0123456789" * 1000
    path = tmp_path / "blob"
    path.write_bytes(content)
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    with path.open("rb") as file:
        bodies: dict[str, RawBody] = {
            "bytes": content,
            "bytearray": bytearray(content),
            "memoryview": memoryview(content),
            "file": io.BytesIO(content),
            "path": file,
            "iterable": (content[at : at + 100] for at in range(0, len(content), 100)),
        }
        complete_blob_upload.sync(http, repo, started.location, digest_of(content), body=bodies[form])
    assert head_blob.sync(http, repo, digest_of(content)).content_length == len(content)


@pytest.mark.anyio
@pytest.mark.parametrize("form", ["bytes", "file", "iterable", "async iterable"])
async def test_every_form_of_body_uploads_async(async_http: httpx.AsyncClient, repo: str, form: str) -> None:
    content = b"9876543210" * 1000

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 100):
            yield content[at : at + 100]

    started = await start_blob_upload.asyncio(async_http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    bodies: dict[str, AsyncRawBody] = {
        "bytes": content,
        "file": io.BytesIO(content),
        "iterable": [content[:5], content[5:]],
        "async iterable": pieces(),
    }
    await complete_blob_upload.asyncio(async_http, repo, started.location, digest_of(content), body=bodies[form])

    assert (await create_blob_read_stream.asyncio(async_http, repo, digest_of(content))).body == content


@pytest.mark.parametrize(
    ("media_type", "model"),
    [
        (OCI_MANIFEST, ImageManifest),
        (OCI_INDEX, ImageIndex),
        (DOCKER_MANIFEST, DockerManifest),
        (DOCKER_LIST, DockerManifestList),
    ],
)
def test_a_manifest_comes_in_each_media_type(http: httpx.Client, repo: str, media_type: str, model: type) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    manifest = image.oci if "oci" in media_type else image.docker
    kind = OCI_MANIFEST if "oci" in media_type else DOCKER_MANIFEST
    put_manifest.sync(http, repo, "latest", manifest, content_type=kind)
    if media_type in (OCI_INDEX, DOCKER_LIST):
        index = index_of(media_type, kind, {"amd64": manifest})
        put_manifest.sync(http, repo, "latest", index, content_type=media_type)

    pulled = get_manifest.sync(http, repo, "latest", accept=[media_type])

    assert type(pulled.body) is model
    assert pulled.media_type == media_type
    assert pulled.body.to_dict() == json.loads(pulled.raw)
    head = head_manifest.sync(http, repo, "latest", accept=[media_type])
    assert (head.docker_content_digest, head.content_length) == (digest_of(pulled.raw), len(pulled.raw))
    assert get_manifest.sync(http, repo, digest_of(pulled.raw)).raw == pulled.raw


@pytest.mark.only_on("docker-registry")
def test_schema_2_is_converted_if_only_schema_1_is_accepted(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    put_manifest.sync(http, repo, "latest", image.docker, content_type=DOCKER_MANIFEST)

    pulled = get_manifest.sync(http, repo, "latest", accept=[DOCKER_SCHEMA1])

    assert isinstance(pulled.body, DockerSchema1Manifest)
    assert pulled.media_type == DOCKER_SCHEMA1
    assert pulled.body.to_dict() == json.loads(pulled.raw)
    # What was signed goes back in; the server signs it anew each time, so only the digest over the payload stays.
    put_manifest.sync(http, repo, "signed", pulled.raw, content_type=DOCKER_SCHEMA1)
    again = get_manifest.sync(http, repo, "signed", accept=[DOCKER_SCHEMA1])
    assert again.docker_content_digest == pulled.docker_content_digest


def test_blobs_stream_back_sync(http: httpx.Client, repo: str) -> None:
    content = bytes(range(256)) * 4096
    upload(http, repo, content)
    with create_blob_read_stream.stream(http, repo, digest_of(content)) as blob:
        assert isinstance(blob, create_blob_read_stream.CreateBlobReadStreamOk)
        assert blob.content_length == len(content)
        assert b"".join(blob.body) == content


@pytest.mark.anyio
async def test_blobs_stream_back_async(async_http: httpx.AsyncClient, http: httpx.Client, repo: str) -> None:
    content = bytes(range(256)) * 4096
    upload(http, repo, content)
    async with create_blob_read_stream.asyncio_stream(async_http, repo, digest_of(content)) as blob:
        assert isinstance(blob, create_blob_read_stream.CreateBlobReadStreamOk)
        assert b"".join([chunk async for chunk in blob.body]) == content


def test_a_range_returns_a_part(http: httpx.Client, repo: str) -> None:
    upload(http, repo, b"0123456789")
    part = create_blob_read_stream.sync(http, repo, digest_of(b"0123456789"), byte_range="bytes=2-5")
    assert isinstance(part, create_blob_read_stream.CreateBlobReadStreamPartialContent)
    assert (part.body, part.content_range) == (b"2345", "bytes 2-5/10")


@pytest.mark.only_on("docker-registry")
def test_n_and_last_of_tags_are_ignored(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    for tag in ("a", "b"):
        put_manifest.sync(http, repo, tag, image.oci, content_type=OCI_MANIFEST)
    assert sorted(list_tags.sync(http, repo, n=1, last="a").body.tags) == ["a", "b"]


def test_tags_and_catalog_are_listed(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    for tag in ("a", "b", "c"):
        put_manifest.sync(http, repo, tag, image.oci, content_type=OCI_MANIFEST)

    assert sorted(list_tags.sync(http, repo).body.tags) == ["a", "b", "c"]

    names: list[str] = []
    page = list_repositories.sync(http, n=1)
    while True:
        names += page.body.repositories
        if page.next_url is None:
            break
        assert len(page.body.repositories) == 1
        page = list_repositories.sync(http, next_url=page.next_url)
    assert repo in names
    assert names == sorted(names)
    after = list_repositories.sync(http, n=1000, last=repo).body.repositories
    assert repo not in after
    assert all(name > repo for name in after)
