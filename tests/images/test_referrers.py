"""Referrers on registries with the referrers API and on those without: pushed, found, filtered, merged and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.client.fallback import fallback_tag
from docker_registry_sdk.errors import (
    BadRequestError,
    ForbiddenError,
    InvalidDigestError,
    MethodNotAllowedError,
    NotFoundError,
    ParseError,
    ReferrersError,
    ServerError,
)
from docker_registry_sdk.images._async import referrers as async_module
from docker_registry_sdk.images._sync import referrers as sync_module
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, LoseResponse, SetHeader, Status
from docker_registry_sdk.testing.faults.responses import CapturedResponse
from docker_registry_sdk.testing.profiles.effects import ChangeResponse
from docker_registry_sdk.v2.models import Descriptor, ImageIndex
from tests.images.places import IMAGE, SIGNATURE, SUBJECT, UNKNOWN, Place, push_subject, referrer, take_api_away
from tests.images.places import alone as alone
from tests.images.places import bare as bare
from tests.images.places import client as client
from tests.images.places import kind as kind
from tests.images.places import place as place
from tests.support.awaited import connect
from tests.support.calls import call
from tests.support.images import DOCKER_LIST, DOCKER_MANIFEST, descriptor, digest_of, index_of

pytestmark = pytest.mark.anyio


async def push(client: AsyncRegistryClientV2, content: bytes, ref: str | None = None, media_type: str = OCI_MANIFEST) -> Any:
    return await call("images", "push_manifest", client, content, ref, media_type=media_type)


async def delete(client: AsyncRegistryClientV2, digest: str) -> None:
    await call("images", "delete_manifest", client, digest)


async def found(client: AsyncRegistryClientV2, subject: str = SUBJECT, artifact_type: str | None = None) -> list[Descriptor]:
    return [one async for one in client.iter_referrers(subject, artifact_type=artifact_type)]


async def digests(client: AsyncRegistryClientV2) -> set[str]:
    return {one.digest for one in await found(client)}


async def test_what_is_pushed_with_a_subject_is_found(client: AsyncRegistryClientV2, place: Place) -> None:
    assert await found(client) == []
    assert await found(client, UNKNOWN) == []
    first, second = referrer(1), referrer(2, None)
    pushed = await push(client, first)
    assert (pushed.digest, pushed.subject) == (digest_of(first), SUBJECT if place.api else None)
    await push(client, second, "a-tag")
    assert (await client.get_manifest("a-tag")).raw == second
    by_digest = {one.digest: one for one in await found(client)}
    assert set(by_digest) == {digest_of(first), digest_of(second)}
    one = by_digest[digest_of(first)]
    assert (one.media_type, one.size, one.artifact_type) == (OCI_MANIFEST, len(first), SIGNATURE)
    assert one.annotations == json.loads(first)["annotations"]
    config_type = json.loads(IMAGE.oci)["config"]["mediaType"]
    assert by_digest[digest_of(second)].artifact_type == config_type
    assert [each.digest for each in await found(client, artifact_type=SIGNATURE)] == [digest_of(first)]
    assert await found(client, artifact_type="application/other") == []


async def test_an_index_may_have_a_subject_too(client: AsyncRegistryClientV2) -> None:
    document = json.loads(index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci}))
    subject = {"mediaType": OCI_MANIFEST, "digest": SUBJECT, "size": len(IMAGE.oci)}
    content = json.dumps(document | {"subject": subject, "annotations": {"a": "b"}}).encode()
    await push(client, content, media_type=OCI_INDEX)
    (one,) = await found(client)
    assert (one.digest, one.media_type, one.artifact_type, one.annotations) == (digest_of(content), OCI_INDEX, None, {"a": "b"})


async def test_a_subject_may_come_later(client: AsyncRegistryClientV2) -> None:
    content = referrer(subject=UNKNOWN)
    await push(client, content)
    assert [one.digest for one in await found(client, UNKNOWN)] == [digest_of(content)]


async def test_pushing_again_lists_nothing_twice(client: AsyncRegistryClientV2) -> None:
    for _ in range(2):
        await push(client, referrer())
    assert [one.digest for one in await found(client)] == [digest_of(referrer())]


async def test_what_has_no_subject_is_pushed_in_one_request(client: AsyncRegistryClientV2, place: Place) -> None:
    before = len(place.embedded.requests) if place.embedded else 0
    pushed = await push(client, IMAGE.oci, "v2")
    assert (pushed.digest, pushed.subject) == (SUBJECT, None)
    await push(client, IMAGE.docker, media_type=DOCKER_MANIFEST)
    if place.embedded:
        assert len(place.embedded.requests) == before + 2


async def test_what_is_deleted_is_found_no_more(client: AsyncRegistryClientV2, place: Place) -> None:
    contents = [referrer(number) for number in range(3)]
    for content in contents:
        await push(client, content)
    await delete(client, digest_of(contents[1]))
    assert await digests(client) == {digest_of(contents[0]), digest_of(contents[2])}
    for content in (contents[0], contents[2]):
        await delete(client, digest_of(content))
        with pytest.raises(NotFoundError):
            await client.get_manifest(digest_of(content))
    assert await found(client) == []
    if not place.api:  # the list is empty now, and still under its tag
        left = await client.get_manifest(fallback_tag(SUBJECT))
        assert isinstance(left.manifest, ImageIndex)
        assert left.manifest.manifests == []
    await push(client, contents[0])
    assert await digests(client) == {digest_of(contents[0])}
    with pytest.raises(NotFoundError):
        await delete(client, digest_of(contents[1]))


async def test_deleting_what_has_no_subject_deletes_it(client: AsyncRegistryClientV2) -> None:
    await delete(client, SUBJECT)
    with pytest.raises(NotFoundError):
        await client.get_manifest("v1")


async def test_a_tag_is_not_turned_into_a_digest(client: AsyncRegistryClientV2) -> None:
    await push(client, referrer(), "a-tag")
    with pytest.raises(InvalidDigestError):
        await delete(client, "a-tag")
    with pytest.raises(InvalidDigestError):
        await found(client, "v1")
    assert await digests(client) == {digest_of(referrer())}


@pytest.mark.parametrize("fallback_type", [OCI_MANIFEST, DOCKER_LIST])
async def test_a_fallback_tag_that_is_no_index_is_an_error_and_stays(alone: AsyncRegistryClientV2, fallback_type: str) -> None:
    await push(alone, referrer(1))
    other = referrer(2) if fallback_type == OCI_MANIFEST else index_of(DOCKER_LIST, OCI_MANIFEST, {"amd64": IMAGE.oci})
    await alone.put_manifest(other, fallback_tag(SUBJECT), media_type=fallback_type)
    with pytest.raises(ReferrersError, match="should name an index") as caught:
        await found(alone)
    assert (caught.value.subject, caught.value.tag) == (SUBJECT, fallback_tag(SUBJECT))
    for act in (push(alone, referrer(3)), delete(alone, digest_of(referrer(1)))):
        with pytest.raises(ReferrersError):
            await act
    assert (await alone.get_manifest(fallback_tag(SUBJECT))).raw == other
    assert (await alone.get_manifest(digest_of(referrer(1)))).raw == referrer(1)


async def test_an_index_that_gitlab_takes_for_its_list_has_no_referrers(kind: str) -> None:
    """The tag is the subject itself there, whose manifests are no referrers."""
    with EmbeddedRegistry(profile="gitlab", auth="none") as gitlab:
        take_api_away(gitlab)
        async with connect(kind, f"{gitlab.url}/a/b") as client:
            await push_subject(client)
            index = index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci})
            await client.put_manifest(index, "all", media_type=OCI_INDEX)
            assert (await client.get_manifest(fallback_tag(digest_of(index)))).raw == index
            assert await found(client, digest_of(index)) == []
            content = referrer(subject=digest_of(index))
            await push(client, content)
            assert [one.digest for one in await found(client, digest_of(index))] == [digest_of(content)]
            assert (await client.get_manifest("all")).raw == index


def as_page(answer: CapturedResponse) -> None:
    """Answer as to a path that is for browsers."""
    answer.headers["content-type"] = "text/html"
    answer.body = b"<!doctype html><title>Not here</title>"


@pytest.mark.parametrize(
    "answer",
    [Status(400), Status(404), Status(405), Status(406), Status(501), ChangeResponse({200}, as_page)],
    ids=["400", "404", "405", "406", "501", "html"],
)
async def test_what_says_that_there_is_no_api(kind: str, answer: Any) -> None:
    with EmbeddedRegistry(auth="none") as registry:
        take_api_away(registry, answer)
        async with connect(kind, f"{registry.url}/a/b", max_retries=0) as client:
            await push_subject(client)
            await push(client, referrer())
            assert await digests(client) == {digest_of(referrer())}
            await delete(client, digest_of(referrer()))
            assert await found(client) == []


@pytest.mark.parametrize(("status", "error"), [(403, ForbiddenError), (500, ServerError), (503, ServerError)])
async def test_what_may_only_be_so_for_now_is_an_error(
    bare: EmbeddedRegistry, alone: AsyncRegistryClientV2, status: int, error: type[Exception]
) -> None:
    await push(alone, referrer())
    bare.faults.clear()
    bare.faults.add(Fault(Status(status), operation="list_referrers", times=None))
    with pytest.raises(error):
        await found(alone)
    with pytest.raises(error):
        await delete(alone, digest_of(referrer()))
    assert (await alone.get_manifest(digest_of(referrer()))).raw == referrer()


async def test_a_list_that_may_not_be_read_is_an_error(bare: EmbeddedRegistry, alone: AsyncRegistryClientV2) -> None:
    bare.faults.add(Fault(Status(403), operation="get_manifest", path=r".*/sha256-.*", times=None))
    with pytest.raises(ForbiddenError):
        await found(alone)
    with pytest.raises(ForbiddenError):
        await push(alone, referrer())


async def test_what_others_wrote_into_the_list_stays(alone: AsyncRegistryClientV2) -> None:
    other = descriptor("application/vnd.example", b"other") | {
        "annotations": {"a": "b"},
        "x-more": [1],
        "platform": {"os": "a", "architecture": "b"},
    }
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [other], "annotations": {"c": "d"}, "x-top": {"e": None}}
    await alone.put_manifest(json.dumps(index).encode(), fallback_tag(SUBJECT), media_type=OCI_INDEX)
    await push(alone, referrer())
    await delete(alone, digest_of(referrer()))
    left = json.loads((await alone.get_manifest(fallback_tag(SUBJECT))).raw)
    assert left == index


async def test_a_list_is_written_only_over_what_was_read(bare: EmbeddedRegistry, alone: AsyncRegistryClientV2) -> None:
    for number in range(2):
        await push(alone, referrer(number))
    await alone.list_tags()  # an answer with a body is logged before it is there, and so what came before
    writes = [one for one in bare.requests if one.method == "PUT" and "/sha256-" in one.path]
    assert [(one.status, one.header("if-none-match")) for one in writes] == [(201, "*"), (201, None)]
    assert writes[0].header("if-match") is None
    assert (writes[1].header("if-match") or "").startswith('"sha256:')


@pytest.mark.parametrize("etag", [None, 'W/"{}"'])
async def test_an_etag_that_cannot_be_matched_is_not_sent(
    bare: EmbeddedRegistry, alone: AsyncRegistryClientV2, etag: str | None
) -> None:
    bare.faults.add(Fault(SetHeader("etag", etag), operation="get_manifest", times=None))
    for number in range(2):
        await push(alone, referrer(number))
    assert await digests(alone) == {digest_of(referrer(number)) for number in range(2)}
    assert [one.header("if-match") for one in bare.requests if one.method == "PUT" and one.header("if-match")] == []


async def test_a_lost_answer_to_the_write_is_no_failure(bare: EmbeddedRegistry, kind: str, anyio_backend: str) -> None:
    async with connect(kind, f"{bare.url}/a/b") as client:
        await push_subject(client)
        await push(client, referrer(1))
        bare.faults.add(Fault(LoseResponse(), operation="put_manifest", path=r".*/sha256-.*"))
        await push(client, referrer(2))
        assert await digests(client) == {digest_of(referrer(1)), digest_of(referrer(2))}


async def test_when_deleting_is_refused_the_referrer_stays_listed(bare: EmbeddedRegistry, alone: AsyncRegistryClientV2) -> None:
    for number in range(2):
        await push(alone, referrer(number))
    bare.faults.add(Fault(Status(405), operation="delete_manifest"))
    with pytest.raises(MethodNotAllowedError):
        await delete(alone, digest_of(referrer(0)))
    assert await digests(alone) == {digest_of(referrer(number)) for number in range(2)}
    await delete(alone, digest_of(referrer(0)))
    assert await digests(alone) == {digest_of(referrer(1))}


async def test_a_refused_delete_lists_nothing_that_was_not_listed(bare: EmbeddedRegistry, alone: AsyncRegistryClientV2) -> None:
    await alone.put_manifest(referrer(), digest_of(referrer()), media_type=OCI_MANIFEST)
    bare.faults.add(Fault(Status(405), operation="delete_manifest"))
    with pytest.raises(MethodNotAllowedError):
        await delete(alone, digest_of(referrer()))
    assert await found(alone) == []


async def test_what_somebody_else_deleted_meanwhile_is_not_listed_again(
    bare: EmbeddedRegistry, alone: AsyncRegistryClientV2
) -> None:
    await push(alone, referrer())
    bare.faults.add(Fault(Status(404), operation="delete_manifest"))
    with pytest.raises(NotFoundError):
        await delete(alone, digest_of(referrer()))
    assert await found(alone) == []


async def test_deleting_goes_on_where_it_broke_off(bare: EmbeddedRegistry, alone: AsyncRegistryClientV2) -> None:
    await push(alone, referrer())
    bare.faults.add(Fault(Status(403), operation="put_manifest", path=r".*/sha256-.*"))
    with pytest.raises(ForbiddenError):
        await delete(alone, digest_of(referrer()))
    assert await digests(alone) == {digest_of(referrer())}
    await delete(alone, digest_of(referrer()))
    assert await found(alone) == []


async def test_pushing_goes_on_where_it_broke_off(bare: EmbeddedRegistry, alone: AsyncRegistryClientV2) -> None:
    bare.faults.add(Fault(Status(403), operation="put_manifest", path=r".*/sha256-.*"))
    with pytest.raises(ForbiddenError):
        await push(alone, referrer())
    assert (await alone.get_manifest(digest_of(referrer()))).raw == referrer()
    await push(alone, referrer())
    assert await digests(alone) == {digest_of(referrer())}


async def test_a_tag_that_does_not_move_is_an_error_in_the_end(
    bare: EmbeddedRegistry, alone: AsyncRegistryClientV2, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (async_module, sync_module):
        monkeypatch.setattr(module, "MAX_WAIT_SECONDS", 0.001)
    bare.faults.add(Fault(Status(412), operation="put_manifest", path=r".*/sha256-.*", times=None))
    with pytest.raises(ReferrersError, match="Try again later") as caught:
        await push(alone, referrer())
    assert (caught.value.subject, caught.value.tag) == (SUBJECT, fallback_tag(SUBJECT))
    assert len([one for one in bare.requests if one.status == 412]) == async_module.MAX_UPDATE_ROUNDS


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"[" * 100_000, b"{}", referrer().replace(b"sha256:", b"sha999:")],
    ids=["nothing", "list", "broken", "deep", "empty", "digest"],
)
async def test_what_is_no_manifest_is_not_sent(bare: EmbeddedRegistry, alone: AsyncRegistryClientV2, content: bytes) -> None:
    before = len(bare.requests)
    with pytest.raises((ParseError, InvalidDigestError)):
        await push(alone, content)
    assert len(bare.requests) == before


async def test_what_the_registry_does_not_take_is_not_listed(alone: AsyncRegistryClientV2) -> None:
    missing = json.loads(referrer())
    missing["layers"][0]["digest"] = UNKNOWN
    with pytest.raises((NotFoundError, BadRequestError)):
        await push(alone, json.dumps(missing).encode())
    assert await found(alone) == []
