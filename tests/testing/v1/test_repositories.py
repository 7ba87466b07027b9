"""The repositories of a registry: tags, push information, properties, and deletion."""

import time

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.v1.helpers import (
    BASE,
    OTHER,
    TOP,
    assert_error,
    assert_html_page,
    assert_success,
    image_json,
    push_image,
    put_repository,
)

TAGS = "/v1/repositories/team/app/tags"
UNKNOWN_PUSH_INFO = {
    "last_update": None,
    "docker_version": None,
    "docker_go_version": None,
    "arch": "amd64",
    "os": "linux",
    "kernel": None,
}
AGENT = "docker/1.5.0 go/go1.3.3 git-commit/a8a31ef kernel/3.13.0-24-Generic os/Linux arch/AMD64"


@pytest.fixture
def client_with_image(client: httpx.Client) -> httpx.Client:
    push_image(client, BASE, b"layer")
    return client


def test_tags(client_with_image: httpx.Client) -> None:
    assert_error(client_with_image.get(TAGS), 404, "Repository not found")
    put_repository(client_with_image, "team/app", BASE)
    assert client_with_image.get(TAGS).json() == {}
    assert_error(client_with_image.get(f"{TAGS}/latest"), 404, "Tag not found")
    assert_success(client_with_image.put(f"{TAGS}/latest", json=BASE))
    assert_success(client_with_image.put(f"{TAGS}/v1.0-rc_1", json=BASE))
    assert client_with_image.get(TAGS).json() == {"latest": BASE, "v1.0-rc_1": BASE}
    assert_success(client_with_image.delete(f"{TAGS}/latest"))
    assert_error(client_with_image.delete(f"{TAGS}/latest"), 404, "Tag not found: latest")
    assert client_with_image.get(TAGS).json() == {"v1.0-rc_1": BASE}


def test_tag_is_set_to_another_image(client_with_image: httpx.Client) -> None:
    push_image(client_with_image, TOP, b"layer")
    for image_id in (BASE, TOP):
        assert_success(client_with_image.put(f"{TAGS}/latest", json=image_id))
        assert client_with_image.get(f"{TAGS}/latest").json() == image_id


def test_repository_ends_with_its_last_tag(client_with_image: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    assert_success(client_with_image.put(f"{TAGS}/latest", json=BASE))
    assert_success(client_with_image.delete(f"{TAGS}/latest"))
    assert_error(client_with_image.get(TAGS), 404)
    assert v1_registry.storage.v1.names() == []


def test_tag_for_an_incomplete_image(client: httpx.Client) -> None:
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    assert_success(client.put(f"{TAGS}/latest", json=BASE))


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"5", b'""', b"[]", b"\xff", BASE.encode(), b'["%s"]' % BASE.encode()])
def test_image_id_that_is_not_a_string(client_with_image: httpx.Client, content: bytes) -> None:
    assert_error(client_with_image.put(f"{TAGS}/latest", content=content), 400, "Invalid data")


@pytest.mark.parametrize("tag", ["...", "-a", "a b", "a" * 129, "a%0A", "%C3%A9", "a:b"])
def test_invalid_tag(client_with_image: httpx.Client, tag: str) -> None:
    assert_error(client_with_image.put(f"{TAGS}/{tag}", json=BASE), 400)


def test_tag_for_an_image_that_does_not_exist(client: httpx.Client) -> None:
    for image_id in (OTHER, "../x", "\ud800"):
        assert_error(client.put(f"{TAGS}/latest", content=b'"%s"' % image_id.encode("ascii", "backslashreplace")), 404)


def test_push_info(client_with_image: httpx.Client) -> None:
    for path in ("/v1/repositories/team/app/json", f"{TAGS}/latest/json"):
        assert client_with_image.get(path).json() == UNKNOWN_PUSH_INFO
    before = int(time.mktime(time.gmtime()))
    assert_success(client_with_image.put(f"{TAGS}/latest", json=BASE, headers={"User-Agent": AGENT}))
    after = int(time.mktime(time.gmtime()))
    for path in ("/v1/repositories/team/app/json", f"{TAGS}/latest/json"):
        push_info = client_with_image.get(path).json()
        assert before <= push_info.pop("last_update") <= after
        assert push_info == {
            "docker_version": "1.5.0",
            "docker_go_version": "go1.3.3",
            "arch": "amd64",
            "kernel": "3.13.0-24-generic",
            "os": "linux",
        }
    assert_success(client_with_image.put(f"{TAGS}/other", json=BASE, headers={"User-Agent": "curl"}))
    assert set(client_with_image.get(f"{TAGS}/other/json").json()) == {"last_update"}
    assert_success(client_with_image.delete(f"{TAGS}/latest"))
    assert client_with_image.get("/v1/repositories/team/app/json").json() == UNKNOWN_PUSH_INFO


def test_properties(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    path = "/v1/repositories/team/app/properties"
    assert client.get(path).json() == {"access": "public"}
    for access, now in (("private", "private"), ("odd", "private"), ("private", "private"), ("public", "public")):
        assert_success(client.put(path, json={"access": access}))
        assert client.get(path).json() == {"access": now}
    assert v1_registry.storage.v1.names() == []
    assert_success(client.put(path, json={"access": ["private"]}))
    for content in (b"", b"{", b"{}", b"[]", b"5"):
        assert_error(client.put(path, content=content), 400, "Invalid data")
    assert_html_page(client.put(path, json={"public": True}), 500)


@pytest.mark.parametrize("path", ["/v1/repositories/team/app/", TAGS])
def test_delete_a_repository(client_with_image: httpx.Client, path: str) -> None:
    assert_error(client_with_image.delete(path), 404, "Repository not found")
    put_repository(client_with_image, "team/app", BASE)
    assert_success(client_with_image.put(f"{TAGS}/latest", json=BASE))
    assert_success(client_with_image.put("/v1/repositories/team/app/properties", json={"access": "private"}))
    assert_success(client_with_image.delete(path))
    assert_error(client_with_image.get(TAGS), 404)
    assert_error(client_with_image.get("/v1/repositories/team/app/images"), 404)
    assert client_with_image.get("/v1/repositories/team/app/properties").json() == {"access": "public"}
    assert client_with_image.get("/v1/search").json()["num_results"] == 0
    assert client_with_image.get(f"/v1/images/{BASE}/layer").content == b"layer"
