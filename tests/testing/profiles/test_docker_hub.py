"""The profile of Docker Hub."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import OCI_INDEX, OCI_MANIFEST, codes, descriptor, digest_of, image, index, put_manifest
from tests.testing.profiles.helpers import (
    SCOPE,
    bearer,
    push_tagged_image,
    request_token_by_get,
    request_token_by_post,
    token_in,
    upload_blob,
)

PROFILE = "docker-hub"


def test_token_service_on_other_host(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """The token service is on a different host from the API. (auth.docker.io)"""
    assert profile_registry.url.startswith("http://127.0.0.1:")
    assert 'realm="http://localhost:' in anyone.get("/v2/").headers["www-authenticate"]


def test_ping_without_scope(anyone: httpx.Client) -> None:
    """The challenge of a ping names no scope. (dxf#23)"""
    assert "scope" not in anyone.get("/v2/").headers["www-authenticate"]
    assert 'scope="repository:repo:pull"' in anyone.get("/v2/repo/tags/list").headers["www-authenticate"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bearer_fails_at_token_service(profile_registry: EmbeddedRegistry, method: str) -> None:
    """The token service answers 500 to a request with an old Bearer token. (oras-java#17, oras#846)"""
    assert httpx.request(method, profile_registry.token_url, headers=bearer("old")).status_code == 500
    assert httpx.get(profile_registry.token_url).status_code == 200


def test_no_catalog(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """No token allows listing the repositories: even a token for the catalog is answered with 401 and
    insufficient_scope. (hub-feedback#2094)
    """
    response = anyone.get("/v2/_catalog")
    assert (response.status_code, "insufficient_scope" in response.headers["www-authenticate"]) == (401, False)
    headers = bearer(token_in(request_token_by_get(profile_registry, "registry:catalog:*")))
    response = anyone.get("/v2/_catalog", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].endswith('scope="registry:catalog:*",error="insufficient_scope"')


def test_no_delete_by_tag(user: httpx.Client) -> None:
    """A tag cannot be deleted: 405. (docs.docker.com/reference/api/registry/latest)"""
    push_tagged_image(user)
    response = user.delete("/v2/repo/manifests/tag")
    assert (response.status_code, codes(response)) == (405, ["UNSUPPORTED"])
    assert user.get("/v2/repo/manifests/tag").status_code == 200


def test_no_delete_of_referenced(user: httpx.Client) -> None:
    """A manifest to which a tag or an index refers cannot be deleted: 403. (docs.docker.com/reference/api/registry/latest)"""
    upload_blob(user, b"{}")
    other, listed = image(annotations={"a": "1"}), image(annotations={"a": "2"})
    for content in (other, listed):
        assert put_manifest(user, "repo", digest_of(content), content).status_code == 201
    all_in_one = index(descriptor(listed, OCI_MANIFEST))
    assert put_manifest(user, "repo", "tag", all_in_one, OCI_INDEX).status_code == 201
    for content in (all_in_one, listed):
        response = user.delete(f"/v2/repo/manifests/{digest_of(content)}")
        assert (response.status_code, codes(response)) == (403, ["DENIED"])
    assert user.delete(f"/v2/repo/manifests/{digest_of(other)}").status_code == 202
    assert user.delete(f"/v2/repo/manifests/{digest_of(other)}").status_code == 404
    assert user.delete(f"/v2/other/manifests/{digest_of(other)}").status_code in (401, 404)


def test_no_blob_delete(user: httpx.Client) -> None:
    """A blob cannot be deleted: 405. (dxf#25, docs.docker.com/reference/api/registry/latest)"""
    digest = upload_blob(user, b"content")
    response = user.delete(f"/v2/repo/blobs/{digest}")
    assert (response.status_code, codes(response)) == (405, ["UNSUPPORTED"])
    assert user.head(f"/v2/repo/blobs/{digest}").status_code == 200


def test_long_names_refused(profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """If a repository name has more than two parts, a token request for it and a mount from it are answered with 400.
    (ggcr#1679, ggcr#1741)
    """
    long_name = "project/docker/image"
    for response in (
        request_token_by_get(profile_registry, SCOPE, f"repository:{long_name}:pull"),
        request_token_by_post(profile_registry, scope=f"{SCOPE} repository:{long_name}:pull"),
    ):
        assert (response.status_code, response.json()) == (400, {"details": "invalid repository name"})
    response = user.post("/v2/repo/blobs/uploads/", params={"mount": digest_of(b"x"), "from": long_name})
    assert response.status_code == 400
    assert request_token_by_get(profile_registry, SCOPE, "repository:library/other:pull").status_code == 200


def test_rate_limit_headers(user: httpx.Client) -> None:
    """Responses to manifest pulls have the limit and the remaining pulls in ratelimit-limit and ratelimit-remaining.
    (regclient#711)
    """
    push_tagged_image(user)
    response = user.get("/v2/repo/manifests/tag")
    assert response.headers["ratelimit-limit"] == "100;w=21600"
    assert response.headers["ratelimit-remaining"] == "99;w=21600"
    assert user.get("/v2/repo/manifests/tag").headers["ratelimit-remaining"] == "98;w=21600"
    assert "ratelimit-limit" not in user.get("/v2/repo/tags/list").headers


def test_head_not_counted(user: httpx.Client) -> None:
    """A HEAD of a manifest does not count as a pull. (regclient#711)"""
    push_tagged_image(user)
    for method, remaining in [("HEAD", 100), ("HEAD", 100), ("GET", 99), ("HEAD", 99)]:
        assert user.request(method, "/v2/repo/manifests/tag").headers["ratelimit-remaining"] == f"{remaining};w=21600"


def test_retry_after_is_a_time(profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """Beyond the limit, the response is 429 with the time to retry in Retry-After, in seconds since 1970.
    (hub-feedback#2459)
    """
    push_tagged_image(user)
    before = profile_registry.clock.now()
    statuses = [user.get("/v2/repo/manifests/tag").status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]
    response = user.get("/v2/repo/manifests/tag")
    assert (codes(response), response.headers["ratelimit-remaining"]) == (["TOOMANYREQUESTS"], "0;w=21600")
    assert before + 21600 <= int(response.headers["retry-after"]) <= profile_registry.clock.now() + 21601
    assert user.head("/v2/repo/manifests/tag").status_code == 200
    profile_registry.clock.advance(21601)
    user.headers.update(bearer(token_in(request_token_by_get(profile_registry, SCOPE))))
    assert user.get("/v2/repo/manifests/tag").status_code == 200


def test_no_single_post(user: httpx.Client) -> None:
    """A POST with a digest does not store the blob, but starts an upload: 202. (distribution 2.8, on which Docker Hub is
    based)
    """
    digest = digest_of(b"content")
    response = user.post("/v2/repo/blobs/uploads/", params={"digest": digest}, content=b"content")
    assert response.status_code == 202
    assert user.head(f"/v2/repo/blobs/{digest}").status_code == 404
    assert user.put(response.headers["location"], params={"digest": digest}, content=b"content").status_code == 201
