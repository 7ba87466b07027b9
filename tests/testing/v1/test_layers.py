"""Layers: ranges as docker-registry 0.9 understands them, redirects, and bodies that break off."""

import re
import threading
from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import DirectoryStorage, EmbeddedRegistry, V1Settings
from tests.testing.helpers import raw_request
from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import BASE, OTHER, assert_error, checksum, done, image_json, push_image, put_checksum, tar

LAYER = bytes(range(256)) * 4
URL = f"/v1/images/{BASE}/layer"


@pytest.fixture
def pushed(client: httpx.Client) -> httpx.Client:
    push_image(client, BASE, LAYER)
    return client


@pytest.mark.parametrize(
    ("header", "content_range", "content"),
    [
        ("bytes=0-1", "0-1/1024", LAYER[:2]),
        ("bytes=100-199", "100-199/1024", LAYER[100:200]),
        ("bytes=1-2-", "1-2/1024", LAYER[1:3]),
        ("bytes= 5-+9", "5-9/1024", LAYER[5:10]),
        ("bytes=0-1023", "0-1023/1024", LAYER),
    ],
)
def test_a_range(pushed: httpx.Client, header: str, content_range: str, content: bytes) -> None:
    answer = pushed.get(URL, headers={"Range": header})
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["content-range"] == content_range
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    "header", ["bytes=-100", "bytes=0-1,5-6", "bytes=5", "bytes=a-b", "bytes=-", "lines=1-2", "bytes=1_0-20", "5-6"]
)
def test_a_range_that_makes_no_sense(pushed: httpx.Client, header: str) -> None:
    answer = pushed.get(URL, headers={"Range": header})
    assert (answer.status_code, answer.content) == (200, LAYER)
    assert "content-range" not in answer.headers


@pytest.mark.parametrize("header", ["bytes=0-0", "bytes=7-7", "bytes=9-5", "bytes=1024-", "bytes=5000-", "bytes=5-1"])
def test_a_range_that_is_refused(pushed: httpx.Client, header: str) -> None:
    answer = pushed.get(URL, headers={"Range": header})
    assert (answer.status_code, answer.content) == (416, b"")
    assert "content-range" not in answer.headers
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("header", "content_range", "promised", "sent"),
    [
        ("bytes=1000-", "1000-1024/1024", 25, 24),
        ("bytes=0-", "0-1024/1024", 1025, 1024),
        ("bytes=1020-2000", "1020-2000/1024", 981, 4),
        ("bytes=4000-5000", "4000-5000/1024", 1001, 0),
        ("bytes=1023-", "1023-1024/1024", 2, 1),
    ],
)
def test_a_range_that_promises_too_much(
    pushed: httpx.Client, registry: EmbeddedRegistry, header: str, content_range: str, promised: int, sent: int
) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=rf"received {sent} bytes, expected {promised}"):
        pushed.get(URL, headers={"Range": header})
    record = registry.requests[-1]
    assert (record.status, record.response_bytes) == (206, sent)
    assert dict(record.response_headers)["content-range"] == content_range
    head = pushed.head(URL, headers={"Range": header})
    assert (head.status_code, head.headers["content-length"]) == (206, str(promised))
    assert pushed.get(URL).content == LAYER


def test_an_empty_layer(client: httpx.Client) -> None:
    push_image(client, BASE, b"")
    for headers in ({}, {"Range": "bytes=0-"}):
        answer = client.get(URL, headers=headers)
        assert (answer.status_code, answer.content) == (416, b"")
    assert client.get(f"/v1/images/{BASE}/json").headers["x-docker-size"] == "0"
    with pytest.raises(httpx.RemoteProtocolError, match="received 0 bytes, expected 6"):
        client.get(URL, headers={"Range": "bytes=0-5"})


def test_a_redirect_on_the_same_host(serve_v1: ServeV1) -> None:
    registry = serve_v1(layer_redirect=True)
    with httpx.Client(base_url=registry.url) as client:
        push_image(client, BASE, LAYER)
        check_redirect(client, registry.url)


def test_a_redirect_to_another_host(serve_v1: ServeV1) -> None:
    registry = serve_v1()
    settings = V1Settings(layer_redirect=registry.url)
    with EmbeddedRegistry(storage=registry.storage, v1=settings) as front, httpx.Client(base_url=front.url) as client:
        push_image(client, BASE, LAYER)
        check_redirect(client, registry.url)


def check_redirect(client: httpx.Client, target: str) -> None:
    answer = client.get(URL)
    location = answer.headers["location"]
    assert answer.status_code == 302
    assert location.startswith(f"{target}/_layers/{BASE}?Expires=")
    assert client.get(location).content == LAYER
    part = client.get(location, headers={"Range": "bytes=-10"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, LAYER[-10:], "bytes 1014-1023/1024")
    assert client.get(location, headers={"Range": "bytes=2000-"}).status_code == 416
    assert_error(client.get(location, headers={"Authorization": "Token x"}), 400, "Only one auth mechanism allowed")
    for forged in (re.sub("Expires=1", "Expires=2", location), location[:-1], location.partition("?")[0]):
        assert_error(client.get(forged), 403)
    assert client.get(client.get(URL.replace(BASE, OTHER)).headers["location"]).status_code == 404


def test_a_signed_url_is_a_secret(serve_v1: ServeV1) -> None:
    registry = serve_v1(layer_redirect=True)
    with httpx.Client(base_url=registry.url, follow_redirects=True) as client:
        push_image(client, BASE, LAYER)
        location = client.get(URL).url
    assert location.params["Signature"] not in repr(registry.requests)


def test_a_body_that_breaks_off(client: httpx.Client, registry: EmbeddedRegistry) -> None:
    done(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))

    def breaking() -> Iterator[bytes]:
        yield LAYER
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.put(URL, content=breaking())
    assert put_checksum(client, BASE, "sha256:0").status_code == 500
    image = registry.storage.v1.load_image(BASE)
    assert image is not None and image.layer is None
    if isinstance(registry.storage, DirectoryStorage):
        for _ in range(100):
            if not list(registry.storage.uploads.iterdir()):
                break
            threading.Event().wait(0.01)
        assert not list(registry.storage.uploads.iterdir())


def test_a_layer_that_arrives_too_late(client: httpx.Client, registry: EmbeddedRegistry) -> None:
    """The json was put again, or the image completed, while the layer was on its way."""
    done(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))

    def then(action: str) -> Iterator[bytes]:
        yield b"first"
        with httpx.Client(base_url=registry.url) as other:
            if action == "json":
                done(other.put(f"/v1/images/{BASE}/json", content=image_json(BASE, comment="second")))
            else:
                push_image(other, BASE, b"done")
        yield b"second"

    assert_error(client.put(URL, content=then("json")), 400)
    assert_error(client.put(URL, content=then("complete")), 409)
    assert client.get(URL).content == b"done"


def test_replaced_layers_are_thrown_away(serve_v1: ServeV1) -> None:
    registry = serve_v1()
    with httpx.Client(base_url=registry.url) as client:
        done(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
        names: list[str] = []
        for layer in (b"first", b"second"):
            done(client.put(URL, content=layer))
            image = registry.storage.v1.load_image(BASE)
            assert image is not None and image.layer is not None
            names.append(image.layer)
        assert registry.storage.open(names[0]) is None
        done(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
        assert registry.storage.open(names[1]) is None


def test_many_at_once(client: httpx.Client, registry: EmbeddedRegistry) -> None:
    """Parallel pushes of one image: the last one is whole."""
    done(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    layers = [bytes([number]) * 300_000 for number in range(6)]
    threads = [threading.Thread(target=httpx.put, args=(registry.url + URL,), kwargs={"content": layer}) for layer in layers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sums = [checksum(image_json(BASE), layer) for layer in layers]
    assert [put_checksum(client, BASE, value).status_code for value in sums].count(200) == 1
    assert client.get(URL).content in layers


def test_a_lying_length(registry: EmbeddedRegistry, client: httpx.Client) -> None:
    done(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    head = f"PUT {URL} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
    assert raw_request(registry.host, head.encode() + b"abcdef")[0] == 200
    assert put_checksum(client, BASE, checksum(image_json(BASE), b"abc")).status_code == 200


def test_a_large_layer(serve_v1: ServeV1) -> None:
    with httpx.Client(base_url=serve_v1().url) as client:
        layer = tar("./file", size=5_000_000)
        push_image(client, BASE, layer)
        assert client.get(URL).content == layer
        with client.stream("GET", URL) as answer:
            next(answer.iter_raw())  # and leave
        assert client.get(URL, headers={"Range": "bytes=4000000-4000099"}).content == layer[4000000:4000100]
