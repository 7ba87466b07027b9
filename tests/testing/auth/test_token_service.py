"""The token service: GET and POST."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, Settings
from tests.testing.auth.helpers import bearer, claims, get_token, post_token


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)


def access(kind: str, name: str, *actions: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "actions": list(actions)}


def test_the_answer(token_registry: EmbeddedRegistry) -> None:
    answer = get_token(token_registry, "repository:repo:pull,push", client_id="tests", account=token_registry.username)
    assert set(answer) == {"token", "access_token", "expires_in", "issued_at"}
    assert answer["token"] == answer["access_token"]
    assert answer["expires_in"] == 300
    issued = datetime.fromisoformat(answer["issued_at"])
    assert issued.tzinfo is not None
    assert abs((datetime.now(UTC) - issued).total_seconds()) < 5
    said = claims(answer["token"])
    assert said["sub"] == token_registry.username
    assert said["aud"] == "embedded-registry"
    assert said["access"] == [access("repository", "repo", "pull", "push")]
    assert said["exp"] - said["iat"] == 300
    assert said["iat"] == said["nbf"] == issued.timestamp()
    assert said["jti"] != claims(get_token(token_registry)["token"])["jti"]


def test_several_scopes(token_registry: EmbeddedRegistry) -> None:
    scopes = ["repository:a:pull", "repository:b:pull,push repository:localhost:5000/c:pull", "registry:catalog:*", ""]
    assert claims(get_token(token_registry, *scopes)["token"])["access"] == [
        access("repository", "a", "pull"),
        access("repository", "b", "pull", "push"),
        access("repository", "localhost:5000/c", "pull"),
        access("registry", "catalog", "*"),
    ]


def test_scopes_that_are_more_than_the_caller_may_have(token_registry: EmbeddedRegistry) -> None:
    scopes = ["repository(plugin):a:*,pull", "repository:b:admin", "registry:catalog:*", "plugin:c:pull", "repository:d:"]
    assert claims(get_token(token_registry, *scopes)["token"])["access"] == [
        access("repository", "a", "pull", "push", "delete"),
        access("registry", "catalog", "*"),
    ]
    anonymous = claims(get_token(token_registry, *scopes, known=False)["token"])
    assert (anonymous["sub"], anonymous["access"]) == ("", [access("repository", "a", "pull")])


def test_nobody_may_pull(private_registry: EmbeddedRegistry) -> None:
    assert claims(get_token(private_registry, "repository:a:pull", known=False)["token"])["access"] == []


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
def test_bad_queries(token_registry: EmbeddedRegistry, query: str, code: str) -> None:
    assert_refused(httpx.get(f"{token_registry.token_url}?{query}"), 400, code)


def test_a_query_of_the_realms_own(token_registry: EmbeddedRegistry) -> None:
    assert httpx.get(f"{token_registry.token_url}?tenant=7&service=&offline_token=false").status_code == 200


def test_wrong_passwords(token_registry: EmbeddedRegistry) -> None:
    url = token_registry.token_url
    for auth in [(token_registry.username, "wrong"), ("wrong", token_registry.password), ("", "")]:
        assert_refused(httpx.get(url, auth=auth), 401, "invalid_client")
    for header in ["Basic %%%", "Bearer " + get_token(token_registry)["token"], ""]:
        assert_refused(httpx.get(url, headers={"authorization": header}), 401, "invalid_client")
    for form in [{"username": "wrong"}, {"password": "wrong"}]:
        assert_refused(post_token(token_registry, **form), 401, "invalid_grant")


def test_an_account_that_is_not_the_users(token_registry: EmbeddedRegistry) -> None:
    auth = (token_registry.username, token_registry.password)
    assert_refused(httpx.get(token_registry.token_url, params={"account": "bob"}, auth=auth), 400, "invalid_request")
    assert claims(get_token(token_registry, known=False, account="bob")["token"])["sub"] == ""


def test_offline_tokens_by_get(token_registry: EmbeddedRegistry) -> None:
    assert "refresh_token" not in get_token(token_registry, offline_token="false")
    assert "refresh_token" not in get_token(token_registry, known=False, offline_token="true")
    refresh_token = get_token(token_registry, offline_token="true")["refresh_token"]
    answer = post_token(token_registry, grant_type="refresh_token", refresh_token=refresh_token, username=None, password=None)
    assert answer.status_code == 200


def test_post(token_registry: EmbeddedRegistry) -> None:
    answer = post_token(token_registry, scope="repository:a:pull,admin repository:b:admin registry:catalog:*")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"token", "access_token", "expires_in", "issued_at", "scope"}
    assert body["scope"] == "repository:a:pull registry:catalog:*"
    assert claims(body["access_token"])["access"] == [access("repository", "a", "pull"), access("registry", "catalog", "*")]
    assert post_token(token_registry, access_type="online").json()["scope"] == ""
    ping = httpx.get(f"{token_registry.url}/v2/", headers=bearer(body["token"]))
    assert ping.status_code == 200


def test_refresh_tokens_by_post(token_registry: EmbeddedRegistry) -> None:
    refresh_token = post_token(token_registry, access_type="offline", scope=None).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "username": None, "password": None}
    for scope in ["repository:a:pull,push", "repository:b:delete"]:
        body = post_token(token_registry, scope=scope, **form).json()
        assert (body["scope"], body["refresh_token"]) == (scope, refresh_token)
        assert claims(body["token"])["sub"] == token_registry.username
    assert_refused(post_token(token_registry, **{**form, "refresh_token": "wrong"}), 401, "invalid_grant")
    assert_refused(post_token(token_registry, **{**form, "refresh_token": body["token"]}), 401, "invalid_grant")
    answer = httpx.get(f"{token_registry.url}/v2/", headers=bearer(refresh_token))
    assert answer.status_code == 401


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
def test_bad_forms(token_registry: EmbeddedRegistry, form: dict[str, str | None], code: str) -> None:
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
def test_bad_bodies(token_registry: EmbeddedRegistry, content_type: str, body: bytes) -> None:
    answer = httpx.post(token_registry.token_url, content=body, headers={"content-type": content_type})
    assert_refused(answer, 400, "invalid_request")


def test_other_methods(token_registry: EmbeddedRegistry) -> None:
    for method in ("PUT", "DELETE", "HEAD", "PATCH"):
        answer = httpx.request(method, token_registry.token_url)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_the_lifetime_is_a_setting() -> None:
    with EmbeddedRegistry(auth="token", settings=Settings(token_lifetime=7)) as registry:
        assert get_token(registry)["expires_in"] == 7
    with pytest.raises(ValueError, match="token_lifetime"):
        Settings(token_lifetime=0)
