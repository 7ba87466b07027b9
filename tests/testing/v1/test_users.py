"""The users of an index."""

from typing import Any

import httpx
import pytest

from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import REQUEST_TOKEN, assert_error, assert_html_page

IMAGES = "/v1/repositories/team/app/images"


@pytest.mark.parametrize("slash", ["", "/"])
def test_standalone_index_checks_no_users(client: httpx.Client, slash: str) -> None:
    response = client.get(f"/v1/users{slash}", auth=("anybody", "anything"))
    assert (response.status_code, response.json()) == (200, "OK")
    response = client.post(f"/v1/users{slash}", json=5)
    assert (response.status_code, response.json()) == (201, "User Created")
    assert_error(client.post(f"/v1/users{slash}", content=b"{"), 400, "Error Decoding JSON")
    response = client.put("/v1/users/anybody/", content=b"{")
    assert (response.status_code, response.content) == (204, b"")
    response = client.put("/v1/users/anybody", json={})
    assert_html_page(response, 301)
    assert response.headers["location"].endswith("/v1/users/anybody/")


def test_users(serve_v1: ServeV1) -> None:
    with httpx.Client(base_url=serve_v1(role="both", users={"alice": "secret"}).url) as client:
        for auth in (None, ("alice", "wrong"), ("bob", "secret"), ("", "")):
            response = client.get("/v1/users", auth=auth)
            assert_error(response, 401)
            assert response.headers["www-authenticate"] == 'Basic realm="docker-registry"'
        for header in ("Basic", "Basic !", "Basic YQ==", "Bearer YWxpY2U6c2VjcmV0", "Basic /w==", "Basic Og=="):
            assert_error(client.get("/v1/users", headers={"Authorization": header}), 401)
        assert client.get("/v1/users", auth=("alice", "secret")).json() == "OK"

        taken = client.post("/v1/users", json={"username": "alice", "password": "another", "email": "a@example.com"})
        assert (taken.status_code, taken.json()) == (400, "Username or email already exists")
        assert client.post("/v1/users", json={"username": "carol", "password": "12345"}).status_code == 201
        assert client.get("/v1/users", auth=("carol", "12345")).status_code == 200
        users: list[Any] = [[], {}, {"username": "dan", "password": "12345"}, {"username": "Daniel", "password": "12345"}]
        for user in users:
            assert_error(client.post("/v1/users", json=user), 400)
        for password in (None, "1234", 12345, "1234\n"):
            assert_error(client.post("/v1/users", json={"username": "daniel", "password": password}), 400)

        assert_error(client.put("/v1/users/carol/", json={"password": "stolen"}), 401)
        assert_error(client.put("/v1/users/carol/", json={"password": "stolen"}, auth=("alice", "secret")), 403)
        assert_error(client.put("/v1/users/carol/", json={"password": "x"}, auth=("carol", "12345")), 400)
        assert_error(client.put("/v1/users/carol/", json=[], auth=("carol", "12345")), 400)
        assert client.put("/v1/users/carol/", json={"email": "c@example.com"}, auth=("carol", "12345")).status_code == 204
        assert client.put("/v1/users/carol/", json={"password": "67890"}, auth=("carol", "12345")).status_code == 204
        assert client.get("/v1/users", auth=("carol", "67890")).status_code == 200


def test_maximum_number_of_users(serve_v1: ServeV1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.v1.users.MAX_USERS", 1)
    with httpx.Client(base_url=serve_v1(role="index", users={"alice": "secret"}).url) as client:
        response = client.post("/v1/users", json={"username": "carol", "password": "12345"})
        assert_error(response, 400, "No user can be created: the index has the maximum number of users (1)")


def test_only_users_push_and_read_private_repositories(serve_v1: ServeV1) -> None:
    alice = ("alice", "secret")
    with httpx.Client(base_url=serve_v1(role="both", users={"alice": "secret"}).url) as client:
        for method, path in (("PUT", "/v1/repositories/team/app/"), ("PUT", IMAGES), ("DELETE", "/v1/repositories/team/app/")):
            assert_error(client.request(method, path, json=[]), 401)
        pushing = client.put("/v1/repositories/team/app/", json=[], auth=alice, headers=REQUEST_TOKEN)
        assert pushing.status_code == 200
        assert client.get(IMAGES).status_code == 200
        assert_error(client.get(IMAGES, auth=("alice", "wrong")), 401)
        write = {"Authorization": f"Token {pushing.headers['x-docker-token']}"}
        assert client.put("/v1/repositories/team/app/properties", json={"access": "private"}, headers=write).status_code == 200
        assert_error(client.get(IMAGES), 401)
        assert client.get(IMAGES, auth=alice).status_code == 200
        assert_error(client.get("/v1/repositories/no/such/images"), 404)
