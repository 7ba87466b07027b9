"""Invalid manifests."""

import json
from typing import Any

import httpx
import pytest

from tests.testing.helpers import EMPTY_JSON, assert_error, descriptor, image, push_blob, put_manifest


@pytest.mark.parametrize("content_type", ["text", "a/b c", "/", "a/b/c", "a/" + "b" * 200])
def test_no_media_type(client: httpx.Client, content_type: str) -> None:
    assert_error(put_manifest(client, "repo", "v1", b"{}", content_type), 400, "MANIFEST_INVALID")


BAD: list[Any] = [
    [],
    {},
    {"schemaVersion": 1},
    {"schemaVersion": 2},
    {"schemaVersion": 2, "config": 1, "layers": []},
    {"schemaVersion": 2, "config": descriptor(b"{}", EMPTY_JSON)},
    {"schemaVersion": 2, "config": descriptor(b"{}", EMPTY_JSON), "layers": {}},
    {"schemaVersion": 2, "config": {**descriptor(b"{}", EMPTY_JSON), "size": -1}, "layers": []},
    {"schemaVersion": 2, "config": {**descriptor(b"{}", EMPTY_JSON), "size": "2"}, "layers": []},
    {"schemaVersion": 2, "config": {"mediaType": EMPTY_JSON, "size": 2}, "layers": []},
    {"schemaVersion": 2, "config": descriptor(b"{}", EMPTY_JSON), "layers": [], "manifests": []},
    {"schemaVersion": 2, "config": descriptor(b"{}", EMPTY_JSON), "layers": [], "subject": "x"},
    {"schemaVersion": 2, "config": descriptor(b"{}", EMPTY_JSON), "layers": [], "annotations": {"a": 1}},
    {"schemaVersion": 2, "config": descriptor(b"{}", EMPTY_JSON), "layers": [], "artifactType": 1},
]


@pytest.mark.parametrize("document", BAD)
def test_invalid_manifests(client: httpx.Client, document: Any) -> None:
    push_blob(client, "repo", b"{}")
    assert_error(put_manifest(client, "repo", "v1", json.dumps(document).encode()), 400, "MANIFEST_INVALID")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"schemaVersion": NaN}',
        b'{"schemaVersion": ' + b"9" * 10_000 + b"}",
        image().replace(b"sha256:", b"sha256:../"),
        image().replace(b"sha256:", b"sha256:\\ud800"),
        image(annotations={"a": "b"}).replace(b'"b"', b"[" * 100_000),
    ],
    ids=range(10),
)
def test_hostile_manifests(client: httpx.Client, content: bytes) -> None:
    response = put_manifest(client, "repo", "v1", content)
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] in {"MANIFEST_INVALID", "DIGEST_INVALID"}
