"""The descriptor of a manifest from HEAD, and from GET if the headers do not suffice."""

from __future__ import annotations

import json

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.errors import DigestMismatchError, UnexpectedContentTypeError
from docker_registry_sdk.v2.models import Descriptor
from tests.core.wire.loopback import Handler, Loopback
from tests.support.images import DOCKER_MANIFEST, OCI_MANIFEST, digest_of, make_image

pytestmark = pytest.mark.anyio
IMAGE = make_image()
DIGEST = Digest(digest_of(IMAGE.oci))
FOUND = Descriptor(media_type=OCI_MANIFEST, digest=DIGEST, size=len(IMAGE.oci))
HEADERS = {"Content-Type": OCI_MANIFEST, "Content-Length": str(FOUND.size), "Docker-Content-Digest": str(DIGEST)}


def answer(loopback: Loopback, **changes: str | None) -> None:
    """Let the registry answer HEAD with changed headers (None: without the header), and GET without a digest."""
    headers = HEADERS | {name.replace("_", "-"): value for name, value in changes.items()}

    def reply(handler: Handler) -> None:
        if handler.command == "GET":
            handler.reply(200, IMAGE.oci, Content_Type=OCI_MANIFEST)
            return
        handler.send_response(200)
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()

    loopback.answer = reply


def methods(loopback: Loopback) -> list[str]:
    return [seen.line.partition(" ")[0] for seen in loopback.seen]


@pytest.mark.parametrize("ref", ["v1", str(DIGEST), FOUND], ids=["tag", "text", "descriptor"])
async def test_the_headers_of_head_suffice(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, ref: str | Descriptor
) -> None:
    answer(loopback)
    found = await loopback_client.head_manifest(ref)
    assert found == FOUND
    assert isinstance(found.digest, Digest)
    assert methods(loopback) == ["HEAD"]


@pytest.mark.parametrize("stated", [None, "nonsense", f"sha512:{'0' * 128}"])
async def test_the_requested_digest_replaces_a_missing_one(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, stated: str | None
) -> None:
    answer(loopback, Docker_Content_Digest=stated)
    assert await loopback_client.head_manifest(DIGEST) == FOUND
    assert methods(loopback) == ["HEAD"]


@pytest.mark.parametrize(
    "changes",
    [
        {"Docker_Content_Digest": None},
        {"Docker_Content_Digest": "nonsense"},
        {"Content_Length": None},
        {"Content_Length": "0"},
        {"Content_Type": None},
        {"Content_Type": "application/json"},
        {"Content_Type": "text/plain; charset=utf-8"},
        {"Content_Encoding": "gzip"},
    ],
    ids=str,
)
async def test_get_replaces_head_if_a_header_is_missing(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, changes: dict[str, str | None]
) -> None:
    answer(loopback, **changes)
    assert await loopback_client.head_manifest("v1") == FOUND
    assert methods(loopback) == ["HEAD", "GET"]


async def test_another_digest_than_the_requested_one_is_verified(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    other = digest_of(b"other")
    answer(loopback, Docker_Content_Digest=other)
    assert await loopback_client.head_manifest(DIGEST) == FOUND
    answer(loopback)
    with pytest.raises(DigestMismatchError):
        await loopback_client.head_manifest(other)


async def test_an_unknown_media_type_is_returned_if_the_other_headers_are_sent(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback
) -> None:
    answer(loopback, Content_Type="application/vnd.example+json")
    assert (await loopback_client.head_manifest("v1")).media_type == "application/vnd.example+json"
    loopback.answer = lambda handler: handler.reply(200, b"{}", Content_Type="application/vnd.example+json")
    with pytest.raises(UnexpectedContentTypeError):
        await loopback_client.head_manifest("v1")


async def test_results_have_the_shape_of_a_descriptor(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    answer(loopback)
    pulled = await loopback_client.get_manifest(FOUND)
    loopback.answer = lambda handler: handler.reply(201, Location="/v2/x", OCI_Subject=str(DIGEST))
    pushed = await loopback_client.put_manifest(IMAGE.oci, pulled, media_type=OCI_MANIFEST, tags=["v1"])
    for result in (pulled, pushed):
        assert (result.digest, result.size, result.media_type) == (FOUND.digest, FOUND.size, FOUND.media_type)
        assert result.descriptor == FOUND.descriptor == FOUND
        assert FOUND.to_dict().items() <= json.loads(json.dumps(result.to_dict())).items()
        assert len({result, result}) == 1
    assert pulled.to_dict()["manifest"] == json.loads(IMAGE.oci)
    assert pushed.to_dict()["subject"] == pushed.subject == DIGEST
    loopback.answer = lambda handler: handler.reply(201, OCI_Subject="nonsense")
    assert (await loopback_client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)).subject is None


async def test_tags_with_a_tag_as_ref_are_refused(loopback_client: AsyncRegistryClientV2, loopback: Loopback) -> None:
    with pytest.raises(ValueError, match="ref is the tag 'v1': leave out ref"):
        await loopback_client.put_manifest(IMAGE.docker, "v1", media_type=DOCKER_MANIFEST, tags=["v2"])
    assert loopback.seen == []
