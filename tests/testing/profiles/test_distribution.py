"""Distribution 2.8."""

import json
import socket

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import assert_error, descriptor, digest_of, image, put_manifest, start_upload

PROFILE = "distribution-2.8"
NOT_FOUND = (404, "text/plain; charset=utf-8", "404 page not found\n")


def push_blob(client: httpx.Client, content: bytes, algorithm: str = "sha256") -> str:
    digest = digest_of(content, algorithm)
    assert client.put(f"{start_upload(client)}&digest={digest}", content=content).status_code == 201
    return digest


def push_tag(client: httpx.Client, tag: str) -> None:
    push_blob(client, b"{}")
    assert put_manifest(client, "repo", tag, image()).status_code == 201


def seen(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.headers["content-type"], answer.text


def test_tags_in_no_order(user: httpx.Client) -> None:
    """All tags come at once and unsorted, whatever n and last say; n may even be negative. (docker-registry 2.8.2, measured)"""
    tags = list("abcdef")
    for tag in tags:
        push_tag(user, tag)
    for query in ("", "?n=2", "?n=2&last=c", "?n=-1"):
        answer = user.get(f"/v2/repo/tags/list{query}")
        assert answer.status_code == 200
        assert answer.json()["tags"] != tags == sorted(answer.json()["tags"])
        assert "link" not in answer.headers


def test_no_single_post(user: httpx.Client) -> None:
    """A POST with a digest only begins an upload: 202. (docker-registry 2.8.2, measured)"""
    digest = digest_of(b"content")
    answer = user.post("/v2/repo/blobs/uploads/", params={"digest": digest}, content=b"content")
    assert answer.status_code == 202
    assert user.put(f"{answer.headers['location']}&digest={digest}", content=b"content").status_code == 201


def test_no_tag_parameter(user: httpx.Client) -> None:
    """A manifest that is pushed by its digest gets no tags, and no OCI-Tag is answered. (docker-registry 2.8.2, measured)"""
    push_blob(user, b"{}")
    answer = put_manifest(user, "repo", digest_of(image()), image(), tag=["a", "b"])
    assert (answer.status_code, "oci-tag" in answer.headers) == (201, False)
    assert user.get("/v2/repo/manifests/a").status_code == 404


def test_no_subject(user: httpx.Client) -> None:
    """A manifest with a subject is answered without OCI-Subject. (docker-registry 2.8.2, measured)"""
    push_blob(user, b"{}")
    answer = put_manifest(user, "repo", "tag", image(subject=descriptor(b"x", "text/plain")))
    assert (answer.status_code, "oci-subject" in answer.headers) == (201, False)


def test_chunks_in_any_order(user: httpx.Client) -> None:
    """A chunk is appended whatever its Content-Range says, and never answered with 416. (docker-registry 2.8.2, measured)"""
    location = start_upload(user)
    answer = user.patch(location, content=b"con", headers={"content-range": "100-102"})
    assert (answer.status_code, answer.headers["range"]) == (202, "0-2")
    location = f"{answer.headers['location']}&digest={digest_of(b'content')}"
    assert user.put(location, content=b"tent", headers={"content-range": "0-3"}).status_code == 201


def test_no_delete_by_tag(user: httpx.Client) -> None:
    """A tag cannot be deleted: 400, DIGEST_INVALID. (docker-registry 2.8.2, measured)"""
    push_tag(user, "tag")
    assert_error(user.delete("/v2/repo/manifests/tag"), 400, "DIGEST_INVALID")
    assert user.get("/v2/repo/manifests/tag").status_code == 200


def test_large_manifest_is_bad(user: httpx.Client) -> None:
    """A manifest of more than 4 MiB is answered with 400 instead of 413. (docker-registry 2.8.2, measured)"""
    answer = put_manifest(user, "repo", "tag", bytes(5 * 1024 * 1024))
    assert_error(answer, 400, "MANIFEST_INVALID")


def test_no_referrers(user: httpx.Client) -> None:
    """There is no referrers API: 404, in plain text. (docker-registry 2.8.2, measured)"""
    for digest in (digest_of(b"x"), "nonsense"):
        assert seen(user.get(f"/v2/repo/referrers/{digest}")) == NOT_FOUND


@pytest.mark.parametrize("path", ["/v2/Repo/tags/list", "/v2/a..b/manifests/tag", "/v2/-a/blobs/" + digest_of(b"x")])
def test_bad_name_not_found(user: httpx.Client, path: str) -> None:
    """A name that is none is answered with 404, in plain text. (docker-registry 2.8.2, measured)"""
    assert seen(user.get(path)) == NOT_FOUND


def test_no_manifest_by_sha512(user: httpx.Client) -> None:
    """A manifest by its sha512 is answered with 400; a blob may have one. (docker-registry 2.8.2, measured)"""
    push_tag(user, "tag")
    digest = digest_of(image(), "sha512")
    assert_error(put_manifest(user, "repo", digest, image()), 400, "DIGEST_INVALID")
    assert_error(user.get(f"/v2/repo/manifests/{digest}"), 400, "DIGEST_INVALID")
    assert user.get(f"/v2/repo/blobs/{push_blob(user, b'content', 'sha512')}").content == b"content"


def test_lying_range_error(registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """A 416 of a blob announces the length of the blob, sends 33 bytes, and closes the connection. (docker-registry 2.8.2,
    measured)
    """
    digest = push_blob(user, b"x" * 500)
    assert user.get(f"/v2/repo/blobs/{digest}", headers={"range": "bytes=499-"}).content == b"x"
    host, _, port = registry.host.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET /v2/repo/blobs/{digest} HTTP/1.1\r\nHost: x\r\nRange: bytes=500-\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 416 ")
    assert b"\r\ncontent-length: 500\r\n" in head
    assert (body, len(body)) == (b"invalid range: failed to overlap\n", 33)


@pytest.mark.parametrize("suffix", ["json", "prettyjws"])
def test_no_schema_1(user: httpx.Client, suffix: str) -> None:
    """A manifest of schema 1 is not taken: 400. (docker-registry 2.8.2, measured)"""
    content = json.dumps({"schemaVersion": 1, "name": "repo", "tag": "tag"}).encode()
    media_type = f"application/vnd.docker.distribution.manifest.v1+{suffix}"
    assert_error(put_manifest(user, "repo", "tag", content, media_type), 400, "MANIFEST_INVALID")


def test_locations_wear_off(user: httpx.Client) -> None:
    """A location is good until the upload has got further: an older one is answered with 404. (docker-registry 2.8.2,
    measured)
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


def test_delete_takes_tags_along(user: httpx.Client) -> None:
    """Deleting a manifest removes every tag on it. (docker-registry 2.8.2, measured)"""
    push_tag(user, "a")
    push_tag(user, "b")
    assert user.delete(f"/v2/repo/manifests/{digest_of(image())}").status_code == 202
    assert user.get("/v2/repo/tags/list").json()["tags"] == []
