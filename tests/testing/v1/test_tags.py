"""Tags, the facts about pushes, properties, and the deletion of tags and repositories."""

import time

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.v1.helpers import BASE, OTHER, TOP, allocate, assert_error, assert_web_page, done, image_json, push_image

TAGS = "/v1/repositories/team/app/tags"
UNKNOWN = {"last_update": None, "docker_version": None, "docker_go_version": None, "arch": "amd64", "os": "linux", "kernel": None}
AGENT = "docker/1.5.0 go/go1.3.3 git-commit/a8a31ef kernel/3.13.0-24-Generic os/Linux arch/AMD64"


@pytest.fixture
def pushed(client: httpx.Client) -> httpx.Client:
    push_image(client, BASE, b"layer")
    return client


def test_tags(pushed: httpx.Client) -> None:
    assert_error(pushed.get(TAGS), 404, "Repository not found")
    allocate(pushed, "team/app", BASE)
    assert pushed.get(TAGS).json() == {}
    assert_error(pushed.get(f"{TAGS}/latest"), 404, "Tag not found")
    done(pushed.put(f"{TAGS}/latest", json=BASE))
    done(pushed.put(f"{TAGS}/v1.0-rc_1", json=BASE))
    assert pushed.get(TAGS).json() == {"latest": BASE, "v1.0-rc_1": BASE}
    done(pushed.delete(f"{TAGS}/latest"))
    assert_error(pushed.delete(f"{TAGS}/latest"), 404, "Tag not found: latest")
    assert pushed.get(TAGS).json() == {"v1.0-rc_1": BASE}


def test_a_tag_moves(pushed: httpx.Client) -> None:
    push_image(pushed, TOP, b"layer")
    for image_id in (BASE, TOP):
        done(pushed.put(f"{TAGS}/latest", json=image_id))
        assert pushed.get(f"{TAGS}/latest").json() == image_id


def test_the_last_tag_of_a_repository_that_was_never_allocated(pushed: httpx.Client, registry: EmbeddedRegistry) -> None:
    done(pushed.put(f"{TAGS}/latest", json=BASE))
    done(pushed.delete(f"{TAGS}/latest"))
    assert_error(pushed.get(TAGS), 404)
    assert registry.storage.v1.names() == []


def test_a_tag_for_an_image_that_is_on_its_way(client: httpx.Client) -> None:
    done(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    done(client.put(f"{TAGS}/latest", json=BASE))


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"5", b'""', b"[]", b"\xff", BASE.encode(), b'["%s"]' % BASE.encode()])
def test_a_tag_that_is_no_string(pushed: httpx.Client, content: bytes) -> None:
    assert_error(pushed.put(f"{TAGS}/latest", content=content), 400, "Invalid data")


@pytest.mark.parametrize("tag", ["...", "-a", "a b", "a" * 129, "a%0A", "%C3%A9", "a:b"])
def test_a_bad_tag(pushed: httpx.Client, tag: str) -> None:
    assert_error(pushed.put(f"{TAGS}/{tag}", json=BASE), 400)


def test_a_tag_for_no_image(client: httpx.Client) -> None:
    for image_id in (OTHER, "../x", "\ud800"):
        assert_error(client.put(f"{TAGS}/latest", content=b'"%s"' % image_id.encode("ascii", "backslashreplace")), 404)


def test_facts(pushed: httpx.Client) -> None:
    for path in ("/v1/repositories/team/app/json", f"{TAGS}/latest/json"):
        assert pushed.get(path).json() == UNKNOWN
    before = int(time.mktime(time.gmtime()))
    done(pushed.put(f"{TAGS}/latest", json=BASE, headers={"User-Agent": AGENT}))
    for path in ("/v1/repositories/team/app/json", f"{TAGS}/latest/json"):
        facts = pushed.get(path).json()
        assert before <= facts.pop("last_update") <= before + 60
        assert facts == {
            "docker_version": "1.5.0",
            "docker_go_version": "go1.3.3",
            "arch": "amd64",
            "kernel": "3.13.0-24-generic",
            "os": "linux",
        }
    done(pushed.put(f"{TAGS}/other", json=BASE, headers={"User-Agent": "curl"}))
    assert set(pushed.get(f"{TAGS}/other/json").json()) == {"last_update"}
    done(pushed.delete(f"{TAGS}/latest"))
    assert pushed.get("/v1/repositories/team/app/json").json() == UNKNOWN


def test_properties(client: httpx.Client, registry: EmbeddedRegistry) -> None:
    path = "/v1/repositories/team/app/properties"
    assert client.get(path).json() == {"access": "public"}
    for access, now in (("private", "private"), ("odd", "private"), ("private", "private"), ("public", "public")):
        done(client.put(path, json={"access": access}))
        assert client.get(path).json() == {"access": now}
    assert registry.storage.v1.names() == []
    done(client.put(path, json={"access": ["private"]}))
    for content in (b"", b"{", b"{}", b"[]", b"5"):
        assert_error(client.put(path, content=content), 400, "Invalid data")
    assert_web_page(client.put(path, json={"public": True}), 500)


@pytest.mark.parametrize("path", ["/v1/repositories/team/app/", TAGS])
def test_delete_a_repository(pushed: httpx.Client, path: str) -> None:
    assert_error(pushed.delete(path), 404, "Repository not found")
    allocate(pushed, "team/app", BASE)
    done(pushed.put(f"{TAGS}/latest", json=BASE))
    done(pushed.put("/v1/repositories/team/app/properties", json={"access": "private"}))
    done(pushed.delete(path))
    assert_error(pushed.get(TAGS), 404)
    assert_error(pushed.get("/v1/repositories/team/app/images"), 404)
    assert pushed.get("/v1/repositories/team/app/properties").json() == {"access": "public"}
    assert pushed.get("/v1/search").json()["num_results"] == 0
    assert pushed.get(f"/v1/images/{BASE}/layer").content == b"layer"
