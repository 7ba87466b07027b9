"""Malformed responses to get_manifest, as some registries and caches send them."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import (
    DigestMismatchError,
    InvalidDigestError,
    ParseError,
    RegistryError,
    UnexpectedContentTypeError,
)
from docker_registry_sdk.media_types import DOCKER_SCHEMA1 as SCHEMA1
from docker_registry_sdk.media_types import DOCKER_SCHEMA1_UNSIGNED as SCHEMA1_UNSIGNED
from docker_registry_sdk.v2.models import DockerManifest, DockerManifestList, ImageIndex, ImageManifest
from tests.core.wire.loopback import Handler, Loopback
from tests.support.images import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest_of, index_of, make_image

pytestmark = pytest.mark.anyio
IMAGE = make_image()
INDEX = index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci})
LIST = index_of(DOCKER_LIST, DOCKER_MANIFEST, {"amd64": IMAGE.docker})
IMAGES: list[tuple[bytes, type, str]] = [
    (IMAGE.oci, ImageManifest, OCI_MANIFEST),
    (IMAGE.docker, DockerManifest, DOCKER_MANIFEST),
]
INDEXES: list[tuple[bytes, type, str]] = [(INDEX, ImageIndex, OCI_INDEX), (LIST, DockerManifestList, DOCKER_LIST)]
ODD = ("text/plain", "text/plain; charset=utf-8", "text/html", "application/json", "application/octet-stream", "")


def answer(loopback: Loopback, content: bytes, media_type: str, **headers: str) -> None:
    types = {"Content_Type": media_type} if media_type else {}
    loopback.answer = lambda handler: handler.reply(200, content, **types, **headers)


def without_type(content: bytes) -> bytes:
    document = json.loads(content)
    del document["mediaType"]
    return json.dumps(document).encode()


@pytest.mark.parametrize("media_type", ODD)
async def test_with_a_generic_content_type_the_body_decides(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, media_type: str
) -> None:
    for content, model, found in (
        (IMAGE.oci, ImageManifest, OCI_MANIFEST),
        (IMAGE.docker, DockerManifest, DOCKER_MANIFEST),
        (INDEX, ImageIndex, OCI_INDEX),
        (LIST, DockerManifestList, DOCKER_LIST),
        (without_type(IMAGE.oci), ImageManifest, OCI_MANIFEST),
        (without_type(INDEX), ImageIndex, OCI_INDEX),
    ):
        answer(loopback, content, media_type)
        for ref in ("v1", digest_of(content)):
            pulled = await loopback_client.get_manifest(ref)
            assert isinstance(pulled.manifest, model)
            assert (pulled.media_type, pulled.raw, pulled.digest) == (found, content, digest_of(content))
            assert pulled.response is None


@pytest.mark.parametrize("media_type", ODD)
async def test_a_body_that_is_not_a_manifest_is_returned_as_raw_bytes(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, media_type: str
) -> None:
    for content in (
        b"<html>login</html>",
        b"{}",
        b"[]",
        b"null",
        b"",
        b"[" * 100_000,
        b'{"mediaType": "example/other", "layers": []}',
    ):
        answer(loopback, content, media_type)
        with pytest.raises(UnexpectedContentTypeError) as caught:
            await loopback_client.get_manifest("v1")
        assert caught.value.raw == content


async def test_an_unknown_media_type_in_the_body_is_not_guessed(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    for media_type in ("application/vnd.oci.artifact.manifest.v1+json", "application/vnd.example.manifest+json", "image/png"):
        answer(loopback, without_type(IMAGE.oci), media_type)
        with pytest.raises(UnexpectedContentTypeError) as caught:
            await loopback_client.get_manifest("v1")
        assert (caught.value.raw, caught.value.media_type) == (without_type(IMAGE.oci), media_type)


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST])
async def test_a_malformed_manifest_is_a_parse_error(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, media_type: str
) -> None:
    for content in (b"<html>", b"{}", b"[]", b"null", b"", b'{"schemaVersion": 2, "config": 1, "layers": 1, "manifests": 1}'):
        answer(loopback, content, media_type)
        with pytest.raises(ParseError):
            await loopback_client.get_manifest("v1")


async def test_a_manifest_of_two_kinds_is_refused(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    image, index = json.loads(IMAGE.oci), json.loads(INDEX)
    for added, types in (
        ({**image, "manifests": index["manifests"]}, (OCI_MANIFEST, "text/plain")),
        ({**image, "manifests": []}, (OCI_MANIFEST, "text/plain")),
        ({**index, "layers": image["layers"]}, (OCI_INDEX, "text/plain")),
        ({**index, "config": image["config"]}, (OCI_INDEX, "text/plain")),
        ({**image, "fsLayers": []}, (OCI_MANIFEST,)),
    ):
        for own in (True, False):
            document = added if own else {key: value for key, value in added.items() if key != "mediaType"}
            for media_type in types:
                answer(loopback, json.dumps(document).encode(), media_type)
                with pytest.raises(ParseError, match="as either kind"):
                    await loopback_client.get_manifest("v1")


async def test_null_fields_of_another_kind_are_ignored(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    content = json.dumps({**json.loads(IMAGE.oci), "manifests": None}).encode()
    answer(loopback, content, OCI_MANIFEST)
    assert (await loopback_client.get_manifest("v1")).raw == content


async def test_a_media_type_in_the_body_that_contradicts_the_header_is_refused(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    for content, stated in (
        *((image, index) for image in (IMAGE.oci, IMAGE.docker) for index in (OCI_INDEX, DOCKER_LIST)),
        *((index, image) for index in (INDEX, LIST) for image in (OCI_MANIFEST, DOCKER_MANIFEST, SCHEMA1, SCHEMA1_UNSIGNED)),
    ):
        answer(loopback, content, stated)
        with pytest.raises(ParseError):
            await loopback_client.get_manifest(digest_of(content))


@pytest.mark.parametrize("stated", [OCI_MANIFEST, DOCKER_MANIFEST, SCHEMA1, SCHEMA1_UNSIGNED, OCI_INDEX, DOCKER_LIST])
async def test_the_media_type_in_the_body_counts_if_the_header_names_another_format(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, stated: str
) -> None:
    images: list[tuple[bytes, type, str]] = [
        (IMAGE.oci, ImageManifest, OCI_MANIFEST),
        (IMAGE.docker, DockerManifest, DOCKER_MANIFEST),
    ]
    indexes: list[tuple[bytes, type, str]] = [(INDEX, ImageIndex, OCI_INDEX), (LIST, DockerManifestList, DOCKER_LIST)]
    for content, model, own in indexes if stated in (OCI_INDEX, DOCKER_LIST) else images:
        answer(loopback, content, stated, Docker_Content_Digest=digest_of(content))
        for ref in ("v1", digest_of(content)):
            pulled = await loopback_client.get_manifest(ref)
            assert isinstance(pulled.manifest, model)
            assert (pulled.media_type, pulled.raw, pulled.digest) == (own, content, digest_of(content))
            assert (pulled.response is None) is (own != stated)
        with pytest.raises(DigestMismatchError):
            await loopback_client.get_manifest(digest_of(b"other"))
        answer(loopback, content, stated, Docker_Content_Digest=digest_of(b"other"))
        with pytest.raises(DigestMismatchError):
            await loopback_client.get_manifest("v1")


async def test_a_media_type_in_the_body_that_contradicts_its_fields_is_refused(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    image, index = json.loads(IMAGE.oci), json.loads(INDEX)
    for document in (
        {**image, "mediaType": OCI_INDEX},
        {**image, "mediaType": SCHEMA1},
        {**image, "fsLayers": []},
        {**image, "manifests": []},
        {**index, "mediaType": OCI_MANIFEST},
        {**index, "mediaType": DOCKER_MANIFEST},
        {**index, "layers": []},
    ):
        for stated in (OCI_MANIFEST, DOCKER_MANIFEST, SCHEMA1, OCI_INDEX, DOCKER_LIST):
            answer(loopback, json.dumps(document).encode(), stated)
            with pytest.raises(ParseError):
                await loopback_client.get_manifest("v1")


VARIANTS = [
    (OCI_MANIFEST, {}),
    (f"{OCI_MANIFEST}; charset=utf-8", {}),
    ("text/plain; charset=utf-8", {}),
    (SCHEMA1, {}),
    (DOCKER_MANIFEST, {}),
    ("text/html", {}),
    (OCI_MANIFEST.upper(), {}),
    (OCI_MANIFEST, {"Docker_Content_Digest": f'"{digest_of(IMAGE.oci)}"'}),
    (OCI_MANIFEST, {"Docker_Content_Digest": digest_of(IMAGE.oci).upper()}),
    (OCI_MANIFEST, {"Docker_Content_Digest": ""}),
    (OCI_MANIFEST, {"Content_Encoding": "gzip"}),
    ("", {}),
]


@pytest.mark.parametrize(("stated", "headers"), VARIANTS)
async def test_a_manifest_is_read_with_each_variant_of_its_headers(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, stated: str, headers: dict[str, str]
) -> None:
    body = gzip.compress(IMAGE.oci) if "Content_Encoding" in headers else IMAGE.oci
    answer(loopback, body, stated, **headers)
    pulled = await loopback_client.get_manifest("latest")
    assert (pulled.digest, pulled.media_type) == (digest_of(IMAGE.oci), OCI_MANIFEST)
    for found in (await loopback_client.resolve("latest"), await loopback_client.head_manifest("latest")):
        assert (found.digest, found.media_type, found.size) == (digest_of(IMAGE.oci), OCI_MANIFEST, len(IMAGE.oci))
    assert await loopback_client.exists("latest")


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, "text/plain"])
async def test_the_claimed_digest_is_checked(loopback_client: AsyncRegistryClientV2, loopback: Loopback, media_type: str) -> None:
    other, sha512 = digest_of(b"other"), f"sha512:{hashlib.sha512(IMAGE.oci).hexdigest()}"
    answer(loopback, IMAGE.oci, media_type, Docker_Content_Digest=other)
    for ref in ("v1", digest_of(IMAGE.oci)):
        with pytest.raises(DigestMismatchError) as caught:
            await loopback_client.get_manifest(ref)
        assert (caught.value.expected, caught.value.actual) == (other, digest_of(IMAGE.oci))
    answer(loopback, IMAGE.oci, media_type, Docker_Content_Digest=f"sha512:{'0' * 128}")
    with pytest.raises(DigestMismatchError):
        await loopback_client.get_manifest("v1")
    headers: list[dict[str, Any]] = [{}, {"Docker_Content_Digest": sha512}]
    headers += [{"Docker_Content_Digest": claim} for claim in ("", "nonsense", "md5:abc", f"blake3:{'0' * 64}")]
    for claim in headers:
        answer(loopback, IMAGE.oci, media_type, **claim)
        assert (await loopback_client.get_manifest("v1")).digest == digest_of(IMAGE.oci)


async def test_a_manifest_may_contain_digests_that_cannot_be_verified(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    md5 = "md5:d41d8cd98f00b204e9800998ecf8427e"
    answer(loopback, IMAGE.oci.replace(digest_of(IMAGE.layer).encode(), md5.encode()), OCI_MANIFEST)
    manifest = (await loopback_client.get_manifest("v1")).manifest
    assert isinstance(manifest, ImageManifest)
    assert [layer.digest for layer in manifest.layers] == [md5]
    index = index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci, "arm64": IMAGE.docker})
    answer(loopback, index.replace(digest_of(IMAGE.docker).encode(), md5.encode()), OCI_INDEX)
    found = await loopback_client.resolve("v1", platform="linux/amd64")
    assert found.digest == digest_of(IMAGE.oci)
    assert (await loopback_client.resolve("v1", platform="linux/arm64")).digest == md5
    before = len(loopback.seen)
    with pytest.raises(InvalidDigestError, match="'md5' is not supported"):
        await loopback_client.read_blob(manifest.layers[0])
    with pytest.raises(InvalidDigestError, match="'md5' is not supported"):
        await loopback_client.get_manifest(md5)
    with pytest.raises(InvalidDigestError, match="'md5' is not supported"):
        await loopback_client.upload_blob(b"", digest=md5)
    with pytest.raises(InvalidDigestError, match="'md5' is not supported"):
        await loopback_client.put_manifest(IMAGE.oci, md5, media_type=OCI_MANIFEST)
    assert len(loopback.seen) == before


async def test_the_requested_digest_is_checked(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    for media_type in (OCI_MANIFEST, "text/plain"):
        answer(loopback, IMAGE.oci, media_type)
        for requested in (digest_of(b"other"), f"sha512:{'0' * 128}"):
            with pytest.raises(DigestMismatchError) as caught:
                await loopback_client.get_manifest(requested)
            assert caught.value.expected == requested
    sha512 = f"sha512:{hashlib.sha512(IMAGE.oci).hexdigest()}"
    assert (await loopback_client.get_manifest(sha512)).digest == sha512


async def test_accept_chooses_media_types(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    answer(loopback, IMAGE.oci, OCI_MANIFEST)
    await loopback_client.get_manifest("v1", accept=[OCI_MANIFEST, OCI_INDEX])
    await loopback_client.head_manifest("v1", accept=[OCI_INDEX])
    await loopback_client.get_manifest("v1")
    accepted = [seen.headers["accept"] for seen in loopback.seen]
    # The response to HEAD has no digest, so GET follows.
    assert accepted[:3] == [f"{OCI_MANIFEST}, {OCI_INDEX}", OCI_INDEX, OCI_INDEX]
    assert accepted[3].count(",") == 5


async def test_an_endless_manifest_is_read_up_to_the_limit(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", OCI_MANIFEST)
        handler.send_header("Connection", "close")
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 65536)

    loopback.answer = endless
    with pytest.raises(RegistryError, match="longer than"):
        await loopback_client.get_manifest("v1")


async def test_an_endless_compressed_manifest_is_read_up_to_the_limit(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    answer(loopback, gzip.compress(b" " * 100_000_000, 1), OCI_MANIFEST, Content_Encoding="gzip")
    with pytest.raises(RegistryError, match="longer than"):
        await loopback_client.get_manifest("v1")


async def test_a_manifest_of_the_largest_size_is_read(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    content = IMAGE.oci + b" " * (4 * 1024 * 1024 - len(IMAGE.oci))
    answer(loopback, content, OCI_MANIFEST)
    assert (await loopback_client.get_manifest("v1")).raw == content


async def test_the_digest_in_the_response_to_a_push_is_checked(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    def created(**headers: str) -> None:
        loopback.answer = lambda handler: handler.reply(201, b"", **headers)

    created(Location="/v2/x", Docker_Content_Digest=digest_of(b"other"))
    with pytest.raises(DigestMismatchError):
        await loopback_client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
    created(Location="/v2/x", Docker_Content_Digest=f"sha512:{'0' * 128}")
    with pytest.raises(DigestMismatchError):
        await loopback_client.put_manifest(IMAGE.oci, digest_of(IMAGE.oci), media_type=OCI_MANIFEST)
    for claim in ("", "nonsense", f"blake3:{'0' * 64}", f"sha512:{hashlib.sha512(IMAGE.oci).hexdigest()}"):
        created(Location="/v2/x", Docker_Content_Digest=claim)
        pushed = await loopback_client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
        assert (pushed.digest, pushed.location) == (digest_of(IMAGE.oci), f"{loopback.url}/v2/x")
