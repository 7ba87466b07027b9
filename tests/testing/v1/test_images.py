"""The images of a registry: push in the right and in the wrong order, and pull."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import (
    BASE,
    OTHER,
    TOP,
    assert_error,
    assert_html_page,
    assert_success,
    checksum,
    image_json,
    push_image,
    put_checksum,
    tar,
)

LAYER = tar("./file")


def test_requests_of_a_push_in_the_wrong_order(client: httpx.Client) -> None:
    assert_error(client.put(f"/v1/images/{BASE}/layer", content=LAYER), 404, "Image not found")
    assert_error(put_checksum(client, BASE, "sha256:0"), 404, "Image not found")
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    assert_html_page(put_checksum(client, BASE, "sha256:0"), 500)
    assert_success(client.put(f"/v1/images/{BASE}/layer", content=LAYER))
    for path in ("json", "layer", "ancestry", "files", "diff"):
        assert_error(client.get(f"/v1/images/{BASE}/{path}"), 400, "Image is being uploaded, retry later")
    assert_error(put_checksum(client, BASE, "sha256:0"), 400, "Checksum mismatch")
    assert_error(put_checksum(client, BASE, ""), 400)
    assert_error(client.put(f"/v1/images/{BASE}/checksum"), 412)
    assert_success(client.put(f"/v1/images/{BASE}/layer", content=LAYER))
    assert_success(
        put_checksum(client, BASE, checksum(image_json(BASE), LAYER), {"X-Docker-Checksum": "tarsum+sha256:" + "0" * 64})
    )
    assert_error(put_checksum(client, BASE, "sha256:0"), 409)
    assert_error(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)), 409, "Image already exists")
    assert_error(client.put(f"/v1/images/{BASE}/layer", content=LAYER), 409, "Image already exists")


def test_option_crashes(serve_v1: ServeV1) -> None:
    with httpx.Client(base_url=serve_v1(crashes=False).url) as client:
        assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
        assert_error(put_checksum(client, BASE, "sha256:0"), 400)
        assert_error(client.put("/v1/repositories/a/b/properties", json={"a": 1}), 400)
        assert client.put("/v1/repositories/a/b/", json=[{}]).status_code == 200
        assert_error(client.put("/v1/repositories/a/b/", json=[{}]), 400)


def test_old_docker_version(client: httpx.Client) -> None:
    """docker-registry 0.9 intends to refuse Docker before 0.10, but accepts every version with a dot."""
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    for version, status in (("0", 412), ("09-dev", 412), ("0.9.1", 200), ("1.5.0", 200), ("1", 200)):
        agent = {"User-Agent": f"docker/{version} go/go1.3"}
        assert client.put(f"/v1/images/{BASE}/layer", content=LAYER, headers=agent).status_code == status


def test_push_that_begins_again(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    assert_success(client.put(f"/v1/images/{BASE}/layer", content=LAYER))
    document = image_json(BASE, comment="second")
    assert_success(client.put(f"/v1/images/{BASE}/json", content=document))
    assert_html_page(put_checksum(client, BASE, checksum(image_json(BASE), LAYER)), 500)
    assert_success(client.put(f"/v1/images/{BASE}/layer", content=b"another"))
    assert_success(put_checksum(client, BASE, checksum(document, b"another")))
    assert client.get(f"/v1/images/{BASE}/json").content == document
    assert client.get(f"/v1/images/{BASE}/layer").content == b"another"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"{}", "Invalid JSON"),
        (b"[1]", "Invalid JSON"),
        (b'"\xff"', "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b'{"a": 1}', "Missing key `id' in JSON"),
        (image_json(TOP), "JSON data contains invalid id"),
        (image_json(BASE, TOP), "Image depends on a non existing parent"),
        (image_json(BASE, BASE), "Image depends on a non existing parent"),
        (b'{"id": "%s", "parent": 5}' % BASE.encode(), "Image depends on a non existing parent"),
        (b'{"id": "%s", "parent": ["a"]}' % BASE.encode(), "Image depends on a non existing parent"),
        (b'{"id": "%s", "parent": "../x"}' % BASE.encode(), "Image depends on a non existing parent"),
    ],
)
def test_invalid_json(client: httpx.Client, content: bytes, message: str) -> None:
    assert_error(client.put(f"/v1/images/{BASE}/json", content=content), 400, message)
    assert_error(client.get(f"/v1/images/{BASE}/json"), 404, "Image not found")


def test_image_cannot_be_its_own_ancestor(client: httpx.Client) -> None:
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    assert_success(client.put(f"/v1/images/{TOP}/json", content=image_json(TOP, BASE)))
    assert_error(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE, TOP)), 400)


def test_image_id_of_16_digits(client: httpx.Client) -> None:
    push_image(client, "0123456789abcdef", LAYER)
    assert client.get("/v1/images/0123456789abcdef/ancestry").json() == ["0123456789abcdef"]


@pytest.mark.parametrize("path", ["json", "ancestry", "layer", "files"])
def test_image_that_does_not_exist(client: httpx.Client, path: str) -> None:
    assert_error(client.get(f"/v1/images/{OTHER}/{path}"), 404, "Image not found")
    for image_id in ("x", "A" * 64, "a" * 63, "a" * 64 + "%0A", "latest"):
        assert_error(client.get(f"/v1/images/{image_id}/{path}"), 404, "Invalid image ID")


@pytest.mark.parametrize("path", ["json", "ancestry", "layer", "files", "diff"])
def test_not_modified(client: httpx.Client, path: str) -> None:
    """The response is 304 for every date, and even if the image does not exist."""
    for image_id in (BASE, OTHER):
        response = client.get(f"/v1/images/{image_id}/{path}", headers={"If-Modified-Since": "x"})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["last-modified"] == "Thu, 01 Jan 1970 00:00:00 GMT"
