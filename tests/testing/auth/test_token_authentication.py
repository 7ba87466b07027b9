"""Token authentication: the scopes that each request needs."""

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.auth.helpers import bearer, challenge, get_token, user_client
from tests.testing.helpers import UNKNOWN, assert_error, digest_of, push_blob, push_image, start_upload

PULL = "repository:repo:pull"
PUSH = "repository:repo:pull,push"
DELETE = "repository:repo:delete"

OPERATIONS = [
    ("GET", "/v2/_catalog", "registry:catalog:*"),
    ("HEAD", "/v2/_catalog", "registry:catalog:*"),
    ("GET", "/v2/repo/tags/list", PULL),
    ("HEAD", "/v2/repo/tags/list", PULL),
    ("GET", "/v2/repo/manifests/v1", PULL),
    ("HEAD", "/v2/repo/manifests/v1", PULL),
    ("PUT", "/v2/repo/manifests/v1", PUSH),
    ("DELETE", "/v2/repo/manifests/v1", DELETE),
    ("GET", f"/v2/repo/blobs/{UNKNOWN}", PULL),
    ("HEAD", f"/v2/repo/blobs/{UNKNOWN}", PULL),
    ("DELETE", f"/v2/repo/blobs/{UNKNOWN}", DELETE),
    ("POST", "/v2/repo/blobs/uploads/", PUSH),
    ("POST", f"/v2/repo/blobs/uploads/?digest={UNKNOWN}", PUSH),
    ("POST", f"/v2/repo/blobs/uploads/?mount={UNKNOWN}", PUSH),
    ("POST", f"/v2/repo/blobs/uploads/?mount={UNKNOWN}&from=repo", PUSH),
    ("POST", f"/v2/repo/blobs/uploads/?mount={UNKNOWN}&from=other", f"{PUSH} repository:other:pull"),
    ("GET", "/v2/repo/blobs/uploads/session", PUSH),
    ("PATCH", "/v2/repo/blobs/uploads/session", PUSH),
    ("PUT", "/v2/repo/blobs/uploads/session", PUSH),
    ("DELETE", "/v2/repo/blobs/uploads/session", PUSH),
    ("GET", f"/v2/repo/referrers/{UNKNOWN}", PULL),
    ("HEAD", f"/v2/repo/referrers/{UNKNOWN}", PULL),
]
INSUFFICIENT = {
    PULL: ["", "repository:other:pull", "repository:repo:push"],
    PUSH: ["", PULL, "repository:repo:push", "repository:other:pull,push,delete"],
    DELETE: ["", PUSH, "repository:other:delete"],
    "registry:catalog:*": ["", PULL, "registry:catalog:pull"],
    f"{PUSH} repository:other:pull": ["", PUSH, f"{PUSH} repository:other:push", "repository:repo:push repository:other:pull"],
}


@pytest.fixture
def anonymous(token_registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=token_registry.url) as client:
        yield client


def test_ping_accepts_any_token(token_registry: EmbeddedRegistry, anonymous: httpx.Client) -> None:
    for path in ("/v2/", "/v2"):
        assert challenge(anonymous.get(path)) == {"realm": token_registry.token_url, "service": "embedded-registry"}
        assert "detail" not in anonymous.get(path).json()["errors"][0]
        assert anonymous.head(path).status_code == 401
        token = get_token(token_registry, authenticated=False)["token"]
        assert anonymous.get(path, headers=bearer(token)).status_code == 200


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
def test_scopes(token_registry: EmbeddedRegistry, anonymous: httpx.Client, method: str, path: str, scope: str) -> None:
    requested = {"realm": token_registry.token_url, "service": "embedded-registry", "scope": scope}
    assert challenge(anonymous.request(method, path)) == requested
    for scopes in INSUFFICIENT[scope]:
        token = get_token(token_registry, scopes)["token"]
        response = anonymous.request(method, path, headers=bearer(token))
        assert challenge(response) == {**requested, "error": "insufficient_scope"}
    token = get_token(token_registry, *scope.split())["token"]
    assert anonymous.request(method, path, headers=bearer(token)).status_code not in {401, 403}
    assert token_registry.storage.names() == []


def test_error_details(anonymous: httpx.Client) -> None:
    response = anonymous.post("/v2/repo/blobs/uploads/", params={"mount": UNKNOWN, "from": "other"})
    assert response.json()["errors"][0]["detail"] == [
        {"Type": "repository", "Name": "repo", "Action": "pull"},
        {"Type": "repository", "Name": "repo", "Action": "push"},
        {"Type": "repository", "Name": "other", "Action": "pull"},
    ]


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Basic YTpi", "Nonsense", "Bearer nonsense", "Bearer a.b.c", "Bearer é", "Bearer " + "x" * 20000],
)
def test_missing_or_malformed_token(token_registry: EmbeddedRegistry, anonymous: httpx.Client, header: str) -> None:
    found = challenge(anonymous.get("/v2/repo/tags/list", headers=[(b"authorization", header.encode("latin-1"))]))
    assert found.get("error") == ("invalid_token" if len(header) > 7 and header.startswith("Bearer ") else None)
    assert found["scope"] == PULL


def test_scheme_in_any_case(token_registry: EmbeddedRegistry, anonymous: httpx.Client) -> None:
    token = get_token(token_registry)["token"]
    assert anonymous.get("/v2/", headers={"authorization": f"bEARER  {token}"}).status_code == 200


@pytest.mark.parametrize("name", ["REPO", "a%22,error=%22x", "a..b", "a%0d%0ax"])
def test_invalid_names_are_not_in_challenges(anonymous: httpx.Client, name: str) -> None:
    assert_error(anonymous.get(f"/v2/{name}/tags/list"), 400, "NAME_INVALID")
    assert_error(anonymous.post(f"/v2/repo/blobs/uploads/?mount={UNKNOWN}&from={name}"), 400, "NAME_INVALID")


def test_unsupported_methods_and_paths(anonymous: httpx.Client) -> None:
    assert_error(anonymous.put("/v2/"), 405, "UNSUPPORTED")
    assert_error(anonymous.get("/elsewhere"), 404, "UNSUPPORTED")


def test_push_and_pull(token_registry: EmbeddedRegistry, anonymous: httpx.Client) -> None:
    with user_client(token_registry, PUSH) as user:
        digest = push_image(user, "repo", "v1")
    token = get_token(token_registry, "repository:repo:pull,push,delete", authenticated=False)["token"]
    anonymous.headers.update(bearer(token))
    assert anonymous.get("/v2/repo/manifests/v1").headers["docker-content-digest"] == digest
    assert challenge(anonymous.delete("/v2/repo/manifests/v1"))["error"] == "insufficient_scope"
    assert challenge(anonymous.post("/v2/repo/blobs/uploads/"))["error"] == "insufficient_scope"


def test_private_registry(private_registry: EmbeddedRegistry, http: httpx.Client) -> None:
    http.base_url = private_registry.url
    with user_client(private_registry, PUSH) as user:
        push_image(user, "repo", "v1")
        assert user.get("/v2/repo/manifests/v1").status_code == 200
    http.headers.update(bearer(get_token(private_registry, PULL, authenticated=False)["token"]))
    assert http.get("/v2/").status_code == 200
    assert challenge(http.get("/v2/repo/manifests/v1"))["error"] == "insufficient_scope"


def test_mount_without_a_source_finds_only_readable_blobs(token_registry: EmbeddedRegistry) -> None:
    digest = digest_of(b"hidden")
    with user_client(token_registry, "repository:other:pull,push") as user:
        push_blob(user, "other", b"hidden")
    with user_client(token_registry, PUSH) as user:
        start_upload(user, mount=digest)
        assert user.head(f"/v2/repo/blobs/{digest}").status_code == 404
    with user_client(token_registry, PUSH, "repository:other:pull") as user:
        assert user.post("/v2/repo/blobs/uploads/", params={"mount": digest}).status_code == 201
        assert user.get(f"/v2/repo/blobs/{digest}").content == b"hidden"


def test_large_body_without_a_token(anonymous: httpx.Client) -> None:
    response = anonymous.post(f"/v2/repo/blobs/uploads/?digest={UNKNOWN}", content=bytes(5_000_000))
    assert challenge(response)["scope"] == PUSH
    assert anonymous.get("/v2/").status_code == 401
