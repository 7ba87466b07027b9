"""Redirects to signed URLs of layers."""

import re

import httpx

from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import BASE, OTHER, assert_error, push_image

LAYER = bytes(range(256)) * 4
URL = f"/v1/images/{BASE}/layer"


def test_redirect_to_the_same_host(serve_v1: ServeV1) -> None:
    registry = serve_v1(layer_redirect=True)
    with httpx.Client(base_url=registry.url) as client:
        push_image(client, BASE, LAYER)
        assert_redirects(client, registry.url)


def test_redirect_to_another_host(serve_v1: ServeV1) -> None:
    registry = serve_v1()
    settings = V1Settings(layer_redirect=registry.url)
    with EmbeddedRegistry(storage=registry.storage, v1=settings) as front, httpx.Client(base_url=front.url) as client:
        push_image(client, BASE, LAYER)
        assert_redirects(client, registry.url)


def assert_redirects(client: httpx.Client, target: str) -> None:
    response = client.get(URL)
    location = response.headers["location"]
    assert response.status_code == 302
    assert location.startswith(f"{target}/_layers/{BASE}?Expires=")
    assert client.get(location).content == LAYER
    part = client.get(location, headers={"Range": "bytes=-10"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, LAYER[-10:], "bytes 1014-1023/1024")
    assert client.get(location, headers={"Range": "bytes=2000-"}).status_code == 416
    assert_error(client.get(location, headers={"Authorization": "Token x"}), 400, "Only one auth mechanism allowed")
    for forged in (re.sub("Expires=1", "Expires=2", location), location[:-1], location.partition("?")[0]):
        assert_error(client.get(forged), 403)
    assert client.get(client.get(URL.replace(BASE, OTHER)).headers["location"]).status_code == 404


def test_log_redacts_signed_urls(serve_v1: ServeV1) -> None:
    registry = serve_v1(layer_redirect=True)
    with httpx.Client(base_url=registry.url, follow_redirects=True) as client:
        push_image(client, BASE, LAYER)
        location = client.get(URL).url
    assert location.params["Signature"] not in repr(registry.requests)
