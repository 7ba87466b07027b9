"""The profile of Gitea."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, LoseResponse, Reset
from tests.testing.helpers import codes, digest_of, image, push_blob, push_image, start_upload
from tests.testing.profiles.helpers import SCOPE, request_token_by_get, request_token_by_post

PROFILE = "gitea"
CONTENT = b"0123456789"


def put(client: httpx.Client, location: str, content: bytes = b"") -> httpx.Response:
    return client.put(httpx.URL(location).copy_add_param("digest", digest_of(CONTENT)), content=content)


def patch(client: httpx.Client, location: str, first: int, content: bytes) -> httpx.Response:
    return client.patch(location, content=content, headers={"content-range": f"{first}-{first + len(content) - 1}"})


def test_token_path(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """The token service is at /v2/token. (gitea, routers/api/packages/api.go)"""
    response = anyone.post("/v2/repo/blobs/uploads/")
    assert f'realm="{profile_registry.url}/v2/token"' in response.headers["www-authenticate"]


def test_no_post_for_tokens(profile_registry: EmbeddedRegistry) -> None:
    """Tokens are issued by GET only: a POST is answered with 404. (gitea, routers/api/packages/api.go)"""
    assert request_token_by_post(profile_registry).status_code == 404
    assert request_token_by_get(profile_registry, SCOPE).status_code == 200


@pytest.mark.parametrize("after", [0, 4])
@pytest.mark.parametrize("operation", ["upload_blob_chunk", "complete_blob_upload"])
def test_dead_session(profile_registry: EmbeddedRegistry, user: httpx.Client, after: int, operation: str) -> None:
    """After an interrupted request, an upload answers 500 to all bytes, and its status has the number of before. (gitea,
    services/packages/container/blob_uploader.go)
    """
    location = start_upload(user)
    if after:
        assert patch(user, location, 0, CONTENT[:after]).status_code == 202
    fault = Fault(Reset(after=2, of="request"), operation=operation)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    profile_registry.faults.add(fault)
    with pytest.raises(httpx.TransportError):
        patch(user, location, after, CONTENT[after:]) if operation == "upload_blob_chunk" else put(user, location, CONTENT)
    for _ in range(2):
        assert patch(user, location, after, CONTENT[after:]).status_code == 500
        assert put(user, location, CONTENT[after:]).status_code == 500
        assert user.get(location).headers["range"] == f"0-{after}"
    assert user.delete(location).status_code == 204
    assert user.get(location).status_code == 404
    location = start_upload(user)
    assert put(user, location, CONTENT).status_code == 201


def test_status_counts_one_more(profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """The status of an upload states one byte more than was received, and has no Location. (gitea,
    routers/api/packages/container/container.go)
    """
    location = start_upload(user)
    assert user.get(location).headers["range"] == "0-0"
    assert patch(user, location, 0, CONTENT[:4]).headers["range"] == "0-3"
    response = user.get(location)
    assert (response.status_code, response.headers["range"], "location" in response.headers) == (204, "0-4", False)
    profile_registry.faults.add(Fault(LoseResponse(), operation="upload_blob_chunk"))
    with pytest.raises(httpx.TransportError):
        patch(user, location, 4, CONTENT[4:])
    assert user.get(location).headers["range"] == "0-10"
    assert put(user, location).status_code == 201


def test_one_stream(user: httpx.Client) -> None:
    """A second chunk without Content-Range is answered with 400. (sdk-container-builds#471)"""
    location = start_upload(user)
    assert user.patch(location, content=CONTENT[:4]).status_code == 202
    response = user.patch(location, content=CONTENT[4:])
    assert (response.status_code, codes(response)) == (400, ["BLOB_UPLOAD_INVALID"])
    assert patch(user, location, 5, CONTENT[4:]).status_code == 416
    assert patch(user, location, 4, CONTENT[4:]).status_code == 202
    assert put(user, location).status_code == 201


def test_no_ranges(user: httpx.Client) -> None:
    """A request for a part of a blob is answered with the whole blob. (gitea, routers/api/packages/container/container.go)"""
    digest = push_blob(user, "repo", CONTENT)
    for value in ("bytes=2-", "bytes=0-0", "bytes=99-"):
        response = user.get(f"/v2/repo/blobs/{digest}", headers={"range": value})
        assert (response.status_code, response.content) == (200, CONTENT)
        assert "accept-ranges" not in response.headers and "content-range" not in response.headers


def test_no_referrers(user: httpx.Client) -> None:
    """The referrers API is not supported: 404, in plain text. (gitea, routers/api/packages/api.go)"""
    digest = push_image(user, "repo", "tag")
    subject = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": len(image())}
    push_image(user, "repo", "referrer", subject=subject)
    response = user.get(f"/v2/repo/referrers/{digest}")
    assert (response.status_code, response.headers["content-type"]) == (404, "text/plain; charset=utf-8")
