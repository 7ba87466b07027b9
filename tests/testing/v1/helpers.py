"""Requests of API v1, and assertions about the responses."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import httpx

Mode: TypeAlias = Literal["w", "w:gz", "w:bz2", "w:xz"]

BASE, TOP, OTHER = "a" * 64, "b" * 64, "c" * 64
REQUEST_TOKEN = {"X-Docker-Token": "true"}


def image_json(image_id: str, parent: str | None = None, **fields: Any) -> bytes:
    return json.dumps({"id": image_id, **({} if parent is None else {"parent": parent}), **fields}).encode()


def tar(*names: str, mode: Mode = "w", size: int = 3) -> bytes:
    """Return a tar with files of the given names; a name with a final slash is a directory."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.mtime = 7
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = size
                archive.addfile(info, io.BytesIO(b"x" * size))
    return content.getvalue()


def checksum(document: bytes, layer: bytes) -> str:
    return "sha256:" + hashlib.sha256(document + b"\n" + layer).hexdigest()


def token_header(response: httpx.Response) -> dict[str, str]:
    """Return the request header with the token in a response."""
    return {"Authorization": "Token " + response.headers["x-docker-token"].removeprefix("Token ")}


def put_checksum(client: httpx.Client, image_id: str, value: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return client.put(f"/v1/images/{image_id}/checksum", headers={"X-Docker-Checksum-Payload": value, **(headers or {})})


def push_image(
    client: httpx.Client,
    image_id: str,
    layer: bytes,
    parent: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Push an image, and return its JSON document."""
    document = image_json(image_id, parent)
    assert_success(client.put(f"/v1/images/{image_id}/json", content=document, headers=headers))
    assert_success(client.put(f"/v1/images/{image_id}/layer", content=_chunks(layer), headers=headers))
    assert_success(put_checksum(client, image_id, checksum(document, layer), headers))
    return document


def put_repository(client: httpx.Client, name: str, *image_ids: str, **headers: str) -> httpx.Response:
    response = client.put(
        f"/v1/repositories/{name}/", json=[{"id": one} for one in image_ids], headers={**REQUEST_TOKEN, **headers}
    )
    assert response.status_code == 200, response.text
    return response


def assert_success(response: httpx.Response) -> httpx.Response:
    assert (response.status_code, response.json()) == (200, True), response.text
    return response


def assert_error(response: httpx.Response, status: int, message: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    assert message is None or response.json()["error"] == message


def assert_html_page(response: httpx.Response, status: int) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"


def _chunks(content: bytes) -> Iterable[bytes]:
    """Yield a body in chunks: Docker sends layers without Content-Length."""
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]
