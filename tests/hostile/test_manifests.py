"""Manifests and blobs that are not what they claim to be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docker_registry_sdk.errors import DigestMismatchError, ParseError, RegistryError
from tests.core.wire.loopback import Loopback
from tests.hostile.conftest import client_of
from tests.support.images import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest_of, make_image
from tests.support.sessions import Kind

IMAGE = make_image()
BOTH: dict[str, Any] = {**json.loads(IMAGE.oci), "manifests": []}


def serve(registry: Loopback, body: bytes, media_type: str = OCI_MANIFEST, **headers: str) -> None:
    """Let the registry answer everything with a body."""
    registry.answer = lambda handler: handler.reply(200, body, Content_Type=media_type, **headers)


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, OCI_INDEX, "text/plain"])
@pytest.mark.parametrize("own", [OCI_MANIFEST, OCI_INDEX, None])
def test_a_manifest_that_is_an_index_too_is_refused(kind: Kind, registry: Loopback, media_type: str, own: str | None) -> None:
    document = {key: value for key, value in BOTH.items() if key != "mediaType"} | ({"mediaType": own} if own else {})
    serve(registry, json.dumps(document).encode(), media_type)
    with client_of(kind, registry) as session, pytest.raises(ParseError):
        session.call("get_manifest", "latest")


@pytest.mark.parametrize(
    ("body", "media_type"), [(IMAGE.docker, OCI_MANIFEST), (IMAGE.oci, DOCKER_MANIFEST), (IMAGE.oci, OCI_INDEX)]
)
def test_a_manifest_of_another_type_than_its_header_is_refused(
    kind: Kind, registry: Loopback, body: bytes, media_type: str
) -> None:
    serve(registry, body, media_type)
    with client_of(kind, registry) as session, pytest.raises(ParseError):
        session.call("get_manifest", "latest")


def test_other_bytes_than_asked_for_are_refused(kind: Kind, registry: Loopback) -> None:
    serve(registry, IMAGE.oci)
    with client_of(kind, registry) as session, pytest.raises(DigestMismatchError):
        session.call("get_manifest", digest_of(b"other"))


def test_a_digest_header_that_lies_is_found_out(kind: Kind, registry: Loopback) -> None:
    serve(registry, IMAGE.oci, Docker_Content_Digest=digest_of(b"other"))
    with client_of(kind, registry) as session, pytest.raises(DigestMismatchError):
        session.call("get_manifest", "latest")


def test_a_digest_header_that_agrees_with_the_reference_does_not_vouch_for_the_bytes(kind: Kind, registry: Loopback) -> None:
    serve(registry, IMAGE.oci, Docker_Content_Digest=digest_of(b"other"))
    with client_of(kind, registry) as session, pytest.raises(DigestMismatchError):
        session.call("get_manifest", digest_of(b"other"))


def test_without_a_header_the_digest_is_computed(kind: Kind, registry: Loopback) -> None:
    serve(registry, IMAGE.oci)
    with client_of(kind, registry) as session:
        assert session.call("get_manifest", "latest").digest == digest_of(IMAGE.oci)


@pytest.mark.parametrize("body", [b"", b"hell", b"hello!", b"Hello", b"x" * 100_000])
def test_a_blob_of_other_bytes_is_refused(kind: Kind, registry: Loopback, body: bytes) -> None:
    serve(registry, body, "application/octet-stream", Docker_Content_Digest=digest_of(b"hello"))
    with client_of(kind, registry) as session, pytest.raises(DigestMismatchError):
        session.read_blob(digest_of(b"hello"))


@pytest.mark.parametrize("size", [10**30, -1, "big", 2.5])
def test_a_size_that_is_none_is_survived(kind: Kind, registry: Loopback, size: object) -> None:
    document = json.loads(IMAGE.oci)
    document["layers"][0]["size"] = size
    serve(registry, json.dumps(document).encode())
    with client_of(kind, registry) as session:
        try:
            session.call("get_manifest", "latest")
        except RegistryError as error:
            assert "size" in str(error)
