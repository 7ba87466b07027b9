"""The index: lists of images, search, users."""

from typing import Any

import httpx
import pytest

from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import BASE, OTHER, TOP, WANT_TOKEN, allocate, assert_error, assert_web_page

IMAGES = "/v1/repositories/team/app/images"


def test_lists_are_merged(client: httpx.Client) -> None:
    first = b'[ {"id": "%s", "Tag": "latest"} ]' % BASE.encode()
    client.put("/v1/repositories/team/app/", content=first)
    assert client.get(IMAGES).content == first
    client.put(IMAGES, json=[{"id": BASE, "checksum": "old", "Tag": "x"}, {"id": TOP}])
    assert client.get(IMAGES).json() == [{"id": BASE, "checksum": "old"}, {"id": TOP}]
    client.put(IMAGES, json=[{"id": BASE, "checksum": "new"}, {"id": OTHER}])
    assert client.get(IMAGES).json() == [{"id": BASE, "checksum": "new"}, {"id": OTHER}, {"id": TOP}]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_list_that_is_no_json(client: httpx.Client, content: bytes) -> None:
    for path in ("/v1/repositories/team/app/", IMAGES):
        assert_error(client.put(path, content=content), 400, "Error Decoding JSON")
    assert_error(client.get(IMAGES), 404, "images not found")


@pytest.mark.parametrize("content", [b"{}", b"null", b"5", b'"a"'])
def test_a_list_that_is_none(client: httpx.Client, content: bytes) -> None:
    assert_error(client.put(IMAGES, content=content), 400, "Invalid data")


@pytest.mark.parametrize("entry", [{}, 5, None, "id", ["id"], {"id": []}, {"id": {}}])
def test_a_list_without_ids(client: httpx.Client, entry: Any) -> None:
    """The first list is stored as it comes; to merge a second one fails."""
    assert client.put(IMAGES, json=[entry]).status_code == 204
    assert_web_page(client.put(IMAGES, json=[{"id": BASE}]), 500)
    assert client.get(IMAGES).json() == [entry]


def test_delete_images_does_nothing(client: httpx.Client) -> None:
    allocate(client, "team/app", BASE)
    answer = client.delete(IMAGES)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-docker-token"].endswith("access=delete")
    assert client.get(IMAGES).json() == [{"id": BASE}]


def test_auth_means_nothing_standalone(client: httpx.Client) -> None:
    for headers in ({}, {"Authorization": 'Token signature=x,repository="a/b",access=read'}):
        answer = client.put("/v1/repositories/team/app/auth", headers=headers)
        assert (answer.status_code, answer.json()) == (200, "OK")


def test_search(client: httpx.Client, serve_v1: ServeV1) -> None:
    for name in ("team/app", "other/App-2", "busybox"):
        allocate(client, name)
    for query, names in (
        ("?q=app", ["other/App-2", "team/app"]),
        ("?q=OTHER%2F", ["other/App-2"]),
        ("?q=nothing", []),
        ("?q=", ["library/busybox", "other/App-2", "team/app"]),
        ("", ["library/busybox", "other/App-2", "team/app"]),
        ("?q=busy&q=app&n=1&page=7", ["library/busybox"]),
    ):
        answer = client.get(f"/v1/search{query}").json()
        assert [result["name"] for result in answer["results"]] == names
        assert answer["num_results"] == len(names)
    assert client.get("/v1/search?q=app").json()["query"] == "app"
    assert_web_page(httpx.get(serve_v1(search=False).url + "/v1/search"), 404)


@pytest.mark.parametrize("slash", ["", "/"])
def test_nobody_is_asked_standalone(client: httpx.Client, slash: str) -> None:
    answer = client.get(f"/v1/users{slash}", auth=("anybody", "anything"))
    assert (answer.status_code, answer.json()) == (200, "OK")
    answer = client.post(f"/v1/users{slash}", json=5)
    assert (answer.status_code, answer.json()) == (201, "User Created")
    assert_error(client.post(f"/v1/users{slash}", content=b"{"), 400, "Error Decoding JSON")
    answer = client.put("/v1/users/anybody/", content=b"{")
    assert (answer.status_code, answer.content) == (204, b"")
    answer = client.put("/v1/users/anybody", json={})
    assert_web_page(answer, 301)
    assert answer.headers["location"].endswith("/v1/users/anybody/")


def test_users(serve_v1: ServeV1) -> None:
    with httpx.Client(base_url=serve_v1(role="both", users={"alice": "secret"}).url) as client:
        for auth in (None, ("alice", "wrong"), ("bob", "secret"), ("", "")):
            answer = client.get("/v1/users", auth=auth)
            assert_error(answer, 401)
            assert answer.headers["www-authenticate"] == 'Basic realm="docker-registry"'
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


def test_endless_users(serve_v1: ServeV1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.v1.users.MAX_USERS", 1)
    with httpx.Client(base_url=serve_v1(role="index", users={"alice": "secret"}).url) as client:
        assert_error(client.post("/v1/users", json={"username": "carol", "password": "12345"}), 400, "Too many users")


def test_users_push_and_everybody_pulls(serve_v1: ServeV1) -> None:
    alice = ("alice", "secret")
    with httpx.Client(base_url=serve_v1(role="both", users={"alice": "secret"}).url) as client:
        for method, path in (("PUT", "/v1/repositories/team/app/"), ("PUT", IMAGES), ("DELETE", "/v1/repositories/team/app/")):
            assert_error(client.request(method, path, json=[]), 401)
        pushing = client.put("/v1/repositories/team/app/", json=[], auth=alice, headers=WANT_TOKEN)
        assert pushing.status_code == 200
        assert client.get(IMAGES).status_code == 200
        assert_error(client.get(IMAGES, auth=("alice", "wrong")), 401)
        write = {"Authorization": f"Token {pushing.headers['x-docker-token']}"}
        assert client.put("/v1/repositories/team/app/properties", json={"access": "private"}, headers=write).status_code == 200
        assert_error(client.get(IMAGES), 401)
        assert client.get(IMAGES, auth=alice).status_code == 200
        assert_error(client.get("/v1/repositories/no/such/images"), 404)
