"""The index: image lists and search."""

from typing import Any

import httpx
import pytest

from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import BASE, OTHER, TOP, assert_error, assert_html_page, put_repository

IMAGES = "/v1/repositories/team/app/images"


def test_image_lists_are_merged(client: httpx.Client) -> None:
    first = b'[ {"id": "%s", "Tag": "latest"} ]' % BASE.encode()
    client.put("/v1/repositories/team/app/", content=first)
    assert client.get(IMAGES).content == first
    client.put(IMAGES, json=[{"id": BASE, "checksum": "old", "Tag": "x"}, {"id": TOP}])
    assert client.get(IMAGES).json() == [{"id": BASE, "checksum": "old"}, {"id": TOP}]
    client.put(IMAGES, json=[{"id": BASE, "checksum": "new"}, {"id": OTHER}])
    assert client.get(IMAGES).json() == [{"id": BASE, "checksum": "new"}, {"id": OTHER}, {"id": TOP}]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_image_list_that_is_not_json(client: httpx.Client, content: bytes) -> None:
    for path in ("/v1/repositories/team/app/", IMAGES):
        assert_error(client.put(path, content=content), 400, "Error Decoding JSON")
    assert_error(client.get(IMAGES), 404, "images not found")


@pytest.mark.parametrize("content", [b"{}", b"null", b"5", b'"a"'])
def test_image_list_that_is_not_an_array(client: httpx.Client, content: bytes) -> None:
    assert_error(client.put(IMAGES, content=content), 400, "Invalid data")


@pytest.mark.parametrize("entry", [{}, 5, None, "id", ["id"], {"id": []}, {"id": {}}])
def test_image_list_without_ids(client: httpx.Client, entry: Any) -> None:
    """The first list is stored unchanged; merging a second one fails."""
    assert client.put(IMAGES, json=[entry]).status_code == 204
    assert_html_page(client.put(IMAGES, json=[{"id": BASE}]), 500)
    assert client.get(IMAGES).json() == [entry]


def test_delete_images_only_issues_a_token(client: httpx.Client) -> None:
    put_repository(client, "team/app", BASE)
    response = client.delete(IMAGES)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["x-docker-token"].endswith("access=delete")
    assert client.get(IMAGES).json() == [{"id": BASE}]


def test_standalone_index_verifies_no_token(client: httpx.Client) -> None:
    for headers in ({}, {"Authorization": 'Token signature=x,repository="a/b",access=read'}):
        response = client.put("/v1/repositories/team/app/auth", headers=headers)
        assert (response.status_code, response.json()) == (200, "OK")


def test_search(client: httpx.Client, serve_v1: ServeV1) -> None:
    for name in ("team/app", "other/App-2", "busybox"):
        put_repository(client, name)
    for query, names in (
        ("?q=app", ["other/App-2", "team/app"]),
        ("?q=OTHER%2F", ["other/App-2"]),
        ("?q=nothing", []),
        ("?q=", ["library/busybox", "other/App-2", "team/app"]),
        ("", ["library/busybox", "other/App-2", "team/app"]),
        ("?q=busy&q=app&n=1&page=7", ["library/busybox"]),
    ):
        response = client.get(f"/v1/search{query}").json()
        assert [result["name"] for result in response["results"]] == names
        assert response["num_results"] == len(names)
    assert client.get("/v1/search?q=app").json()["query"] == "app"
    assert_html_page(httpx.get(serve_v1(search=False).url + "/v1/search"), 404)
