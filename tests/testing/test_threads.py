"""The server calls the methods of a storage in threads, so that a method that blocks does not stop the event loop."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import httpx
import pytest

from docker_registry_sdk.testing import DirectoryStorage, EmbeddedRegistry, RegistryStorage, V1Settings
from tests.testing import helpers
from tests.testing.v1 import helpers as v1_helpers

NOT_BLOCKING = ("close", "size", "lock", "v1")


class Watched:
    """A storage, its records of API v1, a reader or a writer, of which calls in an event loop are recorded."""

    def __init__(self, wrapped: object, calls: list[str]) -> None:
        self._wrapped = wrapped
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._wrapped, name)
        if name == "v1":
            return Watched(value, self._calls)
        return self._watched(name, value) if callable(value) and name not in NOT_BLOCKING else value

    def _watched(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if _has_event_loop():
                self._calls.append(f"{type(self._wrapped).__name__}.{name}")
            result = method(*args)
            return Watched(result, self._calls) if name in ("create", "open") and result is not None else result

        return call


def _has_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def client(tmp_path: Any, calls: list[str]) -> Iterator[httpx.Client]:
    storage = cast("RegistryStorage", Watched(DirectoryStorage(tmp_path), calls))
    with EmbeddedRegistry(storage=storage) as registry, httpx.Client(base_url=registry.url, verify=False) as client:
        yield client


def test_api_v2(client: httpx.Client, calls: list[str]) -> None:
    helpers.push_image(client, "repo", "v1")
    digest = helpers.push_blob(client, "repo", b"blob")
    assert client.post("/v2/other/blobs/uploads/", params={"mount": digest, "from": "repo"}).status_code == 201
    assert client.post("/v2/other/blobs/uploads/", params={"digest": digest}, content=b"wrong").status_code == 400
    client.delete(helpers.start_upload(client))
    location = helpers.start_upload(client)
    assert client.patch(location, content=b"bl", headers={"Content-Range": "0-1"}).status_code == 202
    assert client.patch(location, content=b"ob", headers={"Content-Range": "2-9", "Content-Length": "2"}).status_code == 400
    assert client.put(location, params={"digest": digest}, content=b"ob").status_code == 201
    for path in ("tags/list", "manifests/v1", f"blobs/{digest}", f"referrers/{digest}"):
        assert client.get(f"/v2/repo/{path}").status_code == 200
        client.head(f"/v2/repo/{path}")
    assert client.get("/v2/_catalog").status_code == 200
    assert client.delete(f"/v2/repo/blobs/{digest}").status_code == 202
    assert client.delete("/v2/repo/manifests/v1").status_code == 202
    assert calls == []


def test_api_v1(client: httpx.Client, calls: list[str]) -> None:
    image_id = v1_helpers.BASE
    v1_helpers.put_repository(client, "some/repo", image_id)
    v1_helpers.push_image(client, image_id, v1_helpers.tar("a"))
    assert client.put("/v1/repositories/some/repo/tags/latest", json=image_id).status_code == 200
    assert client.put("/v1/repositories/some/repo/properties", json={"access": "private"}).status_code == 200
    for path in (
        "repositories/some/repo/images",
        "repositories/some/repo/tags",
        "repositories/some/repo/tags/latest",
        "repositories/some/repo/tags/latest/json",
        "repositories/some/repo/json",
        "repositories/some/repo/properties",
        *(f"images/{image_id}/{part}" for part in ("json", "ancestry", "layer", "files", "diff")),
        "search?q=repo",
    ):
        assert client.get(f"/v1/{path}").status_code == 200, path
    assert client.delete("/v1/repositories/some/repo/tags/latest").status_code == 200
    assert client.delete("/v1/repositories/some/repo/").status_code in (200, 202)
    assert calls == []


def test_signed_url(tmp_path: Any, calls: list[str]) -> None:
    storage = cast("RegistryStorage", Watched(DirectoryStorage(tmp_path), calls))
    with (
        EmbeddedRegistry(storage=storage, v1=V1Settings(layer_redirect=True)) as registry,
        httpx.Client(base_url=registry.url, verify=False, follow_redirects=True) as client,
    ):
        v1_helpers.push_image(client, v1_helpers.BASE, v1_helpers.tar("a"))
        assert client.get(f"/v1/images/{v1_helpers.BASE}/layer").status_code == 200
    assert calls == []
