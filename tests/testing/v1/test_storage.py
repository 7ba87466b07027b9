"""The records of API v1 in a directory: restarts, malformed records, and failed writes."""

import logging
import os
from pathlib import Path

import httpx
import pytest

from docker_registry_sdk.testing import DirectoryStorage, EmbeddedRegistry, V1Settings
from tests.testing.v1.helpers import BASE, OTHER, TOP, assert_success, image_json, push_image, put_repository

CALLS = (
    "/v1/repositories/Team/app/images",
    "/v1/repositories/Team/app/tags",
    "/v1/repositories/Team/app/json",
    "/v1/repositories/Team/app/tags/latest/json",
    "/v1/repositories/Team/app/properties",
    "/v1/repositories/team/app/images",
    "/v1/search",
    f"/v1/images/{TOP}/ancestry",
    f"/v1/images/{TOP}/json",
    f"/v1/images/{TOP}/layer",
    f"/v1/images/{OTHER}/json",
)


def read_all(client: httpx.Client) -> list[tuple[int, bytes]]:
    return [(response.status_code, response.content) for response in map(client.get, CALLS)]


def push_everything(client: httpx.Client) -> None:
    push_image(client, BASE, b"base")
    push_image(client, TOP, b"top", BASE)
    put_repository(client, "Team/app", TOP, BASE)
    put_repository(client, "team/app")
    assert_success(client.put("/v1/repositories/Team/app/tags/latest", json=TOP, headers={"User-Agent": "docker/1.5.0 os/linux"}))
    assert_success(client.put("/v1/repositories/Team/app/properties", json={"access": "private"}))
    assert_success(client.put(f"/v1/images/{OTHER}/json", content=image_json(OTHER)))
    assert_success(client.put(f"/v1/images/{OTHER}/layer", content=b"other"))
    put_repository(client, "a" * 100 + "/" + "b" * 150)


def test_restart(tmp_path: Path) -> None:
    with EmbeddedRegistry(storage=tmp_path) as registry, httpx.Client(base_url=registry.url) as client:
        push_everything(client)
        before = read_all(client)
    with EmbeddedRegistry(storage=tmp_path) as registry, httpx.Client(base_url=registry.url) as client:
        assert read_all(client) == before
        assert_success(client.delete("/v1/repositories/Team/app/"))
    with EmbeddedRegistry(storage=tmp_path) as registry, httpx.Client(base_url=registry.url) as client:
        assert client.get("/v1/repositories/Team/app/tags").status_code == 404
        assert client.get("/v1/repositories/team/app/tags").status_code == 200
        assert list((tmp_path / "uploads").iterdir()) == []


def test_stop_and_start(tmp_path: Path) -> None:
    """Memory and tokens survive a stop; an index names registries only while they run."""
    index = EmbeddedRegistry(v1=V1Settings(role="index"))
    registry = EmbeddedRegistry(v1=V1Settings(role="registry"), index=index)
    for _ in range(2):
        with index, registry, httpx.Client(base_url=index.url) as client:
            assert put_repository(client, "a/b").headers["x-docker-endpoints"] == registry.host
    with index, httpx.Client(base_url=index.url) as client:
        assert put_repository(client, "a/b").headers["x-docker-endpoints"] == index.host


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"name": "a/b"}', b"\xff"])
@pytest.mark.parametrize("name", ["repositories/x.json", f"images/aa/{BASE}.json"])
def test_malformed_record(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "v1" / name
    DirectoryStorage(tmp_path).close()
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"is not a valid record of an? \w+ of API v1") as caught:
        DirectoryStorage(tmp_path)
    assert str(path) in str(caught.value)


def test_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedRegistry(storage=tmp_path) as registry, httpx.Client(base_url=registry.url) as client:
        push_everything(client)
        before = read_all(client)

        def fail(*_: object) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(logging.getLogger("docker_registry_sdk.testing.server"), "disabled", True)
        with monkeypatch.context() as context:
            context.setattr(os, "fsync", fail)
            assert client.put("/v1/repositories/Team/app/tags/latest", json=BASE).status_code == 500
            assert client.put(f"/v1/images/{OTHER}/layer", content=b"another").status_code == 500
            assert client.put("/v1/repositories/Team/app/images", json=[]).status_code == 500
        with monkeypatch.context() as context:
            context.setattr(registry.storage.v1, "save_image", fail)
            assert client.put(f"/v1/images/{OTHER}/layer", content=b"another").status_code == 500
        assert read_all(client) == before
        assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 3
        assert list((tmp_path / "uploads").iterdir()) == []
    with EmbeddedRegistry(storage=tmp_path) as registry, httpx.Client(base_url=registry.url) as client:
        assert read_all(client) == before
