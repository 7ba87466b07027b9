"""The profile of Azure Container Registry."""

import base64

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import start_upload
from tests.testing.profiles.helpers import SCOPE, bearer, request_token_by_get, request_token_by_post, token_in

PROFILE = "acr"
ZEROS = "00000000-0000-0000-0000-000000000000"


def exchange(registry: EmbeddedRegistry, **form: str) -> httpx.Response:
    return httpx.post(f"{registry.url}/oauth2/exchange", data={"service": "embedded-registry", **form})


def refresh_token(registry: EmbeddedRegistry) -> str:
    response = exchange(registry, grant_type="access_token", access_token=registry.password)
    assert (response.status_code, set(response.json())) == (200, {"refresh_token"})
    token = response.json()["refresh_token"]
    assert isinstance(token, str)
    return token


def test_token_path(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """The token service is at /oauth2/token. (Azure/acr, AAD-OAuth)"""
    assert profile_registry.token_url == f"{profile_registry.url}/oauth2/token"
    assert f'realm="{profile_registry.token_url}"' in anyone.get("/v2/").headers["www-authenticate"]
    assert anyone.get("/token").status_code == 404


def test_only_access_token(profile_registry: EmbeddedRegistry) -> None:
    """The response of the token service has access_token, but not token. (Azure/acr, AAD-OAuth)"""
    for response in (
        request_token_by_get(profile_registry),
        request_token_by_post(profile_registry, grant_type="refresh_token", refresh_token=refresh_token(profile_registry)),
    ):
        assert response.status_code == 200
        assert "access_token" in response.json()
        assert "token" not in response.json()


def test_token_exchange(profile_registry: EmbeddedRegistry) -> None:
    """At /oauth2/exchange, a token of Microsoft Entra ID is exchanged for a refresh token. (Azure/acr, AAD-OAuth)"""
    response = request_token_by_post(
        profile_registry, grant_type="refresh_token", refresh_token=refresh_token(profile_registry), scope=SCOPE
    )
    assert response.json()["scope"] == SCOPE
    assert exchange(profile_registry, grant_type="access_token", access_token="wrong").status_code == 401
    assert exchange(profile_registry, grant_type="password", access_token=profile_registry.password).status_code == 400
    assert httpx.get(f"{profile_registry.url}/oauth2/exchange").status_code == 400


def test_zero_user(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """With the user name 00000000-0000-0000-0000-000000000000, the password is a refresh token. (Azure/acr, AAD-OAuth)"""
    token = token_in(request_token_by_get(profile_registry, SCOPE, auth=(ZEROS, refresh_token(profile_registry))))
    assert anyone.post("/v2/repo/blobs/uploads/", headers=bearer(token)).status_code == 202
    for wrong in (profile_registry.password, "wrong"):
        assert request_token_by_get(profile_registry, SCOPE, auth=(ZEROS, wrong)).status_code == 401


def test_zero_user_with_another_scheme(profile_registry: EmbeddedRegistry) -> None:
    """The credentials of the user must be Basic credentials."""
    credentials = base64.b64encode(f"{ZEROS}:{refresh_token(profile_registry)}".encode()).decode()
    statuses = [
        httpx.get(profile_registry.token_url, headers={"Authorization": f"{scheme} {credentials}"}).status_code
        for scheme in ("Basic", "basic", "Bearer")
    ]
    assert statuses == [200, 200, 401]


def test_no_password_by_post(profile_registry: EmbeddedRegistry) -> None:
    """A token request by POST with a password is answered with 400; a token request by GET is accepted. (containerd,
    remotes/docker/auth)
    """
    assert request_token_by_post(profile_registry).status_code == 400
    assert request_token_by_get(profile_registry).status_code == 200


def test_header_limit(profile_registry: EmbeddedRegistry, anyone: httpx.Client) -> None:
    """A request whose token is too long, because of many scopes, is answered with 400 and a web page. (zot#2903,
    Azure/acr#797)
    """
    tokens = [
        token_in(request_token_by_get(profile_registry, *(f"repository:repo{n}:pull" for n in range(count))))
        for count in (5, 150)
    ]
    assert len(tokens[0]) < 8192 < len(tokens[1])
    short, long = [anyone.get("/v2/", headers=bearer(token)) for token in tokens]
    assert short.status_code == 200
    assert (long.status_code, "Request Header Or Cookie Too Large" in long.text) == (400, True)
    assert long.headers["content-type"].startswith("text/html")


def test_unauthorized_during_upload(user: httpx.Client) -> None:
    """During an upload, requests with a valid token are answered with 401; in this profile once, for the second chunk.
    (Azure/acr#841)
    """
    location = start_upload(user)
    statuses = [user.patch(location, content=b"x").status_code for _ in range(4)]
    assert statuses == [202, 401, 202, 202]
    assert user.get(location).headers["range"] == "0-2"
