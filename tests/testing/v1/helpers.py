"""What the tests of API v1 push, and how they look at answers."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import httpx

Mode: TypeAlias = Literal["w", "w:gz", "w:bz2", "w:xz"]

BASE, TOP, OTHER = "a" * 64, "b" * 64, "c" * 64
WANT_TOKEN = {"X-Docker-Token": "true"}


def image_json(image_id: str, parent: str | None = None, **fields: Any) -> bytes:
    return json.dumps({"id": image_id, **({} if parent is None else {"parent": parent}), **fields}).encode()


def tar(*names: str, mode: Mode = "w", size: int = 3) -> bytes:
    """Write a tar with files of the given names; directories end with a slash."""
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


def token(answer: httpx.Response) -> dict[str, str]:
    """Return the header that brings the token of an answer to a registry."""
    return {"Authorization": "Token " + answer.headers["x-docker-token"].removeprefix("Token ")}


def put_checksum(client: httpx.Client, image_id: str, value: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return client.put(f"/v1/images/{image_id}/checksum", headers={"X-Docker-Checksum-Payload": value, **(headers or {})})


def push_image(
    client: httpx.Client,
    image_id: str,
    layer: bytes,
    parent: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Push an image in the right order, and return its json."""
    document = image_json(image_id, parent)
    done(client.put(f"/v1/images/{image_id}/json", content=document, headers=headers))
    done(client.put(f"/v1/images/{image_id}/layer", content=_parts(layer), headers=headers))
    done(put_checksum(client, image_id, checksum(document, layer), headers))
    return document


def allocate(client: httpx.Client, name: str, *image_ids: str, **headers: str) -> httpx.Response:
    answer = client.put(f"/v1/repositories/{name}/", json=[{"id": one} for one in image_ids], headers={**WANT_TOKEN, **headers})
    assert answer.status_code == 200, answer.text
    return answer


def done(answer: httpx.Response) -> httpx.Response:
    assert (answer.status_code, answer.json()) == (200, True), answer.text
    return answer


def assert_error(answer: httpx.Response, status: int, message: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    assert message is None or answer.json()["error"] == message


def assert_web_page(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def _parts(content: bytes) -> Iterable[bytes]:
    """Send a body in chunks, as Docker does, which does not know the length of a layer."""
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]
