"""Effects on bodies: wrong bytes and slow transfer."""

import json
import random
import time

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow, WrongBytes
from tests.testing.helpers import push_blob, push_image, start_upload, wait_until

CONTENT = random.Random(2).randbytes(700_000)


@pytest.mark.parametrize("at", [0, 1, 262_143, 262_144, 500_000, 699_999])
def test_wrong_byte(memory_registry: EmbeddedRegistry, client: httpx.Client, at: int) -> None:
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', CONTENT)}"
    memory_registry.faults.add(Fault(WrongBytes(at=at), operation="create_blob_read_stream"))
    body = client.get(path).content
    assert len(body) == len(CONTENT)
    assert [index for index, pair in enumerate(zip(body, CONTENT, strict=True)) if pair[0] != pair[1]] == [at]
    assert client.get(path).content == CONTENT


def test_changed_manifest_is_still_json(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    digest = push_image(client, "repo", "tag")
    right = client.get("/v2/repo/manifests/tag").content
    memory_registry.faults.add(Fault(WrongBytes(at=right.index(b"2, ")), operation="get_manifest"))
    response = client.get("/v2/repo/manifests/tag")
    assert json.loads(response.content)["schemaVersion"] == 3
    assert response.headers["docker-content-digest"] == digest


def test_slow_download(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', b'x' * 10_000)}"
    memory_registry.faults.add(Fault(Slow(50_000), operation="create_blob_read_stream"))
    start = time.monotonic()
    with client.stream("GET", path) as response:
        chunks = [len(chunk) for chunk in response.iter_raw()]
    assert sum(chunks) == 10_000
    assert len(chunks) > 1
    assert time.monotonic() - start > 0.15


def test_slow_upload(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    location = start_upload(client)
    memory_registry.faults.add(Fault(Slow(50_000, of="request"), operation="upload_blob_chunk"))
    start = time.monotonic()
    assert client.patch(location, content=b"x" * 10_000).headers["range"] == "0-9999"
    assert time.monotonic() - start > 0.15


def test_disconnect_during_a_slow_response(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', CONTENT)}"
    memory_registry.faults.add(Fault(Slow(1000), operation="create_blob_read_stream"))
    with client.stream("GET", path) as response:
        next(response.iter_raw())
    wait_until(lambda: len(memory_registry.requests) == 2)  # at 1000 bytes per second, the body would take 700 s
