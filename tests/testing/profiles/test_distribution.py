"""Distribution 2.8: each test runs against the profile and against the real program."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    descriptor,
    digest_of,
    image,
    index,
    put_manifest,
    start_upload,
)
from tests.testing.profiles.docker_registry import docker_registry
from tests.testing.profiles.helpers import push_tagged_image, upload_blob

PROFILE: Final = "distribution-2.8"
ACCEPT = {"accept": OCI_MANIFEST}
NOT_FOUND = (404, "text/plain; charset=utf-8", "404 page not found\n")


@pytest.fixture(params=["profile", "program"])
def user(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    with ExitStack() as running:
        if request.param == "profile":
            url = running.enter_context(EmbeddedRegistry(profile=PROFILE)).url
        else:
            url = running.enter_context(docker_registry(tmp_path))
        yield running.enter_context(httpx.Client(base_url=url, verify=False))


def assert_error(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.headers["docker-distribution-api-version"]) == (status, "registry/2.0"), response.text
    assert response.json()["errors"][0]["code"] == code


def seen(response: httpx.Response) -> tuple[int, str, str]:
    return response.status_code, response.headers["content-type"], response.text


def test_unsorted_tags(user: httpx.Client) -> None:
    """All tags are sent at once and unsorted, regardless of n and last; n may be negative. (docker-registry 2.8.2, measured)"""
    tags = list("abcdef")
    for tag in tags:
        push_tagged_image(user, tag)
    for query in ("", "?n=2", "?n=2&last=c", "?n=-1"):
        response = user.get(f"/v2/repo/tags/list{query}")
        assert response.status_code == 200
        assert response.json()["tags"] != tags == sorted(response.json()["tags"])
        assert "link" not in response.headers


def test_no_single_post(user: httpx.Client) -> None:
    """A POST with a digest does not store the blob, but starts an upload: 202. (docker-registry 2.8.2, measured)"""
    digest = digest_of(b"content")
    response = user.post("/v2/repo/blobs/uploads/", params={"digest": digest}, content=b"content")
    assert response.status_code == 202
    assert user.put(f"{response.headers['location']}&digest={digest}", content=b"content").status_code == 201


def test_no_tag_parameter(user: httpx.Client) -> None:
    """A manifest that is pushed by digest gets no tags, and the response has no OCI-Tag. (docker-registry 2.8.2, measured)"""
    upload_blob(user, b"{}")
    response = put_manifest(user, "repo", digest_of(image()), image(), tag=["a", "b"])
    assert (response.status_code, "oci-tag" in response.headers) == (201, False)
    assert user.get("/v2/repo/manifests/a").status_code == 404


def test_no_subject(user: httpx.Client) -> None:
    """The response to a manifest with a subject has no OCI-Subject. (docker-registry 2.8.2, measured)"""
    upload_blob(user, b"{}")
    response = put_manifest(user, "repo", "tag", image(subject=descriptor(b"x", "text/plain")))
    assert (response.status_code, "oci-subject" in response.headers) == (201, False)


def test_chunks_in_any_order(user: httpx.Client) -> None:
    """A chunk is appended regardless of its Content-Range; the response is never 416. (docker-registry 2.8.2, measured)"""
    location = start_upload(user)
    response = user.patch(location, content=b"con", headers={"content-range": "100-102"})
    assert (response.status_code, response.headers["range"]) == (202, "0-2")
    location = f"{response.headers['location']}&digest={digest_of(b'content')}"
    assert user.put(location, content=b"tent", headers={"content-range": "0-3"}).status_code == 201


def test_no_delete_by_tag(user: httpx.Client) -> None:
    """A tag cannot be deleted: 400, DIGEST_INVALID. (docker-registry 2.8.2, measured)"""
    push_tagged_image(user, "tag")
    assert_error(user.delete("/v2/repo/manifests/tag"), 400, "DIGEST_INVALID")
    assert user.get("/v2/repo/manifests/tag", headers=ACCEPT).status_code == 200


def test_large_manifest_bad_request(user: httpx.Client) -> None:
    """A manifest of more than 4 MiB is answered with 400 instead of 413. (docker-registry 2.8.2, measured)"""
    response = put_manifest(user, "repo", "tag", bytes(5 * 1024 * 1024))
    assert_error(response, 400, "MANIFEST_INVALID")


def test_no_referrers(user: httpx.Client) -> None:
    """The referrers API is not supported: 404, in plain text. (docker-registry 2.8.2, measured)"""
    for digest in (digest_of(b"x"), "nonsense"):
        assert seen(user.get(f"/v2/repo/referrers/{digest}")) == NOT_FOUND


@pytest.mark.parametrize("path", ["/v2/Repo/tags/list", "/v2/a..b/manifests/tag", "/v2/-a/blobs/" + digest_of(b"x")])
def test_invalid_name_not_found(user: httpx.Client, path: str) -> None:
    """An invalid repository name is answered with 404, in plain text. (docker-registry 2.8.2, measured)"""
    assert seen(user.get(path)) == NOT_FOUND


def test_no_manifest_by_sha512(user: httpx.Client) -> None:
    """A manifest cannot be pushed by its sha512 digest (400), but a blob can. (docker-registry 2.8.2, measured)"""
    push_tagged_image(user, "tag")
    digest = digest_of(image(), "sha512")
    assert_error(put_manifest(user, "repo", digest, image()), 400, "DIGEST_INVALID")
    assert_error(user.get(f"/v2/repo/manifests/{digest}"), 404, "MANIFEST_UNKNOWN")
    assert user.get(f"/v2/repo/blobs/{upload_blob(user, b'content', 'sha512')}").content == b"content"


def test_wrong_length_of_range_error(user: httpx.Client) -> None:
    """A 416 response for a blob has the Content-Length of the blob, but a body of 33 bytes; then the connection closes.
    (docker-registry 2.8.2, measured)
    """
    digest = upload_blob(user, b"x" * 500)
    assert user.get(f"/v2/repo/blobs/{digest}", headers={"range": "bytes=499-"}).content == b"x"
    with socket.create_connection((user.base_url.host, user.base_url.port or 80), timeout=10) as connection:
        connection.sendall(f"GET /v2/repo/blobs/{digest} HTTP/1.1\r\nHost: x\r\nRange: bytes=500-\r\n\r\n".encode())
        response = b""
        while chunk := connection.recv(65536):
            response += chunk
    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 416 ")
    assert b"\r\ncontent-length: 500\r\n" in head.lower()
    assert (body, len(body)) == (b"invalid range: failed to overlap\n", 33)


@pytest.mark.parametrize("suffix", ["json", "prettyjws"])
def test_no_schema_1(user: httpx.Client, suffix: str) -> None:
    """A manifest of schema 1 is rejected with 400. (docker-registry 2.8.2, measured)"""
    content = json.dumps({"schemaVersion": 1, "name": "repo", "tag": "tag"}).encode()
    media_type = f"application/vnd.docker.distribution.manifest.v1+{suffix}"
    assert_error(put_manifest(user, "repo", "tag", content, media_type), 400, "MANIFEST_INVALID")


def test_outdated_locations(user: httpx.Client) -> None:
    """The location of an upload is valid until the next chunk; an older location is answered with 404.
    (docker-registry 2.8.2, measured)
    """
    first = start_upload(user)
    assert user.get(first).status_code == 204
    second = user.patch(first, content=b"content").headers["location"]
    assert user.get(second).headers["range"] == "0-6"
    for url in (first, first.partition("?")[0], second + "x"):
        assert_error(user.get(url), 404, "BLOB_UPLOAD_INVALID")
        assert_error(user.patch(url, content=b"x"), 404, "BLOB_UPLOAD_INVALID")
    assert user.put(f"{second}&digest={digest_of(b'content')}").status_code == 201
    assert user.get(second).status_code == 404


def test_absolute_locations(user: httpx.Client) -> None:
    """The value of Location has a scheme and a host. (docker-registry 2.8.2, measured)"""
    base = str(user.base_url).rstrip("/")
    first = user.post("/v2/repo/blobs/uploads/").headers["location"]
    second = user.patch(first, content=b"{}").headers["location"]
    done = user.put(f"{second}&digest={digest_of(b'{}')}").headers["location"]
    manifest = put_manifest(user, "repo", "tag", image()).headers["location"]
    assert done == f"{base}/v2/repo/blobs/{digest_of(b'{}')}"
    assert manifest == f"{base}/v2/repo/manifests/{digest_of(image())}"
    assert first.startswith(f"{base}/v2/repo/blobs/uploads/")
    assert second.startswith(f"{base}/v2/repo/blobs/uploads/")


def test_mount_needs_from(user: httpx.Client) -> None:
    """A mount request without the parameter from does not mount the blob, but starts an upload: 202. (docker-registry 2.8.2,
    measured)
    """
    digest = upload_blob(user, b"content")
    assert user.post("/v2/other/blobs/uploads/", params={"mount": digest}).status_code == 202
    assert user.post("/v2/other/blobs/uploads/", params={"mount": digest, "from": "repo"}).status_code == 201


def test_accept_required(user: httpx.Client) -> None:
    """If Accept does not name the media type of a manifest, the response is 404 or 400, or an image instead of a list.
    (docker-registry 2.8.2, measured)
    """
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
    upload_blob(user, config)
    push_tagged_image(user, "image")
    docker_image = {**json.loads(image()), "mediaType": DOCKER_MANIFEST}
    docker_image["config"] = descriptor(config, "application/vnd.docker.container.image.v1+json")
    docker = json.dumps(docker_image).encode()
    entry = {**descriptor(docker, DOCKER_MANIFEST), "platform": {"os": "linux", "architecture": "amd64"}}
    docker_list = json.dumps({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [entry]}).encode()
    for tag, content, media_type in [
        ("index", index(descriptor(image(), OCI_MANIFEST)), OCI_INDEX),
        ("docker", docker, DOCKER_MANIFEST),
        ("list", docker_list, DOCKER_LIST),
    ]:
        assert put_manifest(user, "repo", tag, content, media_type).status_code == 201

    def get(reference: str, *accept: str, method: str = "GET") -> tuple[int, str]:
        headers = {"accept": ", ".join(accept)}
        response = user.request(method, f"/v2/repo/manifests/{reference}", headers=headers)
        return response.status_code, response.headers["content-type"].partition(";")[0]

    error = "application/json"
    for others in (["*/*"], ["application/json", "application/*"]):
        assert get("image", *others) == get("index", *others) == get(digest_of(image()), *others) == (404, error)
        assert get("image", *others, method="HEAD") == (404, error)
        assert get("docker", *others) == get("list", *others) == (400, error)
        assert get(digest_of(docker), *others) == (200, DOCKER_MANIFEST)
        assert get("image", *others, f"{OCI_MANIFEST};q=0.5") == (200, OCI_MANIFEST)
        assert get("index", *others, OCI_INDEX) == (200, OCI_INDEX)
        assert get("docker", *others, DOCKER_MANIFEST) == get("list", DOCKER_MANIFEST) == (200, DOCKER_MANIFEST)
        assert get("list", *others, DOCKER_MANIFEST, DOCKER_LIST) == (200, DOCKER_LIST)


def test_null_for_no_tags(user: httpx.Client) -> None:
    """If all tags of a repository have been deleted, the list of tags is null. (docker-registry 2.8.2, measured)"""
    push_tagged_image(user, "tag")
    user.delete(f"/v2/repo/manifests/{digest_of(image())}")
    assert user.get("/v2/repo/tags/list").json() == {"name": "repo", "tags": None}


def test_delete_removes_tags(user: httpx.Client) -> None:
    """The deletion of a manifest removes all tags that point to it. (docker-registry 2.8.2, measured)"""
    push_tagged_image(user, "a")
    push_tagged_image(user, "b")
    assert user.delete(f"/v2/repo/manifests/{digest_of(image())}").status_code == 202
    for tag in "ab":
        assert_error(user.get(f"/v2/repo/manifests/{tag}", headers=ACCEPT), 404, "MANIFEST_UNKNOWN")
