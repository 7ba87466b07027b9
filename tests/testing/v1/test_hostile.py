"""Hostile requests: they get an error response and store nothing."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from tests.testing.helpers import raw_request
from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import BASE, assert_error, put_repository

NAMES = [
    "..",
    "../..",
    "%2e%2e/x",
    "..%2f..%2fx",
    "%2E%2E",
    "a/..",
    "a/.",
    ".",
    "a%00b/c",
    'a"b/c',
    "a,b/c",
    "a%0d%0aSet-Cookie:%20x=y/c",
    "%C3%A9/x",
    "a b/c".replace(" ", "%20"),
    "a" * 300,
    "a/" + "b" * 300,
    "a/" + "%C3%A9" * 100,
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_invalid_repository_names(v1_registry: EmbeddedRegistry, name: str, method: str) -> None:
    for end in ("/images", "/tags", "/tags/latest", "/properties", "/", "/json", "/auth"):
        head = f"{method} /v1/repositories/{name}{end} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]"
        status, _ = raw_request(v1_registry.host, head.encode())
        assert status in (301, 404, 405)
    assert v1_registry.storage.v1.names() == []


@pytest.mark.parametrize(
    "path", ["/v1/repositories//", "/v1/repositories/", "/v1/repositories//images", "/v1/repositories///tags"]
)
def test_paths_without_a_repository_name(v1_registry: EmbeddedRegistry, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "POST"):
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]"
        assert raw_request(v1_registry.host, head.encode())[0] in (301, 404, 405)
    assert v1_registry.storage.v1.names() == []


def test_escaped_name_in_a_header(client: httpx.Client) -> None:
    response = client.put("/v1/repositories/a/b:%20%22,%C3%A9/", json=[])
    assert response.status_code == 200
    assert 'repository="a/b%3A+%22%2C%C3%A9"' in response.headers["x-docker-token"]


def test_large_json_bodies(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    huge = b'["' + b"a" * (5 * 1024 * 1024) + b'"]'
    assert_error(client.put("/v1/repositories/a/b/", content=huge), 400)
    assert_error(client.put(f"/v1/images/{BASE}/json", content=huge), 400)
    assert_error(client.put("/v1/repositories/a/b/tags/x", content=huge), 400)
    assert_error(client.post("/v1/users", content=huge), 400)
    assert (v1_registry.storage.v1.names(), v1_registry.storage.v1.load_image(BASE)) == ([], None)


def test_unsupported_methods(client: httpx.Client) -> None:
    for path in ("/v1/_ping", f"/v1/images/{BASE}/json", "/v1/users", "/v1/search"):
        assert client.request("PATCH", path).status_code == 405


@pytest.mark.parametrize("header", ["Token " + "x" * 10_000, "Token " + 'a="b",' * 1000, "Token \xff", "=", '"', "Token :::==="])
def test_malformed_authorization_headers(serve_v1: ServeV1, header: str) -> None:
    with httpx.Client(base_url=serve_v1(role="both", users={"alice": "secret"}).url) as client:
        for path in ("/v1/repositories/a/b/tags", "/v1/repositories/a/b/images", "/v1/users"):
            assert_error(client.get(path, headers=[(b"Authorization", header.encode("latin-1"))]), 401)


def test_oldest_token_is_forgotten(serve_v1: ServeV1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.v1.tokens.MAX_TOKENS", 2)
    with httpx.Client(base_url=serve_v1(role="both").url) as client:
        responses = [put_repository(client, "a/b") for _ in range(3)]
        statuses = [
            client.put(
                "/v1/repositories/a/b/auth", headers={"Authorization": f"Token {response.headers['x-docker-token']}"}
            ).status_code
            for response in responses
        ]
    assert statuses == [401, 200, 200]


WORDS = "v1 repositories images tags json layer checksum ancestry files diff auth properties users search _ping _layers a library"
PIECES = st.sampled_from([*WORDS.split(), BASE, "..", ".", "", "%2F", "%00", "%ff", "%", "?q=%", "x" * 300])
BODIES = st.one_of(st.binary(max_size=20), st.sampled_from([b"[]", b"{}", b'""', b"5", b'[{"id": 1}]', b'{"access": "private"}']))
HEADERS = st.dictionaries(
    st.sampled_from(["Range", "Authorization", "Cookie", "X-Docker-Token", "X-Docker-Checksum-Payload", "If-Modified-Since"]),
    st.sampled_from(["", "bytes=0-", "bytes=-1", "Token", "session=x", "true", "\xff", "sha256:" + "0" * 64, "Basic Og=="]),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"]), st.lists(PIECES, max_size=6), BODIES, HEADERS
)
def test_random_requests(method: str, pieces: list[str], body: bytes, headers: dict[str, str]) -> None:
    with EmbeddedRegistry(apis=["v1"], v1=V1Settings(crashes=False)) as registry:
        lines = [f"{method} /v1/{'/'.join(pieces)} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        status, _ = raw_request(registry.host, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        assert status < 500
