"""Harbor."""

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import codes, digest_of
from tests.testing.profiles.helpers import SCOPE, ask_for_token, bearer, token_in

PROFILE = "harbor"


def test_session_cookie(registry: EmbeddedRegistry, user: httpx.Client) -> None:
    """Answers set a session cookie; a request with it that changes something is refused for want of a CSRF token: 403.
    (dotnet/sdk#37221, harbor#12676)
    """
    assert user.post("/v2/repo/blobs/uploads/").status_code == 202
    assert user.cookies["sid"]
    answer = user.post("/v2/repo/blobs/uploads/")
    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN"])
    assert user.get("/v2/").status_code == 200
    user.cookies.clear()
    assert user.post("/v2/repo/blobs/uploads/").status_code == 202
    assert "sid=" in ask_for_token(registry).headers["set-cookie"]


def test_mount_from_unknown_project(registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """A mount from a project that is not there is answered with 401 instead of 202. (harbor#17097, ggcr#1393)"""
    scopes = [SCOPE, "repository:team/app:pull,push", "repository:team/other:pull", "repository:nowhere/app:pull"]
    headers = bearer(token_in(ask_for_token(registry, *scopes)))

    def post(name: str, **query: str) -> httpx.Response:
        anyone.cookies.clear()
        return anyone.post(f"/v2/{name}/blobs/uploads/", params=query, headers=headers)

    digest = digest_of(b"content")
    location = post("team/app").headers["location"]
    anyone.cookies.clear()
    assert anyone.put(location, params={"digest": digest}, content=b"content", headers=headers).status_code == 201
    assert post("repo", mount=digest, **{"from": "nowhere/app"}).status_code == 401
    assert post("repo", mount=digest, **{"from": "team/other"}).status_code == 202
    assert post("repo", mount=digest, **{"from": "team/app"}).status_code == 201
