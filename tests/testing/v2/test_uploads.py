"""Blob uploads."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from tests.testing.conftest import Serve
from tests.testing.helpers import UNKNOWN, assert_error, digest_of, push_blob, start_upload

CONTENT = b"0123456789" * 100


def patch(client: httpx.Client, location: str, content: bytes, span: str | None = None) -> httpx.Response:
    return client.patch(location, content=content, headers={} if span is None else {"content-range": span})


def test_post_and_put(client: httpx.Client) -> None:
    digest = digest_of(CONTENT)
    response = client.put(start_upload(client), params={"digest": digest}, content=CONTENT)
    assert response.status_code == 201
    assert response.headers["docker-content-digest"] == digest
    assert client.get(response.headers["location"]).content == CONTENT


def test_single_post(client: httpx.Client) -> None:
    digest = digest_of(CONTENT)
    response = client.post("/v2/repo/blobs/uploads/", params={"digest": digest}, content=CONTENT)
    assert (response.status_code, response.headers["docker-content-digest"]) == (201, digest)
    assert client.get(response.headers["location"]).content == CONTENT


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_chunks(client: httpx.Client, algorithm: str, announced: bool) -> None:
    location = start_upload(client, **({"digest-algorithm": algorithm} if announced else {}))
    assert client.get(location).headers["range"] == "0-0"
    for first in range(0, 900, 300):
        response = patch(client, location, CONTENT[first : first + 300], f"{first}-{first + 299}")
        assert (response.status_code, response.headers["range"]) == (202, f"0-{first + 299}")
        assert response.headers["docker-upload-uuid"] in response.headers["location"]
        location = response.headers["location"]
        status = client.get(location)
        assert (status.status_code, status.headers["range"]) == (204, f"0-{first + 299}")
    digest = digest_of(CONTENT, algorithm)
    response = client.put(location, params={"digest": digest}, content=CONTENT[900:], headers={"content-range": "900-999"})
    assert response.status_code == 201
    assert client.get(f"/v2/repo/blobs/{digest}").content == CONTENT
    assert_error(client.get(location), 404, "BLOB_UPLOAD_UNKNOWN")


def test_stream(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield CONTENT * 50

    location = start_upload(client)
    assert client.patch(location, content=pieces()).headers["range"] == "0-4999999"
    digest = digest_of(CONTENT * 5000)
    assert client.put(location, params={"digest": digest}).status_code == 201
    assert client.get(f"/v2/repo/blobs/{digest}").content == CONTENT * 5000


@pytest.mark.parametrize("span", ["0-9", "20-29", "bytes 10-19/*", "19-10", "10-", "x"])
def test_chunk_out_of_order(client: httpx.Client, span: str) -> None:
    location = start_upload(client)
    patch(client, location, CONTENT[:10], "0-9")
    for method in ("PATCH", "PUT"):
        response = client.request(
            method, location, params={"digest": UNKNOWN}, content=CONTENT[:10], headers={"content-range": span}
        )
        assert_error(response, 416, "RANGE_INVALID")
    assert client.get(location).headers["range"] == "0-9"
    assert patch(client, location, CONTENT[10:20], "10-19").status_code == 202


def test_chunk_of_another_length(client: httpx.Client) -> None:
    location = start_upload(client)
    patch(client, location, CONTENT[:10], "0-9")
    assert_error(patch(client, location, CONTENT[:5], "10-19"), 400, "SIZE_INVALID")
    for content in (b"x" * 5, b"x" * 50, b"x" * 3_000_000):  # of unknown length, so it is found out on the way
        response = client.patch(location, content=iter([content]), headers={"content-range": "10-19"})
        assert_error(response, 400, "SIZE_INVALID")
        assert client.get(location).headers["range"] == "0-9"
    patch(client, location, CONTENT[10:], "10-999")
    assert client.put(location, params={"digest": digest_of(CONTENT)}).status_code == 201


def test_wrong_digest_leaves_nothing(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    location = start_upload(client)
    assert_error(client.put(location, params={"digest": UNKNOWN}, content=CONTENT), 400, "DIGEST_INVALID")
    assert_error(client.get(location), 404, "BLOB_UPLOAD_UNKNOWN")
    single = client.post("/v2/repo/blobs/uploads/", params={"digest": UNKNOWN}, content=CONTENT)
    assert_error(single, 400, "DIGEST_INVALID")
    assert stored_registry.storage.names() == []
    assert stored_registry.storage.open(digest_of(CONTENT)) is None


@pytest.mark.parametrize("digest", ["", "sha256:12", "sha1:" + "0" * 40, "../../etc"])
def test_bad_digest(client: httpx.Client, digest: str) -> None:
    location = start_upload(client)
    assert_error(client.put(location, params={"digest": digest}, content=CONTENT), 400, "DIGEST_INVALID")
    assert client.get(location).status_code == 204
    assert_error(client.post("/v2/repo/blobs/uploads/", params={"digest-algorithm": digest}), 400, "DIGEST_INVALID")


def test_cancel(client: httpx.Client) -> None:
    location = start_upload(client)
    patch(client, location, CONTENT)
    assert client.delete(location).status_code == 204
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        response = client.request(method, location, params={"digest": digest_of(CONTENT)})
        assert_error(response, 404, "BLOB_UPLOAD_UNKNOWN")


def test_an_upload_belongs_to_its_repository(client: httpx.Client) -> None:
    location = start_upload(client, "one")
    assert_error(client.get(location.replace("/one/", "/two/")), 404, "BLOB_UPLOAD_UNKNOWN")


def test_mount(client: httpx.Client) -> None:
    digest = push_blob(client, "source", CONTENT)
    for query in ({"from": "source"}, {}):
        response = client.post("/v2/target/blobs/uploads/", params={"mount": digest, **query})
        assert (response.status_code, response.headers["docker-content-digest"]) == (201, digest)
        assert client.get(response.headers["location"]).content == CONTENT
        assert client.delete(f"/v2/target/blobs/{digest}").status_code == 202


@pytest.mark.parametrize("query", [{"from": "nowhere"}, {"from": "other"}, {}])
def test_mount_falls_back_to_an_upload(client: httpx.Client, query: dict[str, str]) -> None:
    push_blob(client, "other", b"x")
    location = start_upload(client, "target", mount=digest_of(CONTENT), **query)
    assert client.put(location, params={"digest": digest_of(CONTENT)}, content=CONTENT).status_code == 201


def test_mount_with_bad_arguments(client: httpx.Client) -> None:
    assert_error(client.post("/v2/a/blobs/uploads/", params={"mount": "x"}), 400, "DIGEST_INVALID")
    assert_error(client.post("/v2/a/blobs/uploads/", params={"mount": UNKNOWN, "from": "../b"}), 400, "NAME_INVALID")


def test_chunk_min_length(serve: Serve) -> None:
    registry = serve(RegistrySettings(chunk_min_length=100))
    with httpx.Client(base_url=registry.url) as client:
        response = client.post("/v2/repo/blobs/uploads/")
        assert response.headers["oci-chunk-min-length"] == "100"
        location = response.headers["location"]
        assert patch(client, location, CONTENT[:100], "0-99").status_code == 202
        assert patch(client, location, CONTENT[100:150], "100-149").status_code == 202
        assert_error(patch(client, location, CONTENT[150:], "150-999"), 400, "SIZE_INVALID")
        assert client.put(location, params={"digest": digest_of(CONTENT[:150])}).status_code == 201


def test_no_chunk_min_length_by_default(client: httpx.Client) -> None:
    assert "oci-chunk-min-length" not in client.post("/v2/repo/blobs/uploads/").headers


def test_parallel_writers_of_one_upload(client: httpx.Client) -> None:
    location = start_upload(client)
    first_is_under_way, release = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield CONTENT[:10]
        first_is_under_way.set()
        release.wait(10)
        yield CONTENT[10:20]

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: client.patch(location, content=slow(), headers={"content-range": "0-19"}))
        first_is_under_way.wait(10)
        second = pool.submit(patch, client, location, b"x" * 20, "0-19")
        assert client.get(location).status_code == 204
        release.set()
        assert sorted([first.result().status_code, second.result().status_code]) == [202, 416]
    assert client.get(location).headers["range"] == "0-19"


def test_many_writers_of_one_upload_store_one_blob(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    location, digest = start_upload(client), digest_of(CONTENT)

    def put(_: int) -> httpx.Response:
        return client.put(location, params={"digest": digest}, content=CONTENT)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(put, range(8)))
    assert sorted(response.status_code for response in responses) == [201, *[404] * 7]
    assert client.get(f"/v2/repo/blobs/{digest}").content == CONTENT
    assert not [record for record in stored_registry.requests if (record.status or 0) >= 500]


def test_cancel_during_a_chunk(client: httpx.Client) -> None:
    location = start_upload(client)
    under_way, release = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield CONTENT
        under_way.set()
        release.wait(10)
        yield CONTENT

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(lambda: client.patch(location, content=slow()))
        under_way.wait(10)
        assert client.delete(location).status_code == 204
        release.set()
        assert_error(sending.result(), 404, "BLOB_UPLOAD_UNKNOWN")


def test_concurrent_pushes_of_one_blob(client: httpx.Client) -> None:
    content = CONTENT * 2000

    def push_concurrently(number: int) -> str:
        return push_blob(client, f"repo{number % 2}", content)

    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(push_concurrently, range(16)))
    assert digests == {digest_of(content)}
    assert client.get(f"/v2/repo1/blobs/{digest_of(content)}").content == content
