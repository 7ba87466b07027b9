"""Layers: the byte ranges of docker-registry 0.9, interrupted and concurrent uploads."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import DirectoryStorage, EmbeddedRegistry
from docker_registry_sdk.testing.storage.base import BlobWriter
from tests.testing.helpers import raw_request, wait_until
from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import BASE, assert_error, assert_success, checksum, image_json, push_image, put_checksum, tar

LAYER = bytes(range(256)) * 4
URL = f"/v1/images/{BASE}/layer"


@pytest.fixture
def client_with_image(client: httpx.Client) -> httpx.Client:
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
def test_range(client_with_image: httpx.Client, header: str, content_range: str, content: bytes) -> None:
    response = client_with_image.get(URL, headers={"Range": header})
    assert (response.status_code, response.content) == (206, content)
    assert response.headers["content-range"] == content_range
    assert response.headers["content-length"] == str(len(content))
    assert response.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    "header", ["bytes=-100", "bytes=0-1,5-6", "bytes=5", "bytes=a-b", "bytes=-", "lines=1-2", "bytes=1_0-20", "5-6"]
)
def test_unsupported_range(client_with_image: httpx.Client, header: str) -> None:
    response = client_with_image.get(URL, headers={"Range": header})
    assert (response.status_code, response.content) == (200, LAYER)
    assert "content-range" not in response.headers


@pytest.mark.parametrize("header", ["bytes=0-0", "bytes=7-7", "bytes=9-5", "bytes=1024-", "bytes=5000-", "bytes=5-1"])
def test_unsatisfiable_range(client_with_image: httpx.Client, header: str) -> None:
    response = client_with_image.get(URL, headers={"Range": header})
    assert (response.status_code, response.content) == (416, b"")
    assert "content-range" not in response.headers
    assert response.headers["accept-ranges"] == "bytes"


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
def test_range_beyond_the_end(
    client_with_image: httpx.Client, v1_registry: EmbeddedRegistry, header: str, content_range: str, promised: int, sent: int
) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=rf"received {sent} bytes, expected {promised}"):
        client_with_image.get(URL, headers={"Range": header})
    record = v1_registry.requests[-1]
    assert (record.status, record.response_bytes) == (206, sent)
    assert dict(record.response_headers)["content-range"] == content_range
    head = client_with_image.head(URL, headers={"Range": header})
    assert (head.status_code, head.headers["content-length"]) == (206, str(promised))
    assert client_with_image.get(URL).content == LAYER


def test_empty_layer(client: httpx.Client) -> None:
    push_image(client, BASE, b"")
    for headers in ({}, {"Range": "bytes=0-"}):
        response = client.get(URL, headers=headers)
        assert (response.status_code, response.content) == (416, b"")
    assert client.get(f"/v1/images/{BASE}/json").headers["x-docker-size"] == "0"
    with pytest.raises(httpx.RemoteProtocolError, match="received 0 bytes, expected 6"):
        client.get(URL, headers={"Range": "bytes=0-5"})


def test_interrupted_upload(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))

    def interrupted_body() -> Iterator[bytes]:
        yield LAYER
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.put(URL, content=interrupted_body())
    assert put_checksum(client, BASE, "sha256:0").status_code == 500
    image = v1_registry.storage.v1.load_image(BASE)
    assert image is not None and image.layer is None
    if isinstance(v1_registry.storage, DirectoryStorage):
        uploads = v1_registry.storage.files.uploads
        wait_until(lambda: not list(uploads.iterdir()))


def test_image_changes_during_an_upload(
    client: httpx.Client, v1_registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload of a layer fails if the JSON document changes or the image is completed meanwhile."""
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    create, begun = v1_registry.storage.create, threading.Event()

    def note_begin() -> BlobWriter:
        begun.set()
        return create()

    monkeypatch.setattr(v1_registry.storage, "create", note_begin)

    def body_with_change(change: str) -> Iterator[bytes]:
        yield b"first"
        assert begun.wait(60)
        with httpx.Client(base_url=v1_registry.url) as other:
            if change == "json":
                assert_success(other.put(f"/v1/images/{BASE}/json", content=image_json(BASE, comment="second")))
            else:
                push_image(other, BASE, b"done")
        yield b"second"

    assert_error(client.put(URL, content=body_with_change("json")), 400)
    begun.clear()
    assert_error(client.put(URL, content=body_with_change("complete")), 409)
    assert client.get(URL).content == b"done"


def test_replaced_layers_are_deleted(serve_v1: ServeV1) -> None:
    registry = serve_v1()
    with httpx.Client(base_url=registry.url) as client:
        assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
        names: list[str] = []
        for layer in (b"first", b"second"):
            assert_success(client.put(URL, content=layer))
            image = registry.storage.v1.load_image(BASE)
            assert image is not None and image.layer is not None
            names.append(image.layer)
        assert registry.storage.open(names[0]) is None
        assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
        assert registry.storage.open(names[1]) is None


def test_concurrent_uploads(client: httpx.Client, v1_registry: EmbeddedRegistry) -> None:
    """After concurrent uploads of a layer, one of them is stored completely."""
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    layers = [bytes([number]) * 300_000 for number in range(6)]
    threads = [threading.Thread(target=httpx.put, args=(v1_registry.url + URL,), kwargs={"content": layer}) for layer in layers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sums = [checksum(image_json(BASE), layer) for layer in layers]
    assert [put_checksum(client, BASE, value).status_code for value in sums].count(200) == 1
    assert client.get(URL).content in layers


def test_wrong_content_length(v1_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    assert_success(client.put(f"/v1/images/{BASE}/json", content=image_json(BASE)))
    head = f"PUT {URL} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
    assert raw_request(v1_registry.host, head.encode() + b"abcdef")[0] == 200
    assert put_checksum(client, BASE, checksum(image_json(BASE), b"abc")).status_code == 200


def test_large_layer(serve_v1: ServeV1) -> None:
    with httpx.Client(base_url=serve_v1().url) as client:
        layer = tar("./file", size=5_000_000)
        push_image(client, BASE, layer)
        assert client.get(URL).content == layer
        with client.stream("GET", URL) as response:
            next(response.iter_raw())  # then close the connection
        assert client.get(URL, headers={"Range": "bytes=4000000-4000099"}).content == layer[4000000:4000100]
