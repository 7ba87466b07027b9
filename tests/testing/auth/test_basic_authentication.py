"""Basic authentication."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import UNKNOWN, assert_error, push_blob, push_image

CHALLENGE = 'Basic realm="embedded-registry"'


def assert_challenged(response: httpx.Response) -> None:
    assert_error(response, 401, "UNAUTHORIZED")
    assert response.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize("anonymous_pull", [True, False])
def test_the_user_may_do_everything(anonymous_pull: bool, http: httpx.Client) -> None:
    with EmbeddedRegistry(auth="basic", username="änn", password="p:ä", anonymous_pull=anonymous_pull) as registry:
        http.base_url = registry.url
        assert_challenged(http.get("/v2/"))
        http.auth = httpx.BasicAuth("änn".encode(), "p:ä".encode())
        assert http.get("/v2/").status_code == 200
        digest = push_image(http, "repo", "v1")
        assert http.get("/v2/_catalog").json() == {"repositories": ["repo"]}
        assert http.delete(f"/v2/repo/manifests/{digest}").status_code == 202


def test_anonymous_pull(http: httpx.Client) -> None:
    with EmbeddedRegistry(auth="basic") as registry:
        http.base_url = registry.url
        auth = httpx.BasicAuth(registry.username, registry.password)
        with httpx.Client(base_url=registry.url, auth=auth) as user:
            digest = push_image(user, "repo", "v1")
        for path in ("manifests/v1", "tags/list", f"referrers/{digest}"):
            assert http.get(f"/v2/repo/{path}").status_code == 200
        assert_challenged(http.post("/v2/repo/blobs/uploads/"))
        assert_challenged(http.put("/v2/repo/manifests/v1", content=b"{}"))
        assert_challenged(http.delete("/v2/repo/manifests/v1"))
        assert_challenged(http.get("/v2/_catalog"))
        assert http.head("/v2/").headers["www-authenticate"] == CHALLENGE
        anonymous = ("", "")  # containers/image sends empty credentials
        assert http.get("/v2/repo/tags/list", auth=anonymous).status_code == 200
        assert_challenged(http.get("/v2/", auth=anonymous))
        assert_challenged(http.delete("/v2/repo/manifests/v1", auth=anonymous))


def test_no_anonymous_pull(http: httpx.Client) -> None:
    with EmbeddedRegistry(auth="basic", anonymous_pull=False) as registry:
        response = http.get(f"{registry.url}/v2/repo/tags/list")
        assert_challenged(response)
        assert response.json()["errors"][0]["detail"] == [{"Type": "repository", "Name": "repo", "Action": "pull"}]


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic %%%", "Basic YQ==", "Basic /w==", "Basic OmE=", "Bearer YTpi", "Bearer Og==", "Basic YTpi YTpi"],
)
def test_wrong_credentials_are_refused_even_for_a_pull(http: httpx.Client, header: str) -> None:
    with EmbeddedRegistry(auth="basic") as registry:
        assert_challenged(http.get(f"{registry.url}/v2/repo/blobs/{UNKNOWN}", headers={"authorization": header}))
        for credentials in [(registry.username, "wrong"), ("wrong", registry.password)]:
            assert_challenged(http.get(f"{registry.url}/v2/", auth=credentials))
        assert registry.password not in repr(registry.requests)


def test_no_token_service(http: httpx.Client) -> None:
    with EmbeddedRegistry(auth="basic") as registry:
        assert http.get(registry.token_url).status_code == 404
        registry.revoke_tokens()


def test_without_authentication_credentials_are_ignored(http: httpx.Client) -> None:
    with EmbeddedRegistry() as registry:
        http.base_url = registry.url
        http.headers["authorization"] = "Nonsense"
        assert http.get("/v2/").status_code == 200
        push_blob(http, "repo", b"x")
