"""The parts of API v2 that Debian's docker-registry 2.8 does not have, tested on the embedded registry."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest

from docker_registry_sdk.errors import (
    BadRequestError,
    NotFoundError,
    NotModifiedError,
    PreconditionFailedError,
    RangeNotSatisfiableError,
)
from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.v2.api import (
    cancel_blob_upload,
    complete_blob_upload,
    create_blob_read_stream,
    delete_manifest,
    get_blob_upload_status,
    get_manifest,
    head_blob,
    head_manifest,
    list_tags,
    put_manifest,
    start_blob_upload,
    upload_blob_chunk,
)
from docker_registry_sdk.v2.models import ErrorCode
from tests.interop.test_push_and_pull import upload, upload_blobs
from tests.support.images import OCI_MANIFEST, digest_of, make_image
from tests.support.transports import ValidatingTransport
from tests.support.validation import Exchanges

pytestmark = pytest.mark.only_on("embedded")

CONTENT = b"0123456789"
DIGEST = digest_of(CONTENT)


def sha512_of(content: bytes) -> str:
    """Return the sha512 digest of the bytes."""
    return f"sha512:{hashlib.sha512(content).hexdigest()}"


def start(http: httpx.Client, repo: str) -> str:
    """Open an upload and return its location."""
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    return started.location


def push_tagged(http: httpx.Client, repo: str, *tags: str) -> bytes:
    """Push an image under some tags and return its manifest."""
    image = make_image()
    upload_blobs(http, repo, image)
    for tag in tags:
        put_manifest.sync(http, repo, tag, image.oci, content_type=OCI_MANIFEST)
    return image.oci


@pytest.mark.parametrize("digest", [DIGEST, sha512_of(CONTENT)])
def test_a_blob_is_uploaded_in_one_request(http: httpx.Client, repo: str, digest: str) -> None:
    done = start_blob_upload.sync(http, repo, body=CONTENT, digest=digest)
    assert isinstance(done, start_blob_upload.StartBlobUploadCreated)
    assert (done.status, done.docker_content_digest) == (201, digest)
    assert create_blob_read_stream.sync(http, repo, digest).body == CONTENT
    with pytest.raises(BadRequestError) as caught:
        start_blob_upload.sync(http, repo, body=b"something else", digest=digest)
    assert caught.value.codes == (ErrorCode.DIGEST_INVALID,)


@pytest.mark.anyio
async def test_a_blob_is_streamed_in_one_request(async_http: httpx.AsyncClient, repo: str) -> None:
    content = bytes(range(256)) * 4096

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 10_000):
            yield content[at : at + 10_000]

    done = await start_blob_upload.asyncio(async_http, repo, body=pieces(), digest=digest_of(content))
    assert isinstance(done, start_blob_upload.StartBlobUploadCreated)
    async with create_blob_read_stream.asyncio_stream(async_http, repo, digest_of(content)) as blob:
        assert b"".join([piece async for piece in blob.body]) == content


def test_a_blob_is_mounted_without_naming_its_repository(http: httpx.Client, repo: str) -> None:
    content = repo.encode()
    upload(http, f"{repo}/source", content)
    mounted = start_blob_upload.sync(http, f"{repo}/target", mount=digest_of(content))
    assert isinstance(mounted, start_blob_upload.StartBlobUploadCreated)
    assert create_blob_read_stream.sync(http, f"{repo}/target", digest_of(content)).body == content
    started = start_blob_upload.sync(http, f"{repo}/target", mount=digest_of(b"nowhere"))
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    cancel_blob_upload.sync(http, f"{repo}/target", started.location)


def test_an_upload_may_be_completed_with_another_algorithm(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo, digest_algorithm="sha512")
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    chunk = upload_blob_chunk.sync(http, repo, started.location, CONTENT[:4], content_range="0-3")
    done = complete_blob_upload.sync(http, repo, chunk.location, sha512_of(CONTENT), body=CONTENT[4:])
    assert done.docker_content_digest == sha512_of(CONTENT)
    assert head_blob.sync(http, repo, sha512_of(CONTENT)).docker_content_digest == sha512_of(CONTENT)
    with pytest.raises(NotFoundError):  # it is a name, not another way to find the content
        head_blob.sync(http, repo, DIGEST)
    with pytest.raises(BadRequestError) as caught:
        start_blob_upload.sync(http, repo, digest_algorithm="md5")
    assert caught.value.codes == (ErrorCode.DIGEST_INVALID,)


def test_a_manifest_has_the_digest_that_it_was_pushed_by(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    digest = sha512_of(image.oci)
    pushed = put_manifest.sync(http, repo, digest, image.oci, content_type=OCI_MANIFEST, tag=["v1"])
    assert (pushed.docker_content_digest, pushed.oci_tag) == (digest, ["v1"])
    for reference in (digest, "v1"):
        pulled = get_manifest.sync(http, repo, reference)
        assert (pulled.raw, pulled.docker_content_digest) == (image.oci, digest)


def test_a_manifest_gets_several_tags_at_once(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    digest = digest_of(image.oci)
    pushed = put_manifest.sync(http, repo, digest, image.oci, content_type=OCI_MANIFEST, tag=["a", "b", "c"])
    assert sorted(pushed.oci_tag or ()) == ["a", "b", "c"]
    assert pushed.oci_subject is None
    assert list_tags.sync(http, repo).body.tags == ["a", "b", "c"]
    assert {head_manifest.sync(http, repo, tag).docker_content_digest for tag in "abc"} == {digest}
    with pytest.raises(BadRequestError) as caught:
        put_manifest.sync(http, repo, digest, image.oci, content_type=OCI_MANIFEST, tag=["d", "-"])
    assert caught.value.codes == (ErrorCode.TAG_INVALID,)
    assert list_tags.sync(http, repo).body.tags == ["a", "b", "c"]


def test_tags_come_in_pages(http: httpx.Client, repo: str) -> None:
    push_tagged(http, repo, "b", "d", "a", "c", "e")
    page = list_tags.sync(http, repo, n=2)
    pages = [page.body.tags]
    while page.next_url is not None:
        page = list_tags.sync(http, repo, next_url=page.next_url)
        pages.append(page.body.tags)
    assert pages == [["a", "b"], ["c", "d"], ["e"]]
    after = list_tags.sync(http, repo, n=2, last="bb")
    assert (after.body.tags, after.next_url is None) == (["c", "d"], False)
    assert list_tags.sync(http, repo, last="d").body.tags == ["e"]
    nothing = list_tags.sync(http, repo, n=0)
    assert (nothing.body.tags, nothing.next_url) == ([], None)


def test_deleting_a_tag_leaves_the_manifest_and_its_other_tags(http: httpx.Client, repo: str) -> None:
    manifest = push_tagged(http, repo, "one", "two")
    assert delete_manifest.sync(http, repo, "one").status == 202
    with pytest.raises(NotFoundError) as caught:
        get_manifest.sync(http, repo, "one")
    assert caught.value.codes == (ErrorCode.MANIFEST_UNKNOWN,)
    assert list_tags.sync(http, repo).body.tags == ["two"]
    assert get_manifest.sync(http, repo, "two").raw == manifest
    assert get_manifest.sync(http, repo, digest_of(manifest)).raw == manifest


def test_if_match_decides_whether_a_manifest_is_stored(http: httpx.Client, repo: str) -> None:
    old = push_tagged(http, repo, "v1")
    new = old + b"\n"
    etag = head_manifest.sync(http, repo, "v1").etag
    assert etag is not None

    def put(tag: str, *, if_match: str | None = None, if_none_match: str | None = None) -> None:
        put_manifest.sync(http, repo, tag, new, content_type=OCI_MANIFEST, if_match=if_match, if_none_match=if_none_match)

    with pytest.raises(PreconditionFailedError) as caught:
        put("v1", if_match='"another"')
    assert (caught.value.status, caught.value.codes) == (412, (ErrorCode.DENIED,))
    for condition in ("*", etag):
        with pytest.raises(PreconditionFailedError):
            put("v1", if_none_match=condition)
    with pytest.raises(PreconditionFailedError):
        put("v2", if_match="*")
    assert get_manifest.sync(http, repo, "v1").raw == old

    put("v1", if_match=etag)
    put("v2", if_none_match="*")
    assert {get_manifest.sync(http, repo, tag).raw for tag in ("v1", "v2")} == {new}
    with pytest.raises(PreconditionFailedError):
        delete_manifest.sync(http, repo, "v1", if_match=etag)


def test_if_none_match_avoids_a_body(http: httpx.Client, repo: str) -> None:
    push_tagged(http, repo, "v1")
    upload(http, repo, CONTENT)
    etag = head_blob.sync(http, repo, DIGEST).etag
    assert etag is not None
    for condition in (etag, "*", f'"another", W/{etag}'):
        with pytest.raises(NotModifiedError):
            create_blob_read_stream.sync(http, repo, DIGEST, if_none_match=condition)
    with pytest.raises(NotModifiedError):
        head_manifest.sync(http, repo, "v1", if_none_match=head_manifest.sync(http, repo, "v1").etag)
    assert create_blob_read_stream.sync(http, repo, DIGEST, if_none_match='"another"').body == CONTENT


def test_an_upload_resumes_at_the_offset_of_its_status(http: httpx.Client, repo: str) -> None:
    location = upload_blob_chunk.sync(http, repo, start(http, repo), CONTENT[:4], content_range="0-3").location
    for lost in ("5-7", "0-2"):
        with pytest.raises(RangeNotSatisfiableError) as caught:
            upload_blob_chunk.sync(http, repo, location, b"abc", content_range=lost)
        assert caught.value.headers["range"] == "0-3"
    with pytest.raises(RangeNotSatisfiableError):
        complete_blob_upload.sync(http, repo, location, DIGEST, body=CONTENT[5:], content_range="5-9")

    status = get_blob_upload_status.sync(http, repo, location)
    assert (status.status, status.range) == (204, "0-3")
    assert status.location is not None
    complete_blob_upload.sync(http, repo, status.location, DIGEST, body=CONTENT[4:], content_range="4-9")
    assert create_blob_read_stream.sync(http, repo, DIGEST).body == CONTENT


def test_the_minimum_chunk_length_is_announced_and_required(exchanges: Exchanges, repo: str) -> None:
    with (
        EmbeddedRegistry(settings=RegistrySettings(chunk_min_length=4)) as registry,
        httpx.Client(base_url=registry.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as http,
    ):
        started = start_blob_upload.sync(http, repo)
        assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
        assert started.oci_chunk_min_length == 4
        location = upload_blob_chunk.sync(http, repo, started.location, CONTENT[:4], content_range="0-3").location
        location = upload_blob_chunk.sync(http, repo, location, CONTENT[4:7], content_range="4-6").location
        with pytest.raises(BadRequestError) as caught:
            upload_blob_chunk.sync(http, repo, location, CONTENT[7:], content_range="7-9")
        assert caught.value.codes == (ErrorCode.SIZE_INVALID,)
        last = upload_blob_chunk.sync(http, repo, start(http, repo), CONTENT[:8], content_range="0-7").location
        assert complete_blob_upload.sync(http, repo, last, DIGEST, body=CONTENT[8:], content_range="8-9").status == 201
