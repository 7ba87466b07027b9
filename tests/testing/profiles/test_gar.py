"""The profile of Google Container Registry and Artifact Registry."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import codes, digest_of, push_image, start_upload
from tests.testing.profiles.helpers import SCOPE, request_token_by_get, request_token_by_post

PROFILE = "gar"


def test_one_chunk(user: httpx.Client) -> None:
    """An upload accepts one PATCH only. (skopeo#1101, sdk-container-builds#287)"""
    location = start_upload(user)
    assert user.patch(location, content=b"con").status_code == 202
    response = user.patch(location, content=b"tent")
    assert (response.status_code, codes(response)) == (400, ["BLOB_UPLOAD_INVALID"])
    other = start_upload(user)
    assert user.patch(other, content=b"content").status_code == 202
    assert user.put(other, params={"digest": digest_of(b"content")}).status_code == 201


def test_no_post_for_tokens(profile_registry: EmbeddedRegistry) -> None:
    """Tokens are issued by GET only: a POST is answered with 404. (containerd, remotes/docker/auth)"""
    assert request_token_by_post(profile_registry).status_code == 404
    assert request_token_by_get(profile_registry).status_code == 200


def test_challenge_at_ping_only(anyone: httpx.Client) -> None:
    """The 401 response to a ping has a challenge; the 401 response to any other request has no challenge. (containers/image,
    docker client)
    """
    assert anyone.get("/v2/").headers["www-authenticate"].startswith("Bearer realm=")
    for method, path in [("GET", "/v2/repo/tags/list"), ("POST", "/v2/repo/blobs/uploads/"), ("HEAD", "/v2/repo/manifests/tag")]:
        response = anyone.request(method, path)
        assert (response.status_code, "www-authenticate" in response.headers) == (401, False)


def test_ping_without_scope(anyone: httpx.Client) -> None:
    """The challenge of a ping names no scope. (dxf#28)"""
    assert "scope" not in anyone.get("/v2/").headers["www-authenticate"]


def test_page_for_unknown_tags(user: httpx.Client) -> None:
    """A request for the tags of a repository that does not exist is answered with a web page and the status 200.
    (gardener/cc-utils, oci client)
    """
    response = user.get("/v2/repo/tags/list")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert response.text.startswith("<!DOCTYPE html>")
    push_image(user, "repo", "tag")
    assert user.get("/v2/repo/tags/list").json()["tags"] == ["tag"]


@pytest.mark.parametrize("name", ["oauth2accesstoken", "_json_key", "_json_key_base64"])
def test_special_user_names(profile_registry: EmbeddedRegistry, anyone: httpx.Client, name: str) -> None:
    """The user names oauth2accesstoken and _json_key denote the kind of the password. (Google Cloud documentation,
    Artifact Registry authentication)
    """
    response = request_token_by_get(profile_registry, SCOPE, auth=(name, profile_registry.password))
    headers = {"authorization": f"Bearer {response.json()['token']}"}
    assert anyone.post("/v2/repo/blobs/uploads/", headers=headers).status_code == 202
    assert request_token_by_get(profile_registry, SCOPE, auth=(name, "wrong")).status_code == 401
    assert request_token_by_get(profile_registry, SCOPE, auth=("other", profile_registry.password)).status_code == 401
