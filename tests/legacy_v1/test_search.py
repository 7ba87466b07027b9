"""Searching the index, page after page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from docker_registry_sdk import NotFoundError, RegistryError
from tests.legacy_v1.conftest import StartRegistry
from tests.legacy_v1.driver import Driver
from tests.legacy_v1.layered_image import BASE


def pages(*found: list[str], **facts: Any) -> Any:
    """Return a function that answers a search with one page after the other, in a circle."""

    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        results = [{"name": name} for name in found[(number - 1) % len(found)]]
        return httpx.Response(200, json={"results": results, "num_pages": len(found), "page": number, **facts})

    return answer


def names(results: Any) -> list[str]:
    return [result.name for result in results]


def test_docker_registry(driver: Driver, start_registry: StartRegistry) -> None:
    registry = start_registry()
    with driver.v1(index=registry.host) as client:
        for name in ("team/app", "other/app"):
            client.with_repo(name).put_repo([BASE])
        answer = client.search("app", page=3, n=5)
        assert (answer.body.query, answer.body.num_results) == ("app", 2)
        assert names(client.iter_search("app", page_size=1)) == ["other/app", "team/app"]
        assert names(client.iter_search("nothing")) == []
    assert [request.path for request in registry.requests if "search" in request.path] == [
        "/v1/search?q=app&page=3&n=5",
        "/v1/search?q=app&n=1",
        "/v1/search?q=nothing",
    ]


def test_an_index_without_search(driver: Driver, start_registry: StartRegistry) -> None:
    with driver.v1(index=start_registry(search=False).host) as client, pytest.raises(NotFoundError):
        client.search("app")


def test_all_pages_are_read(driver: Driver) -> None:
    with driver.v1(index="i.example.com", **driver.mocked(pages(["a", "b"], ["c"], ["d"]))) as client:
        assert names(client.iter_search("x")) == ["a", "b", "c", "d"]


def test_an_empty_page_ends_the_search(driver: Driver) -> None:
    with driver.v1(index="i.example.com", **driver.mocked(pages(["a"], [], ["c"]))) as client:
        assert names(client.iter_search("x")) == ["a"]


def test_a_repeated_page_is_an_error(driver: Driver) -> None:
    with (
        driver.v1(index="i.example.com", **driver.mocked(pages(["a"], ["b"], num_pages=10**9))) as client,
        pytest.raises(RegistryError, match="same page of the search twice"),
    ):
        list(client.iter_search("x"))


def test_an_endless_search_is_an_error(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker_registry_sdk.legacy_v1.search_pages.MAX_PAGES", 5)

    def endless(request: httpx.Request) -> httpx.Response:
        number = request.url.params.get("page", "1")
        return httpx.Response(200, json={"results": [{"name": number}], "num_pages": 10**9})

    with (
        driver.v1(index="i.example.com", **driver.mocked(endless)) as client,
        pytest.raises(RegistryError, match="the limits are"),
    ):
        list(client.iter_search("x"))
