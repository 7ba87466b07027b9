"""Manifests and blobs that do not match their digest, size or media type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docker_registry_sdk.errors import DigestMismatchError, ParseError, RegistryError
from tests.core.wire.loopback import Loopback
from tests.hostile._async.clients import client_of
from tests.support._async.blobs import read_blob
from tests.support.images import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest_of, index_of, make_image

pytestmark = pytest.mark.anyio

IMAGE = make_image()
INDEX = index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci})
BOTH: dict[str, Any] = {**json.loads(IMAGE.oci), "manifests": []}


def serve(registry: Loopback, body: bytes, media_type: str = OCI_MANIFEST, **headers: str) -> None:
    """Let the registry answer every request with this body."""
    registry.answer = lambda handler: handler.reply(200, body, Content_Type=media_type, **headers)


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, OCI_INDEX, "text/plain"])
@pytest.mark.parametrize("own", [OCI_MANIFEST, OCI_INDEX, None])
async def test_a_manifest_that_is_an_index_too_is_refused(registry: Loopback, media_type: str, own: str | None) -> None:
    document = {key: value for key, value in BOTH.items() if key != "mediaType"} | ({"mediaType": own} if own else {})
    serve(registry, json.dumps(document).encode(), media_type)
    async with client_of(registry) as client:
        with pytest.raises(ParseError):
            await client.get_manifest("latest")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (IMAGE.docker, OCI_INDEX),
        (IMAGE.oci, OCI_INDEX),
        (IMAGE.oci, DOCKER_LIST),
        (INDEX, OCI_MANIFEST),
        (INDEX, DOCKER_MANIFEST),
    ],
)
async def test_a_manifest_of_another_kind_than_its_header_is_refused(registry: Loopback, body: bytes, media_type: str) -> None:
    serve(registry, body, media_type)
    async with client_of(registry) as client:
        with pytest.raises(ParseError):
            await client.get_manifest("latest")


async def test_bytes_of_another_digest_are_refused(registry: Loopback) -> None:
    serve(registry, IMAGE.oci)
    async with client_of(registry) as client:
        with pytest.raises(DigestMismatchError):
            await client.get_manifest(digest_of(b"other"))


async def test_a_wrong_digest_header_is_refused(registry: Loopback) -> None:
    serve(registry, IMAGE.oci, Docker_Content_Digest=digest_of(b"other"))
    async with client_of(registry) as client:
        with pytest.raises(DigestMismatchError):
            await client.get_manifest("latest")


async def test_the_bytes_are_hashed_although_the_header_agrees_with_the_reference(registry: Loopback) -> None:
    serve(registry, IMAGE.oci, Docker_Content_Digest=digest_of(b"other"))
    async with client_of(registry) as client:
        with pytest.raises(DigestMismatchError):
            await client.get_manifest(digest_of(b"other"))


async def test_without_a_header_the_digest_is_computed(registry: Loopback) -> None:
    serve(registry, IMAGE.oci)
    async with client_of(registry) as client:
        assert (await client.get_manifest("latest")).digest == digest_of(IMAGE.oci)


@pytest.mark.parametrize("body", [b"", b"hell", b"hello!", b"Hello", b"x" * 100_000])
async def test_a_blob_of_other_bytes_is_refused(registry: Loopback, body: bytes) -> None:
    serve(registry, body, "application/octet-stream", Docker_Content_Digest=digest_of(b"hello"))
    async with client_of(registry) as client:
        with pytest.raises(DigestMismatchError):
            await read_blob(client, digest_of(b"hello"))


@pytest.mark.parametrize("size", [10**30, -1, "big", 2.5])
async def test_an_invalid_size_is_ignored(registry: Loopback, size: object) -> None:
    document = json.loads(IMAGE.oci)
    document["layers"][0]["size"] = size
    serve(registry, json.dumps(document).encode())
    async with client_of(registry) as client:
        try:
            await client.get_manifest("latest")
        except RegistryError as error:
            assert "size" in str(error)
