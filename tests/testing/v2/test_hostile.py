"""Malicious and malformed requests: they get an error of the specification, never a 500, and leave no content behind."""

import socket
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.storage.storage_folder import MARKER
from tests.testing.helpers import assert_error, digest_of, put_manifest, raw_request, start_upload, wait_until

ZEROS = "0" * 64
LONG = "/v2/" + "-" * 100_000 + "/tags/list"  # longer than the limit of all headers
PATHS = [
    "/v2/%2e%2e/%2e%2e/etc/tags/list",
    "/v2/../../etc/tags/list",
    "/v2/a%2fb/tags/list",
    "/v2/a%2Fb/manifests/latest",
    "/v2/a%5cb/tags/list",
    "/v2/a%00/tags/list",
    "/v2/a/tags/list%0a",
    "/v2/a%0a/tags/list",
    "/v2//a/tags/list",
    "/v2/a//b/tags/list",
    "/v2/a//tags/list",
    "/v2///tags/list",
    "/v2/A/tags/list",
    "/v2/a_/tags/list",
    "/v2/a..b/tags/list",
    "/v2/-a/tags/list",
    "/v2/%c3%a9/tags/list",
    "/v2/%ff/tags/list",
    "/v2/%zz/tags/list",
    "/v2/a%252fb/tags/list",
    "/v2/" + "a" * 256 + "/tags/list",
    "/v2/" + "a/" * 200 + "a/tags/list",
    "/v2/" + "-" * 60_000 + "/tags/list",
    LONG,
    "/v2/" + "a-" * 20_000 + "/manifests/latest",
    "/v2/a/manifests/..%2f..%2fetc",
    "/v2/a/manifests/sha256:..%2f" + ZEROS,
    "/v2/a/manifests/sha256:" + ZEROS + "%00",
    "/v2/a/manifests/" + "x" * 50_000,
    "/v2/a/manifests/%20",
    "/v2/a/blobs/%2e%2e",
    "/v2/a/blobs/sha256:" + ZEROS.upper().replace("0", "G"),
    "/v2/a/referrers/" + "sha256:" * 1000,
]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"HEAD"])
def test_hostile_paths(stored_registry: EmbeddedRegistry, path: str, method: bytes) -> None:
    status, _ = raw_request(
        stored_registry.host,
        method + b" " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    )
    expected = {400, 404} if method == b"GET" else {400, 404, 405}
    assert status in ({431} if path == LONG else expected)
    assert stored_registry.storage.names() == []


@pytest.mark.parametrize(
    "path", ["/v2/a%5cb/tags/list", "/v2/A/tags/list", "/v2//a/tags/list", "/v2/%2e%2e/tags/list", "/v2/a%00/tags/list"]
)
def test_invalid_names(stored_registry: EmbeddedRegistry, path: str) -> None:
    status, body = raw_request(
        stored_registry.host, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("ascii")
    )
    assert (status, b"NAME_INVALID" in body) == (400, True)


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/a", "/v2/a/manifests/", "/v2/a/tags/", "/v2/_catalog/x", "/v2/tags/list"])
def test_unknown_paths(client: httpx.Client, path: str) -> None:
    assert_error(client.get(path), 404, "UNSUPPORTED")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v2/", "GET, HEAD"),
        ("DELETE", "/v2/_catalog", "GET, HEAD"),
        ("POST", "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE"),
        ("GET", "/v2/a/blobs/uploads/", "POST"),
        ("OPTIONS", "/v2/a/tags/list", "GET, HEAD"),
    ],
)
def test_unsupported_methods(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)
    assert_error(response, 405, "UNSUPPORTED")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v2/\xff/tags/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET v2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
        b"PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\nConnection: close\r\n\r\n",
        b"PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
        b"PUT /v2/a/manifests/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=range(9),
)
def test_malformed_http(stored_registry: EmbeddedRegistry, request_bytes: bytes) -> None:
    status, _ = raw_request(stored_registry.host, request_bytes)
    assert 400 <= status < 500


HEADERS = ["range", "content-range", "if-match", "if-none-match", "if-range", "content-type", "accept", "link"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]),
    path=st.sampled_from(
        ["manifests/v1", f"manifests/sha256:{ZEROS}", f"blobs/sha256:{ZEROS}", "blobs/uploads/", "blobs/uploads/x", "tags/list"]
    ),
    query=st.dictionaries(
        st.sampled_from(["n", "last", "digest", "mount", "from", "tag", "digest-algorithm"]), st.text(max_size=9)
    ),
    headers=st.dictionaries(st.sampled_from(HEADERS), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)),
    body=st.binary(max_size=50),
)
def test_no_server_error(
    stored_registry: EmbeddedRegistry,
    client: httpx.Client,
    method: str,
    path: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
) -> None:
    response = client.request(method, f"/v2/repo/{path}", params=query, headers=headers, content=body)
    assert response.status_code < 500
    if response.status_code >= 400 and method != "HEAD":
        assert response.json()["errors"]


def send_and_disconnect(registry: EmbeddedRegistry, head: str, body: bytes) -> None:
    """Send an incomplete body, disconnect, and wait for the record of the request."""
    before = len(registry.requests)
    address, _, port = registry.host.rpartition(":")
    with socket.create_connection((address, int(port))) as connection:
        connection.sendall(head.encode() + body)
    wait_until(lambda: len(registry.requests) > before)


@pytest.mark.parametrize("length", [10, 300_000])
def test_incomplete_body_is_discarded(
    stored_registry: EmbeddedRegistry, client: httpx.Client, storage_path: Path | None, length: int
) -> None:
    body = b"x" * length
    digest = digest_of(body + b"more")
    common = f"HTTP/1.1\r\nHost: x\r\nContent-Length: {length + 4}\r\n\r\n"
    send_and_disconnect(stored_registry, f"POST /v2/repo/blobs/uploads/?digest={digest} {common}", body)
    send_and_disconnect(stored_registry, f"PUT /v2/repo/manifests/v1 {common}", body)
    assert stored_registry.storage.names() == []
    if storage_path is not None:
        wait_until(lambda: not [path for path in storage_path.rglob("*") if path.is_file() and path.name != MARKER])
    assert [record.status for record in stored_registry.requests] == [None, None]


def test_incomplete_chunk_can_be_resumed(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    body = b"0123456789" * 100_000
    location = start_upload(client)
    for method in ("PATCH", "PUT"):
        head = f"{method} {location}?digest={digest_of(body)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        send_and_disconnect(stored_registry, head, body[:0] if method == "PUT" else body[:700_000])
    arrived = int(client.get(location).headers["range"].removeprefix("0-")) + 1
    assert 0 < arrived <= 700_000
    span = f"{arrived}-{len(body) - 1}"
    response = client.put(location, params={"digest": digest_of(body)}, content=body[arrived:], headers={"content-range": span})
    assert response.status_code == 201
    assert client.get(f"/v2/repo/blobs/{digest_of(body)}").content == body


def test_refused_body_is_not_awaited(stored_registry: EmbeddedRegistry) -> None:
    head = f"PUT /v2/repo/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {10**15}\r\n"
    status, body = raw_request(stored_registry.host, head.encode() + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
    assert (status, b"MANIFEST_INVALID" in body) == (413, True)


def test_disconnect_during_a_download(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    content = b"x" * 20_000_000
    client.post("/v2/repo/blobs/uploads/", params={"digest": digest_of(content)}, content=content)
    with (
        httpx.Client(base_url=stored_registry.url) as other,
        other.stream("GET", f"/v2/repo/blobs/{digest_of(content)}") as response,
    ):
        next(response.iter_raw(1000))
    wait_until(lambda: len(stored_registry.requests) == 2)
    assert stored_registry.requests[1].response_bytes < len(content)
    assert put_manifest(client, "repo", "v1", b"{}", "a/b").status_code == 201
