"""The profiles of Amazon Elastic Container Registry, private and public."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.storage.records import RepositoryRecord
from tests.testing.helpers import (
    assert_error,
    codes,
    digest_of,
    image,
    next_page,
    push_blob,
    put_manifest,
    start_upload,
)

PROFILE = "ecr"


@pytest.fixture(autouse=True)
def repository(profile_registry: EmbeddedRegistry) -> None:
    profile_registry.storage.save("repo", RepositoryRecord())


def push_image(client: httpx.Client, name: str, tag: str) -> str:
    """Push an image with an empty config and no layers. The registry finds the config at the second time."""
    push_blob(client, name, b"{}")
    put_manifest(client, name, tag, image())
    response = put_manifest(client, name, tag, image())
    assert response.status_code == 201, response.text
    return digest_of(image())


def test_basic_as_aws(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """Credentials are Basic, with the user name AWS. (AWS ECR user guide, registry authentication)"""
    assert profile_registry.username == "AWS"
    response = anyone.get("/v2/repo/tags/list")
    assert (response.status_code, response.headers["www-authenticate"].partition(" ")[0]) == (401, "Basic")
    assert anyone.get("/v2/repo/tags/list", auth=("AWS", profile_registry.password)).status_code == 200


def test_password_expires(profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """A password expires after twelve hours; then the response is 403. (AWS ECR user guide, registry authentication)"""
    assert user.get("/v2/").status_code == 200
    profile_registry.clock.advance(12 * 60 * 60 - 60)
    assert user.get("/v2/").status_code == 200
    profile_registry.clock.advance(60)
    assert_denied = user.get("/v2/")
    assert (assert_denied.status_code, codes(assert_denied)) == (403, ["DENIED"])


def test_page_limit(user: httpx.Client) -> None:
    """A page size n of more than 1000 is answered with 405. (ggcr#681, ggcr#1091)"""
    for path in ("/v2/repo/tags/list", "/v2/_catalog"):
        response = user.get(path, params={"n": 1001})
        assert (response.status_code, codes(response)) == (405, ["UNSUPPORTED"])
        assert user.get(path, params={"n": 1000}).status_code == 200


def test_absolute_link(profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """The link to a next page has a scheme and a host, and an opaque cursor in last. (ggcr#681)"""
    tags = [f"tag{number}" for number in range(5)]
    for tag in tags:
        push_image(user, "repo", tag)
    url: str | None = "/v2/repo/tags/list?n=2"
    found: list[str] = []
    while url is not None:
        response = user.get(url)
        found += response.json()["tags"]
        url = next_page(response)
        if url is not None:
            assert url.startswith(f"{profile_registry.url}/v2/repo/tags/list?n=2&last=")
            assert not url.endswith(found[-1])
    assert found == tags


def test_chunk_is_created(user: httpx.Client) -> None:
    """A PATCH is answered with 201 instead of 202. (regclient#81)"""
    location = start_upload(user)
    for chunk in (b"con", b"tent"):
        response = user.patch(location, content=chunk)
        assert response.status_code == 201
    assert response.headers["range"] == "0-6"
    assert user.put(location, params={"digest": digest_of(b"content")}).status_code == 201


def test_repository_must_exist(user: httpx.Client) -> None:
    """A push to a repository that does not exist is answered with 404. (AWS ECR user guide, pushing an image)"""
    assert_error_of = user.post("/v2/team/other/blobs/uploads/")
    assert (assert_error_of.status_code, codes(assert_error_of)) == (404, ["NAME_UNKNOWN"])
    assert put_manifest(user, "team/other", "tag", image()).status_code == 404
    start_upload(user)


def test_manifest_check_lags(user: httpx.Client) -> None:
    """A manifest is answered with 400 once if the registry has just received one of its blobs, and accepted then.
    (clowdhaus/ocync#104)
    """
    digest = push_blob(user, "repo", b"{}")
    response = put_manifest(user, "repo", "tag", image())
    assert (response.status_code, codes(response)) == (400, ["MANIFEST_BLOB_UNKNOWN"])
    assert digest in response.text
    for _ in range(2):
        assert put_manifest(user, "repo", "tag", image()).status_code == 201
    location = httpx.URL(start_upload(user)).copy_add_param("digest", digest)
    assert user.put(location, content=b"{}").status_code == 201
    assert [put_manifest(user, "repo", "tag", image()).status_code for _ in range(2)] == [400, 201]


def test_blobs_in_s3(profile_registry: EmbeddedRegistry, user: httpx.Client, anyone: httpx.Client) -> None:
    """A download is redirected to a signed URL on another origin, which answers a request with Authorization with 400.
    (opa#6580, renovate#3877)
    """
    digest = push_blob(user, "repo", b"content")
    response = user.get(f"/v2/repo/blobs/{digest}")
    location = response.headers["location"]
    assert response.status_code == 307
    assert location.startswith(f"http://localhost:{profile_registry.host.rpartition(':')[2]}/object-store/")
    refused = anyone.get(location, headers={"authorization": "Basic eDp5"})
    assert (refused.status_code, "Only one auth mechanism allowed" in refused.text) == (400, True)
    assert anyone.get(location).content == b"content"
    part = anyone.get(location, headers={"range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"on")
    assert anyone.get(location, headers={"range": "bytes=7-"}).status_code == 416
    assert anyone.get(location[:-1]).status_code == 403
    assert anyone.get(f"/v2/repo/blobs/{digest}").status_code == 401
    assert_error(user.get(f"/v2/repo/blobs/{digest_of(b'other')}"), 404, "BLOB_UNKNOWN")
    user.delete(f"/v2/repo/blobs/{digest}")
    assert anyone.get(location).status_code == 404


class TestEcrPublic:
    PROFILE = "ecr-public"

    def test_strict_cursor(self, user: httpx.Client) -> None:
        """The cursor in last is opaque; a request with a value that is not a cursor is answered with 405. (drydock#927)"""
        for tag in "abc":
            push_image(user, "repo", tag)
        first = user.get("/v2/repo/tags/list", params={"n": 2})
        response = user.get("/v2/repo/tags/list", params={"n": 2, "last": "b"})
        assert (response.status_code, codes(response)) == (405, ["UNSUPPORTED"])
        assert user.get(next_page(first) or "").json()["tags"] == ["c"]
