"""A small image of two layers, and functions that push and pull it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from docker_registry_sdk.v1.models import RepoImg

BASE, TOP = "a" * 64, "b" * 64
LAYERS = {BASE: b"base layer " * 1000, TOP: b"top layer " * 100_000}
JSON = {BASE: json.dumps({"id": BASE}).encode(), TOP: json.dumps({"id": TOP, "parent": BASE}).encode()}
USER = {"username": "alice", "password": "secret"}
USERS = {"alice": "secret"}


def payload(img_id: str) -> str:
    """Return the payload checksum of an image."""
    return "sha256:" + hashlib.sha256(JSON[img_id] + b"\n" + LAYERS[img_id]).hexdigest()


def push_image(client: Any, *tags: str, streamed: bool = False) -> None:
    """Push the whole image in the order that registries require."""
    client.put_repo([BASE, TOP])
    for img_id in (BASE, TOP):
        client.put_img_json(img_id, JSON[img_id])
        source = iter([LAYERS[img_id][:100], LAYERS[img_id][100:]]) if streamed else LAYERS[img_id]
        checksum = client.put_img_layer(img_id, source, img_json=JSON[img_id])
        assert checksum == payload(img_id)
        client.put_img_checksum(img_id, checksum)
    for tag in tags or ("latest",):
        client.put_repo_tag(tag, TOP)
    client.put_repo_imgs([RepoImg(id=img_id, checksum=payload(img_id)) for img_id in (BASE, TOP)])


def pull_image(client: Any) -> dict[str, bytes]:
    """Pull the image of the tag `latest`, and return its layers by image id."""
    found: dict[str, bytes] = {}
    for img_id in client.get_img_ancestry(client.get_img_id("latest")):
        response = client.get_img_json(img_id)
        assert (response.raw, response.body.id) == (JSON[img_id], img_id)
        with client.get_img_layer_stream(img_id, img_json=response) as stream:
            assert stream.verification == "unverified"
            found[img_id] = stream.read()
            assert stream.verification == "verified"
    return found
