"""The token service: requests by GET and by POST."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from tests.testing.auth.helpers import bearer, claims, get_token, post_token


def assert_refused(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["error"]) == (status, code)
    assert set(response.json()) == {"error", "error_description"}
    assert response.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in response.headers) == (status == 401)


def access(kind: str, name: str, *actions: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "actions": list(actions)}


def test_response_to_get(token_registry: EmbeddedRegistry) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    response = get_token(token_registry, "repository:repo:pull,push", client_id="tests", account=token_registry.username)
    assert set(response) == {"token", "access_token", "expires_in", "issued_at"}
    assert response["token"] == response["access_token"]
    assert response["expires_in"] == 300
    issued = datetime.fromisoformat(response["issued_at"])
    assert issued.tzinfo is not None
    assert before <= issued <= datetime.now(UTC)
    token_claims = claims(response["token"])
    assert token_claims["sub"] == token_registry.username
    assert token_claims["aud"] == "embedded-registry"
    assert token_claims["access"] == [access("repository", "repo", "pull", "push")]
    assert token_claims["exp"] - token_claims["iat"] == 300
    assert token_claims["iat"] == token_claims["nbf"] == issued.timestamp()
    assert token_claims["jti"] != claims(get_token(token_registry)["token"])["jti"]


def test_several_scopes(token_registry: EmbeddedRegistry) -> None:
    scopes = ["repository:a:pull", "repository:b:pull,push repository:localhost:5000/c:pull", "registry:catalog:*", ""]
    assert claims(get_token(token_registry, *scopes)["token"])["access"] == [
        access("repository", "a", "pull"),
        access("repository", "b", "pull", "push"),
        access("repository", "localhost:5000/c", "pull"),
        access("registry", "catalog", "*"),
    ]


def test_scopes_beyond_the_rights_of_the_client(token_registry: EmbeddedRegistry) -> None:
    scopes = ["repository(plugin):a:*,pull", "repository:b:admin", "registry:catalog:*", "plugin:c:pull", "repository:d:"]
    assert claims(get_token(token_registry, *scopes)["token"])["access"] == [
        access("repository", "a", "pull", "push", "delete"),
        access("registry", "catalog", "*"),
    ]
    anonymous = claims(get_token(token_registry, *scopes, authenticated=False)["token"])
    assert (anonymous["sub"], anonymous["access"]) == ("", [access("repository", "a", "pull")])


def test_no_anonymous_pull(private_registry: EmbeddedRegistry) -> None:
    assert claims(get_token(private_registry, "repository:a:pull", authenticated=False)["token"])["access"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("service=another", "invalid_request"),
        ("service=embedded-registry&service=embedded-registry", "invalid_request"),
        ("offline_token=yes", "invalid_request"),
        ("client_id=%00", "invalid_request"),
        ("client_id=%ff", "invalid_request"),
        ("scope=repository", "invalid_scope"),
        ("scope=repository:a", "invalid_scope"),
        ("scope=repository:a:pull&scope=a:%22:b", "invalid_scope"),
        ("scope=Repository:a:pull", "invalid_scope"),
        ("scope=repository:a:pull,PUSH", "invalid_scope"),
        ("scope=:a:pull", "invalid_scope"),
        ("&".join(["scope=a:b:c"] * 1001), "invalid_request"),
    ],
)
def test_malformed_queries(token_registry: EmbeddedRegistry, query: str, code: str) -> None:
    assert_refused(httpx.get(f"{token_registry.token_url}?{query}"), 400, code)


def test_unknown_query_parameters(token_registry: EmbeddedRegistry) -> None:
    assert httpx.get(f"{token_registry.token_url}?tenant=7&service=&offline_token=false").status_code == 200


def test_wrong_passwords(token_registry: EmbeddedRegistry) -> None:
    url = token_registry.token_url
    for auth in [(token_registry.username, "wrong"), ("wrong", token_registry.password), ("", "")]:
        assert_refused(httpx.get(url, auth=auth), 401, "invalid_client")
    for header in ["Basic %%%", "Bearer " + get_token(token_registry)["token"], ""]:
        assert_refused(httpx.get(url, headers={"authorization": header}), 401, "invalid_client")
    for form in [{"username": "wrong"}, {"password": "wrong"}]:
        assert_refused(post_token(token_registry, **form), 401, "invalid_grant")


def test_account_of_another_user(token_registry: EmbeddedRegistry) -> None:
    auth = (token_registry.username, token_registry.password)
    assert_refused(httpx.get(token_registry.token_url, params={"account": "bob"}, auth=auth), 400, "invalid_request")
    assert claims(get_token(token_registry, authenticated=False, account="bob")["token"])["sub"] == ""


def test_refresh_token_by_get(token_registry: EmbeddedRegistry) -> None:
    assert "refresh_token" not in get_token(token_registry, offline_token="false")
    assert "refresh_token" not in get_token(token_registry, authenticated=False, offline_token="true")
    refresh_token = get_token(token_registry, offline_token="true")["refresh_token"]
    response = post_token(token_registry, grant_type="refresh_token", refresh_token=refresh_token, username=None, password=None)
    assert response.status_code == 200


def test_response_to_post(token_registry: EmbeddedRegistry) -> None:
    response = post_token(token_registry, scope="repository:a:pull,admin repository:b:admin registry:catalog:*")
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"token", "access_token", "expires_in", "issued_at", "scope"}
    assert body["scope"] == "repository:a:pull registry:catalog:*"
    assert claims(body["access_token"])["access"] == [access("repository", "a", "pull"), access("registry", "catalog", "*")]
    assert post_token(token_registry, access_type="online").json()["scope"] == ""
    ping = httpx.get(f"{token_registry.url}/v2/", headers=bearer(body["token"]))
    assert ping.status_code == 200


def test_refresh_token_by_post(token_registry: EmbeddedRegistry) -> None:
    refresh_token = post_token(token_registry, access_type="offline", scope=None).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "username": None, "password": None}
    for scope in ["repository:a:pull,push", "repository:b:delete"]:
        body = post_token(token_registry, scope=scope, **form).json()
        assert (body["scope"], body["refresh_token"]) == (scope, refresh_token)
        assert claims(body["token"])["sub"] == token_registry.username
    assert_refused(post_token(token_registry, **{**form, "refresh_token": "wrong"}), 401, "invalid_grant")
    assert_refused(post_token(token_registry, **{**form, "refresh_token": body["token"]}), 401, "invalid_grant")
    response = httpx.get(f"{token_registry.url}/v2/", headers=bearer(refresh_token))
    assert response.status_code == 401


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"service": None}, "invalid_request"),
        ({"service": "another"}, "invalid_request"),
        ({"client_id": None}, "invalid_request"),
        ({"username": None}, "invalid_request"),
        ({"password": None}, "invalid_request"),
        ({"access_type": "sometimes"}, "invalid_request"),
        ({"scope": "nonsense"}, "invalid_scope"),
    ],
)
def test_malformed_forms(token_registry: EmbeddedRegistry, form: dict[str, str | None], code: str) -> None:
    assert_refused(post_token(token_registry, **form), 400, code)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"grant_type=%ff"),
        ("application/x-www-form-urlencoded; charset=utf-8", b"grant_type=password&grant_type=password"),
        ("application/x-www-form-urlencoded", b"x" * 1_000_000),
    ],
)
def test_malformed_bodies(token_registry: EmbeddedRegistry, content_type: str, body: bytes) -> None:
    response = httpx.post(token_registry.token_url, content=body, headers={"content-type": content_type})
    assert_refused(response, 400, "invalid_request")


def test_unsupported_methods(token_registry: EmbeddedRegistry) -> None:
    for method in ("PUT", "DELETE", "HEAD", "PATCH"):
        response = httpx.request(method, token_registry.token_url)
        assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


def test_token_lifetime() -> None:
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_lifetime=7)) as registry:
        assert get_token(registry)["expires_in"] == 7
    with pytest.raises(ValueError, match="token_lifetime"):
        RegistrySettings(token_lifetime=0)
