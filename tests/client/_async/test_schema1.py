"""Schema 1: the digest covers the payload, signatures are checked, and fields outside the payload are refused."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.client.manifests import digest_from_manifest_bytes
from docker_registry_sdk.errors import DigestMismatchError, ParseError
from docker_registry_sdk.v2.models import DockerSchema1Manifest
from tests.client.schema1_signing import assemble, encode, payload_of, protected, rsa_signature_of, sign, signature_of
from tests.core.wire.loopback import Loopback
from tests.support.images import DOCKER_MANIFEST, DOCKER_SCHEMA1, OCI_MANIFEST, digest_of, make_image

pytestmark = pytest.mark.anyio
PLAIN = "application/vnd.docker.distribution.manifest.v1+json"
PAYLOAD = payload_of()


def answer(loopback: Loopback, content: bytes, media_type: str = DOCKER_SCHEMA1, **headers: str) -> None:
    loopback.answer = lambda handler: handler.reply(200, content, Content_Type=media_type, **headers)


def take_away_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
async def test_a_good_signature_is_verified(loopback_client: AsyncRegistryClientV2, loopback: Loopback, curve: str) -> None:
    answer(loopback, sign(PAYLOAD, curve), Docker_Content_Digest=digest_of(PAYLOAD))
    for ref in ("v1", digest_of(PAYLOAD)):
        pulled = await loopback_client.get_manifest(ref)
        assert isinstance(pulled.manifest, DockerSchema1Manifest)
        assert (pulled.digest, pulled.signature, pulled.media_type) == (digest_of(PAYLOAD), "verified", DOCKER_SCHEMA1)
    assert digest_from_manifest_bytes(pulled.raw) == digest_of(PAYLOAD)


async def test_signatures_with_rsa_and_several_of_them_are_verified(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    header = protected(PAYLOAD)
    answer(loopback, assemble(PAYLOAD, rsa_signature_of(PAYLOAD, header), signature_of(PAYLOAD, header)))
    assert (await loopback_client.get_manifest("v1")).signature == "verified"


async def test_without_cryptography_only_the_digest_is_checked(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(loopback, sign(PAYLOAD))
    take_away_cryptography(monkeypatch)
    pulled = await loopback_client.get_manifest(digest_of(PAYLOAD))
    assert (pulled.digest, pulled.signature) == (digest_of(PAYLOAD), "unchecked")
    with pytest.raises(DigestMismatchError):
        await loopback_client.get_manifest("sha256:" + "0" * 64)


@pytest.mark.parametrize("media_type", [PLAIN, DOCKER_SCHEMA1, "text/plain"])
async def test_an_unsigned_manifest_is_reported_as_unsigned(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, media_type: str
) -> None:
    answer(loopback, PAYLOAD, media_type)
    pulled = await loopback_client.get_manifest(digest_of(PAYLOAD))
    assert (pulled.digest, pulled.signature) == (digest_of(PAYLOAD), "unsigned")


def forged() -> dict[str, bytes]:
    header, other = protected(PAYLOAD), payload_of("sha256:" + "b" * 64)
    good = signature_of(PAYLOAD, header)
    jwk = good["header"]["jwk"]
    half = len(good["signature"]) // 2

    def made(**fields: Any) -> bytes:
        return assemble(PAYLOAD, good | fields)

    return {
        "of another payload": assemble(PAYLOAD, signature_of(other, header)),
        "of another key": made(header=signature_of(PAYLOAD, header)["header"]),
        "second one wrong": assemble(PAYLOAD, good, signature_of(other, header)),
        "cut": made(signature=good["signature"][:half]),
        "empty": made(signature=""),
        "no text": made(signature=7),
        "not base 64": made(signature="é!"),
        "no algorithm": made(header={"jwk": jwk}),
        "alg none": made(header={"jwk": jwk, "alg": "none"}),
        "alg of another curve": made(header={"jwk": jwk, "alg": "ES384"}),
        "key of no kind": made(header={"jwk": {"kty": "oct", "k": "AA"}, "alg": "HS256"}),
        "point beside the curve": made(header={"jwk": jwk | {"x": jwk["y"]}, "alg": "ES256"}),
        "unknown curve": made(header={"jwk": jwk | {"crv": "secp256k1"}, "alg": "ES256"}),
        "no header": assemble(PAYLOAD, {"signature": good["signature"], "protected": header}),
        "header is no object": made(header=[]),
    }


@pytest.mark.parametrize("name", forged())
async def test_a_forged_signature_is_refused(loopback_client: AsyncRegistryClientV2, loopback: Loopback, name: str) -> None:
    answer(loopback, forged()[name])
    with pytest.raises(ParseError) as caught:
        await loopback_client.get_manifest(digest_of(PAYLOAD))
    assert caught.value.field.startswith("signatures")


def lying() -> dict[str, bytes]:
    evil = b',\n   "fsLayers": [{"blobSum": "sha256:' + b"e" * 64 + b'"}]'
    good = signature_of(PAYLOAD, protected(PAYLOAD))
    more = b',\n   "more": 1'
    long_tail = encode(PAYLOAD[10:])
    return {
        "layers twice": assemble(PAYLOAD, good, middle=evil),
        "a field that is not covered": assemble(PAYLOAD, good, middle=more),
        "the length is nothing": assemble(PAYLOAD, good | {"protected": protected(PAYLOAD, formatLength=0)}),
        "the length is negative": assemble(PAYLOAD, good | {"protected": protected(PAYLOAD, formatLength=-3)}),
        "the length is beyond the end": assemble(PAYLOAD, good | {"protected": protected(PAYLOAD, formatLength=10**9)}),
        "the length is true": assemble(PAYLOAD, good | {"protected": protected(PAYLOAD, formatLength=True)}),
        "the length is text": assemble(PAYLOAD, good | {"protected": protected(PAYLOAD, formatLength="5")}),
        "the tail is all of another": assemble(
            payload_of("sha256:" + "e" * 64), good | {"protected": protected(PAYLOAD, formatLength=10, formatTail=long_tail)}
        ),
        "two payloads": assemble(PAYLOAD, good, good | {"protected": protected(PAYLOAD, formatLength=3)}),
        "no protected header": assemble(PAYLOAD, {"header": good["header"]}),
        "protected is no object": assemble(PAYLOAD, good | {"protected": encode(b"[]")}),
        "protected is no JSON": assemble(PAYLOAD, good | {"protected": encode(b"{")}),
        "protected is no text": assemble(PAYLOAD, good | {"protected": 7}),
        "signatures are no list": PAYLOAD[:-2] + b',\n   "signatures": {"a": 1}\n}',
        "signatures are text": PAYLOAD[:-2] + b',\n   "signatures": "abc"\n}',
        "signatures are a number": PAYLOAD[:-2] + b',\n   "signatures": 7\n}',
        "a thousand signatures": assemble(PAYLOAD, *[good] * 1000),
    }


@pytest.mark.parametrize("extra", ["with", "without"])
@pytest.mark.parametrize("name", lying())
async def test_fields_outside_the_signed_payload_are_refused(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = lying()[name]
    if extra == "without":
        take_away_cryptography(monkeypatch)
    answer(loopback, content)
    with pytest.raises(ParseError):
        await loopback_client.get_manifest(digest_of(PAYLOAD))
    with pytest.raises(ParseError):
        digest_from_manifest_bytes(content)


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, DOCKER_MANIFEST])
async def test_schema_1_fields_in_a_manifest_of_another_kind_are_refused(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, media_type: str
) -> None:
    # The digest of schema 1 does not cover the signatures, so a parser of another kind could use fields that are not covered.
    image = json.loads(make_image().oci)
    del image["mediaType"], image["schemaVersion"]
    both = payload_of(**image)
    for content in (sign(both), both, assemble(PAYLOAD, signature_of(PAYLOAD, protected(PAYLOAD)))):
        answer(loopback, content, media_type)
        with pytest.raises(ParseError):
            await loopback_client.get_manifest("v1")
    answer(loopback, both, "text/plain")
    with pytest.raises(ParseError, match="as either kind"):
        await loopback_client.get_manifest("v1")


@pytest.mark.only_on("docker-registry", "docker-registry-basic")
async def test_signatures_made_by_docker_registry_are_verified(client: AsyncRegistryClientV2) -> None:
    image = make_image()
    for content in (image.config, image.layer):
        await client.blob_upload(content)
    await client.put_manifest(image.docker, "latest", media_type=DOCKER_MANIFEST)
    pulled = await client.get_manifest("latest", accept=[DOCKER_SCHEMA1])
    assert isinstance(pulled.manifest, DockerSchema1Manifest)
    assert pulled.signature == "verified"
    assert pulled.response is not None
    assert pulled.digest == pulled.response.docker_content_digest
    again = await client.put_manifest(pulled.raw, "signed", media_type=DOCKER_SCHEMA1)
    assert again.digest == pulled.digest
    assert (await client.get_manifest(again.digest)).digest == pulled.digest  # it signs each response again


@pytest.mark.only_on("none", "token")
async def test_a_pulled_schema_1_manifest_equals_the_pushed_one(client: AsyncRegistryClientV2) -> None:
    layer = make_image().layer
    await client.blob_upload(layer)
    content = sign(payload_of(digest_of(layer), name=client.repo.remote_name))
    pushed = await client.put_manifest(content, "v1", media_type=DOCKER_SCHEMA1)
    pulled = await client.get_manifest(pushed.digest)
    assert (pulled.raw, pulled.digest, pulled.signature) == (content, pushed.digest, "verified")
