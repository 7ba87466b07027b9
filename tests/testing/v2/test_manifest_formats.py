"""Docker's image manifests of schema 1."""

import base64
import json
from typing import Any

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.helpers import assert_error, digest_of, push_blob, put_manifest

SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"


def schema1(*layers: bytes) -> bytes:
    document = {
        "schemaVersion": 1,
        "name": "repo",
        "tag": "v1",
        "fsLayers": [{"blobSum": digest_of(layer)} for layer in layers],
        "history": [{"v1Compatibility": "{}"} for _ in layers],
    }
    return json.dumps(document, indent=3).encode()


def sign(payload: bytes, signature: bytes = b"x") -> bytes:
    """Add a signature to a manifest of schema 1 as Docker does; the registry does not verify it."""

    def encode(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    protected = encode(json.dumps({"formatLength": len(payload) - 2, "formatTail": encode(b"\n}")}).encode())
    signatures = [{"header": {"alg": "ES256"}, "signature": encode(signature), "protected": protected}]
    return payload[:-2] + b',\n   "signatures": ' + json.dumps(signatures).encode() + b"\n}"


def test_schema_1(client: httpx.Client) -> None:
    payload = schema1(b"one", b"one")
    assert_error(put_manifest(client, "repo", "v1", sign(payload), SCHEMA1_SIGNED), 404, "MANIFEST_BLOB_UNKNOWN")
    push_blob(client, "repo", b"one")
    for content, media_type in ((sign(payload), SCHEMA1_SIGNED), (payload, SCHEMA1)):
        for reference in ("v1", digest_of(payload)):
            response = put_manifest(client, "repo", reference, content, media_type)
            assert (response.status_code, response.headers["docker-content-digest"]) == (201, digest_of(payload)), response.text
        pulled = client.get("/v2/repo/manifests/v1")
        assert (pulled.content, pulled.headers["content-type"]) == (content, media_type)
        assert client.delete(f"/v2/repo/manifests/{digest_of(payload)}").status_code == 202


@pytest.mark.parametrize(
    "signatures",
    [
        None,
        [],
        "x",
        [1],
        [{"protected": "!"}],
        [{"protected": "e30"}],
        [{"protected": base64.urlsafe_b64encode(b'{"formatLength": -1, "formatTail": "fQ"}').decode()}],
        [{"protected": base64.urlsafe_b64encode(b'{"formatLength": 1, "formatTail": 5}').decode()}],
    ],
)
def test_invalid_signatures(client: httpx.Client, signatures: Any) -> None:
    content = json.dumps({**json.loads(schema1()), "signatures": signatures}).encode()
    assert_error(put_manifest(client, "repo", "v1", content, SCHEMA1_SIGNED), 400, "MANIFEST_INVALID")


def test_signatures_of_different_texts(client: httpx.Client) -> None:
    document = json.loads(sign(schema1()))
    document["signatures"] *= 2
    document["signatures"][1] = {"protected": base64.urlsafe_b64encode(b'{"formatLength": 3, "formatTail": ""}').decode()}
    content = json.dumps(document).encode()
    assert_error(put_manifest(client, "repo", "v1", content, SCHEMA1_SIGNED), 400, "MANIFEST_INVALID")


def test_schema_1_of_another_version(client: httpx.Client) -> None:
    for content in (b"{}", b"[]", b"not JSON", schema1().replace(b": 1", b": 2", 1)):
        assert_error(put_manifest(client, "repo", "v1", content, SCHEMA1), 400, "MANIFEST_INVALID")


def test_signatures_are_not_part_of_the_digest(stored_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    """Two manifests that differ in their signatures have the same digest; a repository keeps the one pushed last."""
    first, second = sign(schema1()), sign(schema1(), b"another signature")
    digest = digest_of(schema1())
    for name, content in (("a", first), ("a", second), ("b", second), ("b", first)):
        assert put_manifest(client, name, digest, content, SCHEMA1_SIGNED).status_code == 201
        assert client.get(f"/v2/{name}/manifests/{digest}").content == content
        if name == "a" and content == second:
            assert stored_registry.storage.open(digest_of(first)) is None  # no repository uses it any more
    client.delete(f"/v2/b/manifests/{digest}")
    assert stored_registry.storage.open(digest_of(first)) is None
    assert client.get(f"/v2/a/manifests/{digest}").content == second
