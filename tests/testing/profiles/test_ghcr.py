"""The profile of GitHub Container Registry."""

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import codes, descriptor, digest_of, image, push_blob, push_image, put_manifest, start_upload
from tests.testing.profiles.helpers import SCOPE, bearer, request_token_by_get, request_token_by_post, token_in

PROFILE = "ghcr"


def test_bad_credentials_denied(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """Wrong or expired credentials are answered with 403, even for public images. (oras#1161)"""
    responses = [
        request_token_by_get(profile_registry, "repository:repo:pull", auth=(profile_registry.username, "expired")),
        request_token_by_post(profile_registry, grant_type="password", username=profile_registry.username, password="expired"),
    ]
    for response in responses:
        assert (response.status_code, codes(response)) == (403, ["DENIED"])
        assert "www-authenticate" not in response.headers
    assert anyone.get(profile_registry.token_url).status_code == 200


def test_opaque_token(profile_registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """A token is opaque, not a JWT. (source code of registry clients, as of 2026-11)"""
    response = request_token_by_get(profile_registry, SCOPE)
    assert "." not in token_in(response)
    assert response.json()["access_token"] == response.json()["token"]
    push_image(user, "repo", "tag")
    for token in ("b3BhcXVl", "a" * 5, "a.b.c"):
        assert user.get("/v2/repo/tags/list", headers=bearer(token)).status_code == 401


def test_no_referrers(user: httpx.Client) -> None:
    """The referrers API is not supported: 404, and the response to a manifest with a subject has no OCI-Subject.
    (actions/attest-build-provenance#91, ghcr-cleanup-action#13)
    """
    push_image(user, "repo", "tag")
    assert user.get(f"/v2/repo/referrers/{digest_of(image())}").status_code == 404
    response = put_manifest(user, "repo", "other", image(subject=descriptor(b"x", "text/plain")))
    assert (response.status_code, "oci-subject" in response.headers) == (201, False)


def test_no_catalog(user: httpx.Client) -> None:
    """The repositories cannot be listed: 404. (source code of registry clients, as of 2026-11)"""
    assert user.get("/v2/_catalog").status_code == 404


def test_no_cancel(user: httpx.Client) -> None:
    """An upload cannot be cancelled: 405. (source code of registry clients, as of 2026-11)"""
    location = start_upload(user)
    assert user.delete(location).status_code == 405
    assert user.get(location).status_code == 204


def test_chunk_limit(user: httpx.Client) -> None:
    """A chunk of more than 4 MiB is answered with 416; a stream without Content-Range may be longer.
    (rust-oci-client#35, rust-oci-client#37)
    """
    limit = 4 * 1024 * 1024
    location = start_upload(user)
    large = user.patch(location, content=bytes(limit + 1), headers={"content-range": f"0-{limit}"})
    assert (large.status_code, codes(large)) == (416, ["REQUESTED_RANGE_NOT_SATISFIABLE"])
    assert user.patch(location, content=bytes(limit), headers={"content-range": f"0-{limit - 1}"}).status_code == 202
    assert user.patch(start_upload(user), content=iter([bytes(limit), bytes(limit)])).status_code == 202
    push_blob(user, "repo", bytes(limit + 1))
