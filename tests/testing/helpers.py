"""Helpers that push content, and inspect responses."""

import hashlib
import json
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
EMPTY_JSON = "application/vnd.oci.empty.v1+json"
UNKNOWN = "sha256:" + "0" * 64


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def push_blob(client: httpx.Client, name: str, content: bytes, algorithm: str = "sha256") -> str:
    digest = digest_of(content, algorithm)
    response = client.post(f"/v2/{name}/blobs/uploads/", params={"digest": digest}, content=content)
    assert response.status_code == 201, response.text
    return digest


def start_upload(client: httpx.Client, name: str = "repo", **query: str) -> str:
    response = client.post(f"/v2/{name}/blobs/uploads/", params=query)
    assert response.status_code == 202, response.text
    return response.headers["location"]


def descriptor(content: bytes, media_type: str, algorithm: str = "sha256") -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(content, algorithm), "size": len(content)}


def image(config: bytes = b"{}", layers: Sequence[bytes] = (), **fields: Any) -> bytes:
    """Return an OCI image manifest."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(config, EMPTY_JSON),
            "layers": [descriptor(layer, "application/vnd.oci.image.layer.v1.tar") for layer in layers],
            **fields,
        }
    ).encode()


def index(*manifests: Mapping[str, Any], **fields: Any) -> bytes:
    """Return an OCI image index."""
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests, **fields}).encode()


def put_manifest(
    client: httpx.Client,
    name: str,
    reference: str,
    content: bytes,
    media_type: str | None = OCI_MANIFEST,
    headers: Mapping[str, str] | None = None,
    **query: Any,
) -> httpx.Response:
    types = {} if media_type is None else {"content-type": media_type}
    return client.put(f"/v2/{name}/manifests/{reference}", params=query, content=content, headers={**types, **(headers or {})})


def push_image(client: httpx.Client, name: str, tag: str, **fields: Any) -> str:
    """Push an image with an empty config and no layers."""
    push_blob(client, name, b"{}")
    response = put_manifest(client, name, tag, image(**fields))
    assert response.status_code == 201, response.text
    return response.headers["docker-content-digest"]


def codes(response: httpx.Response) -> list[str]:
    """Return the error codes in the body of a response."""
    assert response.headers["content-type"] == "application/json"
    return [entry["code"] for entry in response.json()["errors"]]


def assert_error(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, set(codes(response))) == (status, {code}), response.text
    assert response.headers["docker-distribution-api-version"] == "registry/2.0"


def next_page(response: httpx.Response) -> str | None:
    """Return the URL of the next page."""
    link = response.links.get("next")
    return None if link is None else link["url"]


def raw_request(host: str, request: bytes) -> tuple[int, bytes]:
    """Send a request byte by byte as given, and return the status code and the body of the response."""
    address, _, port = host.rpartition(":")
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall(request)
        response = b""
        while chunk := connection.recv(65536):
            response += chunk
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail after a minute, so that a broken server does not block the tests forever."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
