"""Pull and deletion of blobs."""

import email
import email.policy

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import UNKNOWN, assert_error, digest_of, push_blob

CONTENT = bytes(range(256)) * 8


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_pull(client: httpx.Client, algorithm: str) -> None:
    digest = push_blob(client, "a/b", CONTENT, algorithm)
    response = client.get(f"/v2/a/b/blobs/{digest}")
    assert (response.status_code, response.content) == (200, CONTENT)
    head = client.head(f"/v2/a/b/blobs/{digest}")
    assert (head.status_code, head.content) == (200, b"")
    for headers in (response.headers, head.headers):
        assert headers["content-length"] == str(len(CONTENT))
        assert headers["content-type"] == "application/octet-stream"
        assert headers["docker-content-digest"] == digest
        assert headers["etag"] == f'"{digest}"'
        assert headers["accept-ranges"] == "bytes"
        assert headers["docker-distribution-api-version"] == "registry/2.0"


def test_empty_blob(client: httpx.Client) -> None:
    digest = push_blob(client, "repo", b"")
    response = client.get(f"/v2/repo/blobs/{digest}")
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "0")
    assert client.get(f"/v2/repo/blobs/{digest}", headers={"range": "bytes=0-"}).status_code == 416


def test_unknown(client: httpx.Client) -> None:
    assert_error(client.get(f"/v2/repo/blobs/{UNKNOWN}"), 404, "NAME_UNKNOWN")
    push_blob(client, "repo", CONTENT)
    assert_error(client.get(f"/v2/repo/blobs/{UNKNOWN}"), 404, "BLOB_UNKNOWN")
    assert_error(client.delete(f"/v2/repo/blobs/{UNKNOWN}"), 404, "BLOB_UNKNOWN")
    assert client.head(f"/v2/repo/blobs/{UNKNOWN}").status_code == 404
    push_blob(client, "other", b"x")
    assert_error(client.get(f"/v2/other/blobs/{digest_of(CONTENT)}"), 404, "BLOB_UNKNOWN")


@pytest.mark.parametrize("digest", ["sha256:00", "sha256:" + "A" * 64, "md5:" + "0" * 32, "latest", "sha512:" + "0" * 64])
def test_bad_digest(client: httpx.Client, digest: str) -> None:
    assert_error(client.get(f"/v2/repo/blobs/{digest}"), 400, "DIGEST_INVALID")


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=5-", 5, 2047), ("bytes=-3", 2045, 2047), ("bytes=2000-9999", 2000, 2047)],
)
def test_range(client: httpx.Client, header: str, first: int, last: int) -> None:
    digest = push_blob(client, "repo", CONTENT)
    response = client.get(f"/v2/repo/blobs/{digest}", headers={"range": header})
    assert (response.status_code, response.content) == (206, CONTENT[first : last + 1])
    assert response.headers["content-range"] == f"bytes {first}-{last}/2048"


@pytest.mark.parametrize("header", ["bytes=5-1", "bytes=2048-", "bytes=-0", "bytes=--1", "bytes=a-b", "bytes=", "bytes=0-1,x"])
def test_unsatisfiable_range(client: httpx.Client, header: str) -> None:
    digest = push_blob(client, "repo", CONTENT)
    response = client.get(f"/v2/repo/blobs/{digest}", headers={"range": header})
    assert_error(response, 416, "RANGE_INVALID")
    assert response.headers["content-range"] == "bytes */2048"


def test_overlapping_ranges_become_one(client: httpx.Client) -> None:
    digest = push_blob(client, "repo", CONTENT)
    response = client.get(f"/v2/repo/blobs/{digest}", headers={"range": "bytes=10-19, 0-9, 5-14"})
    assert (response.status_code, response.content) == (206, CONTENT[:20])
    assert response.headers["content-range"] == "bytes 0-19/2048"


def test_several_ranges(client: httpx.Client) -> None:
    digest = push_blob(client, "repo", CONTENT)
    response = client.get(f"/v2/repo/blobs/{digest}", headers={"range": "bytes=-2, 0-3"})
    assert response.status_code == 206
    assert int(response.headers["content-length"]) == len(response.content)
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + response.content, policy=email.policy.HTTP).iter_parts())
    assert [part["content-range"] for part in parts] == ["bytes 0-3/2048", "bytes 2046-2047/2048"]
    assert [part.get_payload(decode=True) for part in parts] == [CONTENT[:4], CONTENT[-2:]]


def test_if_range(client: httpx.Client) -> None:
    digest = push_blob(client, "repo", CONTENT)
    headers = {"range": "bytes=0-3"}
    assert client.get(f"/v2/repo/blobs/{digest}", headers={**headers, "if-range": f'"{digest}"'}).status_code == 206
    assert client.get(f"/v2/repo/blobs/{digest}", headers={**headers, "if-range": '"x"'}).status_code == 200


def test_conditions(client: httpx.Client) -> None:
    digest = push_blob(client, "repo", CONTENT)
    path = f"/v2/repo/blobs/{digest}"
    for method in ("GET", "HEAD"):
        assert client.request(method, path, headers={"if-none-match": f'"x", W/"{digest}"'}).status_code == 304
        assert client.request(method, path, headers={"if-none-match": '"x"'}).status_code == 200
        assert client.request(method, path, headers={"if-match": '"x"'}).status_code == 412


def test_delete(client: httpx.Client) -> None:
    digest = push_blob(client, "a", CONTENT)
    push_blob(client, "b", CONTENT)
    assert client.delete(f"/v2/a/blobs/{digest}").status_code == 202
    assert_error(client.get(f"/v2/a/blobs/{digest}"), 404, "BLOB_UNKNOWN")
    assert client.get(f"/v2/b/blobs/{digest}").content == CONTENT
    assert client.delete(f"/v2/b/blobs/{digest}").status_code == 202
    assert_error(client.delete(f"/v2/b/blobs/{digest}"), 404, "BLOB_UNKNOWN")


def test_content_is_deleted_with_its_last_repository(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    digest = push_blob(client, "a", CONTENT)
    push_blob(client, "b", CONTENT)
    client.delete(f"/v2/a/blobs/{digest}")
    reader = stored_registry.storage.open(digest)
    assert reader is not None
    client.delete(f"/v2/b/blobs/{digest}")
    assert stored_registry.storage.open(digest) is None
    assert bytes(reader.read(0, 5)) == CONTENT[:5]
    reader.close()


def test_delete_during_a_download(client: httpx.Client) -> None:
    content = CONTENT * 4096
    digest = push_blob(client, "repo", content)
    with client.stream("GET", f"/v2/repo/blobs/{digest}") as response:
        pieces = response.iter_raw(65536)
        received = next(pieces)
        assert client.delete(f"/v2/repo/blobs/{digest}").status_code == 202
        received += b"".join(pieces)
    assert received == content
