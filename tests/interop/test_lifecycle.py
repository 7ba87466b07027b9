"""Mounts, cancelled uploads, deletions and conditional requests with docker-registry."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.errors import MethodNotAllowedError, NotFoundError, NotModifiedError
from docker_registry_sdk.v2.api import (
    cancel_blob_upload,
    complete_blob_upload,
    create_blob_read_stream,
    delete_blob,
    delete_manifest,
    get_blob_upload_status,
    get_manifest,
    head_blob,
    list_referrers,
    list_tags,
    ping,
    put_manifest,
    start_blob_upload,
)
from tests.interop.test_push_and_pull import upload, upload_blobs
from tests.support.docker_registry import run_docker_registry
from tests.support.images import OCI_MANIFEST, digest_of, make_image
from tests.support.transports import ValidatingTransport
from tests.support.validation import Exchanges


def test_ping_tells_the_api_version(http: httpx.Client) -> None:
    assert ping.sync(http).docker_distribution_api_version == "registry/2.0"


def test_a_blob_is_mounted_from_another_repository(http: httpx.Client, repo: str) -> None:
    upload(http, f"{repo}/source", b"to mount")
    digest = digest_of(b"to mount")

    mounted = start_blob_upload.sync(http, f"{repo}/target", mount=digest, from_repo=f"{repo}/source")

    assert isinstance(mounted, start_blob_upload.StartBlobUploadCreated)
    assert mounted.docker_content_digest == digest
    assert create_blob_read_stream.sync(http, f"{repo}/target", digest).body == b"to mount"


def test_a_mount_that_is_not_possible_opens_a_session(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo, mount=digest_of(b"nowhere"), from_repo=f"{repo}/other")
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    cancel_blob_upload.sync(http, repo, started.location)


@pytest.mark.only_on("docker-registry")
def test_an_upload_in_one_request_continues_with_put_if_not_supported(http: httpx.Client, repo: str) -> None:
    content = b"in one request"
    answer = start_blob_upload.sync(http, repo, body=content, digest=digest_of(content))
    # The specification lets a server answer 202 and take no bytes, and this one does.
    assert isinstance(answer, start_blob_upload.StartBlobUploadAccepted)
    complete_blob_upload.sync(http, repo, answer.location, digest_of(content), body=content)
    assert head_blob.sync(http, repo, digest_of(content)).content_length == len(content)


def test_a_cancelled_upload_is_gone(http: httpx.Client, repo: str) -> None:
    started = start_blob_upload.sync(http, repo)
    assert isinstance(started, start_blob_upload.StartBlobUploadAccepted)
    assert get_blob_upload_status.sync(http, repo, started.location).range == "0-0"

    assert cancel_blob_upload.sync(http, repo, started.location).status == 204

    with pytest.raises(NotFoundError) as caught:
        get_blob_upload_status.sync(http, repo, started.location)
    assert caught.value.codes == ("BLOB_UPLOAD_UNKNOWN",)


def test_deleting_a_manifest_deletes_its_tags(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    for tag in ("one", "two"):
        put_manifest.sync(http, repo, tag, image.oci, content_type=OCI_MANIFEST)

    assert delete_manifest.sync(http, repo, digest_of(image.oci)).status == 202

    with pytest.raises(NotFoundError) as caught:
        get_manifest.sync(http, repo, "one")
    assert caught.value.codes == ("MANIFEST_UNKNOWN",)
    assert list_tags.sync(http, repo).body.tags == []


def test_a_deleted_blob_is_gone(http: httpx.Client, repo: str) -> None:
    upload(http, repo, b"short-lived")
    assert delete_blob.sync(http, repo, digest_of(b"short-lived")).status == 202
    with pytest.raises(NotFoundError, match="The response to a HEAD request has no body"):
        head_blob.sync(http, repo, digest_of(b"short-lived"))


def test_if_none_match_avoids_a_body(http: httpx.Client, repo: str) -> None:
    image = make_image()
    upload_blobs(http, repo, image)
    put_manifest.sync(http, repo, "v1", image.oci, content_type=OCI_MANIFEST)
    etag = get_manifest.sync(http, repo, "v1").etag
    assert etag is not None
    with pytest.raises(NotModifiedError):
        get_manifest.sync(http, repo, "v1", if_none_match=etag)


@pytest.mark.only_on("docker-registry")
def test_referrers_are_not_supported_and_answered_with_plain_text(http: httpx.Client, repo: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        list_referrers.sync(http, repo, digest_of(b""))
    assert caught.value.body is None
    assert caught.value.raw.startswith(b"404")


def test_a_registry_that_may_not_delete_says_so(tmp_path: Path, exchanges: Exchanges) -> None:
    with (
        run_docker_registry(tmp_path, delete=False) as registry,
        httpx.Client(base_url=registry.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as client,
    ):
        upload(client, "a/b", b"stays")
        with pytest.raises(MethodNotAllowedError) as caught:
            delete_blob.sync(client, "a/b", digest_of(b"stays"))
    assert caught.value.codes == ("UNSUPPORTED",)
