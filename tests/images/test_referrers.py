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
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, LoseResponse, SetHeader, Status
from docker_registry_sdk.testing.faults.responses import CapturedResponse
from docker_registry_sdk.testing.profiles.effects import ChangeResponse
from docker_registry_sdk.v2.models import Descriptor, ImageIndex
from tests.support.awaited import connect
from tests.support.calls import call
from tests.support.images import DOCKER_LIST, DOCKER_MANIFEST, descriptor, digest_of, index_of
from tests.support.referrers_registries import (
    IMAGE,
    MAX_RETRIES,
    SIGNATURE,
    SUBJECT,
    UNKNOWN,
    ReferrersRegistry,
    disable_referrers_api,
    push_subject,
    referrer_manifest,
)

pytestmark = pytest.mark.anyio


async def push_manifest(
    client: AsyncRegistryClientV2, content: bytes, ref: str | None = None, media_type: str = OCI_MANIFEST
) -> Any:
    return await call("images", "push_manifest", client, content, ref, media_type=media_type)


async def delete_manifest(client: AsyncRegistryClientV2, digest: str) -> None:
    await call("images", "delete_manifest", client, digest)


async def list_referrers(
    client: AsyncRegistryClientV2, subject: str = SUBJECT, artifact_type: str | None = None
) -> list[Descriptor]:
    return [one async for one in client.iter_referrers(subject, artifact_type=artifact_type)]


async def referrer_digests(client: AsyncRegistryClientV2) -> set[str]:
    return {one.digest for one in await list_referrers(client)}


async def test_what_is_pushed_with_a_subject_is_found(
    repository_client: AsyncRegistryClientV2, referrers_registry: ReferrersRegistry
) -> None:
    assert await list_referrers(repository_client) == []
    assert await list_referrers(repository_client, UNKNOWN) == []
    first, second = referrer_manifest(1), referrer_manifest(2, None)
    pushed = await push_manifest(repository_client, first)
    assert (pushed.digest, pushed.subject) == (digest_of(first), SUBJECT if referrers_registry.has_api else None)
    await push_manifest(repository_client, second, "a-tag")
    assert (await repository_client.get_manifest("a-tag")).raw == second
    by_digest = {one.digest: one for one in await list_referrers(repository_client)}
    assert set(by_digest) == {digest_of(first), digest_of(second)}
    one = by_digest[digest_of(first)]
    assert (one.media_type, one.size, one.artifact_type) == (OCI_MANIFEST, len(first), SIGNATURE)
    assert one.annotations == json.loads(first)["annotations"]
    config_type = json.loads(IMAGE.oci)["config"]["mediaType"]
    assert by_digest[digest_of(second)].artifact_type == config_type
    assert [each.digest for each in await list_referrers(repository_client, artifact_type=SIGNATURE)] == [digest_of(first)]
    assert await list_referrers(repository_client, artifact_type="application/other") == []


async def test_an_index_may_have_a_subject_too(repository_client: AsyncRegistryClientV2) -> None:
    document = json.loads(index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci}))
    subject = {"mediaType": OCI_MANIFEST, "digest": SUBJECT, "size": len(IMAGE.oci)}
    content = json.dumps(document | {"subject": subject, "annotations": {"a": "b"}}).encode()
    await push_manifest(repository_client, content, media_type=OCI_INDEX)
    (one,) = await list_referrers(repository_client)
    assert (one.digest, one.media_type, one.artifact_type, one.annotations) == (digest_of(content), OCI_INDEX, None, {"a": "b"})


async def test_a_subject_may_come_later(repository_client: AsyncRegistryClientV2) -> None:
    content = referrer_manifest(subject=UNKNOWN)
    await push_manifest(repository_client, content)
    assert [one.digest for one in await list_referrers(repository_client, UNKNOWN)] == [digest_of(content)]


async def test_pushing_again_lists_nothing_twice(repository_client: AsyncRegistryClientV2) -> None:
    for _ in range(2):
        await push_manifest(repository_client, referrer_manifest())
    assert [one.digest for one in await list_referrers(repository_client)] == [digest_of(referrer_manifest())]


async def test_what_has_no_subject_is_pushed_in_one_request(
    repository_client: AsyncRegistryClientV2, referrers_registry: ReferrersRegistry
) -> None:
    before = len(referrers_registry.embedded.requests) if referrers_registry.embedded else 0
    pushed = await push_manifest(repository_client, IMAGE.oci, "v2")
    assert (pushed.digest, pushed.subject) == (SUBJECT, None)
    await push_manifest(repository_client, IMAGE.docker, media_type=DOCKER_MANIFEST)
    if referrers_registry.embedded:
        assert len(referrers_registry.embedded.requests) == before + 2


async def test_what_is_deleted_is_found_no_more(
    repository_client: AsyncRegistryClientV2, referrers_registry: ReferrersRegistry
) -> None:
    contents = [referrer_manifest(number) for number in range(3)]
    for content in contents:
        await push_manifest(repository_client, content)
    await delete_manifest(repository_client, digest_of(contents[1]))
    assert await referrer_digests(repository_client) == {digest_of(contents[0]), digest_of(contents[2])}
    for content in (contents[0], contents[2]):
        await delete_manifest(repository_client, digest_of(content))
        with pytest.raises(NotFoundError):
            await repository_client.get_manifest(digest_of(content))
    assert await list_referrers(repository_client) == []
    if not referrers_registry.has_api:  # the list is empty now, and still under its tag
        left = await repository_client.get_manifest(fallback_tag(SUBJECT))
        assert isinstance(left.manifest, ImageIndex)
        assert left.manifest.manifests == []
    await push_manifest(repository_client, contents[0])
    assert await referrer_digests(repository_client) == {digest_of(contents[0])}
    with pytest.raises(NotFoundError):
        await delete_manifest(repository_client, digest_of(contents[1]))


async def test_deleting_what_has_no_subject_deletes_it(repository_client: AsyncRegistryClientV2) -> None:
    await delete_manifest(repository_client, SUBJECT)
    with pytest.raises(NotFoundError):
        await repository_client.get_manifest("v1")


async def test_a_tag_is_not_turned_into_a_digest(repository_client: AsyncRegistryClientV2) -> None:
    await push_manifest(repository_client, referrer_manifest(), "a-tag")
    with pytest.raises(InvalidDigestError):
        await delete_manifest(repository_client, "a-tag")
    with pytest.raises(InvalidDigestError):
        await list_referrers(repository_client, "v1")
    assert await referrer_digests(repository_client) == {digest_of(referrer_manifest())}


@pytest.mark.parametrize("fallback_type", [OCI_MANIFEST, DOCKER_LIST])
async def test_a_fallback_tag_that_is_no_index_is_an_error_and_stays(
    client_without_referrers: AsyncRegistryClientV2, fallback_type: str
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest(1))
    other = referrer_manifest(2) if fallback_type == OCI_MANIFEST else index_of(DOCKER_LIST, OCI_MANIFEST, {"amd64": IMAGE.oci})
    await client_without_referrers.put_manifest(other, fallback_tag(SUBJECT), media_type=fallback_type)
    with pytest.raises(ReferrersError, match="should name an index") as caught:
        await list_referrers(client_without_referrers)
    assert (caught.value.subject, caught.value.tag) == (SUBJECT, fallback_tag(SUBJECT))
    for act in (
        push_manifest(client_without_referrers, referrer_manifest(3)),
        delete_manifest(client_without_referrers, digest_of(referrer_manifest(1))),
    ):
        with pytest.raises(ReferrersError):
            await act
    assert (await client_without_referrers.get_manifest(fallback_tag(SUBJECT))).raw == other
    assert (await client_without_referrers.get_manifest(digest_of(referrer_manifest(1)))).raw == referrer_manifest(1)


async def test_an_index_that_gitlab_takes_for_its_list_has_no_referrers(client_kind: str) -> None:
    """The tag is the subject itself there, whose manifests are no referrers."""
    with EmbeddedRegistry(profile="gitlab", auth="none") as gitlab:
        disable_referrers_api(gitlab)
        async with connect(client_kind, f"{gitlab.url}/a/b") as client:
            await push_subject(client)
            index = index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci})
            await client.put_manifest(index, "all", media_type=OCI_INDEX)
            assert (await client.get_manifest(fallback_tag(digest_of(index)))).raw == index
            assert await list_referrers(client, digest_of(index)) == []
            content = referrer_manifest(subject=digest_of(index))
            await push_manifest(client, content)
            assert [one.digest for one in await list_referrers(client, digest_of(index))] == [digest_of(content)]
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
async def test_what_says_that_there_is_no_api(client_kind: str, answer: Any) -> None:
    with EmbeddedRegistry(auth="none") as registry:
        disable_referrers_api(registry, answer)
        async with connect(client_kind, f"{registry.url}/a/b", max_retries=0) as client:
            await push_subject(client)
            await push_manifest(client, referrer_manifest())
            assert await referrer_digests(client) == {digest_of(referrer_manifest())}
            await delete_manifest(client, digest_of(referrer_manifest()))
            assert await list_referrers(client) == []


@pytest.mark.parametrize(("status", "error"), [(403, ForbiddenError), (500, ServerError), (503, ServerError)])
async def test_what_may_only_be_so_for_now_is_an_error(
    registry_without_referrers: EmbeddedRegistry,
    client_without_referrers: AsyncRegistryClientV2,
    status: int,
    error: type[Exception],
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest())
    registry_without_referrers.faults.clear()
    registry_without_referrers.faults.add(Fault(Status(status), operation="list_referrers", times=None))
    with pytest.raises(error):
        await list_referrers(client_without_referrers)
    with pytest.raises(error):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert (await client_without_referrers.get_manifest(digest_of(referrer_manifest()))).raw == referrer_manifest()


async def test_a_list_that_may_not_be_read_is_an_error(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    registry_without_referrers.faults.add(Fault(Status(403), operation="get_manifest", path=r".*/sha256-.*", times=None))
    with pytest.raises(ForbiddenError):
        await list_referrers(client_without_referrers)
    with pytest.raises(ForbiddenError):
        await push_manifest(client_without_referrers, referrer_manifest())


async def test_what_others_wrote_into_the_list_stays(client_without_referrers: AsyncRegistryClientV2) -> None:
    other = descriptor("application/vnd.example", b"other") | {
        "annotations": {"a": "b"},
        "x-more": [1],
        "platform": {"os": "a", "architecture": "b"},
    }
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [other], "annotations": {"c": "d"}, "x-top": {"e": None}}
    await client_without_referrers.put_manifest(json.dumps(index).encode(), fallback_tag(SUBJECT), media_type=OCI_INDEX)
    await push_manifest(client_without_referrers, referrer_manifest())
    await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    left = json.loads((await client_without_referrers.get_manifest(fallback_tag(SUBJECT))).raw)
    assert left == index


async def test_a_list_is_written_only_over_what_was_read(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    for number in range(2):
        await push_manifest(client_without_referrers, referrer_manifest(number))
    await client_without_referrers.list_tags()  # an answer with a body is logged before it is there, and so what came before
    writes = [one for one in registry_without_referrers.requests if one.method == "PUT" and "/sha256-" in one.path]
    assert [(one.status, one.header("if-none-match")) for one in writes] == [(201, "*"), (201, None)]
    assert writes[0].header("if-match") is None
    assert (writes[1].header("if-match") or "").startswith('"sha256:')


@pytest.mark.parametrize("etag", [None, 'W/"{}"'])
async def test_an_etag_that_cannot_be_matched_is_not_sent(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2, etag: str | None
) -> None:
    registry_without_referrers.faults.add(Fault(SetHeader("etag", etag), operation="get_manifest", times=None))
    for number in range(2):
        await push_manifest(client_without_referrers, referrer_manifest(number))
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest(number)) for number in range(2)}
    assert [
        one.header("if-match") for one in registry_without_referrers.requests if one.method == "PUT" and one.header("if-match")
    ] == []


async def test_a_lost_answer_to_the_write_is_no_failure(
    registry_without_referrers: EmbeddedRegistry, client_kind: str, anyio_backend: str
) -> None:
    async with connect(client_kind, f"{registry_without_referrers.url}/a/b") as client:
        await push_subject(client)
        await push_manifest(client, referrer_manifest(1))
        registry_without_referrers.faults.add(Fault(LoseResponse(), operation="put_manifest", path=r".*/sha256-.*"))
        await push_manifest(client, referrer_manifest(2))
        assert await referrer_digests(client) == {digest_of(referrer_manifest(1)), digest_of(referrer_manifest(2))}


async def test_when_deleting_is_refused_the_referrer_stays_listed(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    for number in range(2):
        await push_manifest(client_without_referrers, referrer_manifest(number))
    registry_without_referrers.faults.add(Fault(Status(405), operation="delete_manifest"))
    with pytest.raises(MethodNotAllowedError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest(0)))
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest(number)) for number in range(2)}
    await delete_manifest(client_without_referrers, digest_of(referrer_manifest(0)))
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest(1))}


async def test_a_refused_delete_lists_nothing_that_was_not_listed(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    await client_without_referrers.put_manifest(referrer_manifest(), digest_of(referrer_manifest()), media_type=OCI_MANIFEST)
    registry_without_referrers.faults.add(Fault(Status(405), operation="delete_manifest"))
    with pytest.raises(MethodNotAllowedError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await list_referrers(client_without_referrers) == []


async def test_what_somebody_else_deleted_meanwhile_is_not_listed_again(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest())
    registry_without_referrers.faults.add(Fault(Status(404), operation="delete_manifest"))
    with pytest.raises(NotFoundError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await list_referrers(client_without_referrers) == []


async def test_deleting_goes_on_where_it_broke_off(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest())
    registry_without_referrers.faults.add(Fault(Status(403), operation="put_manifest", path=r".*/sha256-.*"))
    with pytest.raises(ForbiddenError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest())}
    await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await list_referrers(client_without_referrers) == []


async def test_pushing_goes_on_where_it_broke_off(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    registry_without_referrers.faults.add(Fault(Status(403), operation="put_manifest", path=r".*/sha256-.*"))
    with pytest.raises(ForbiddenError):
        await push_manifest(client_without_referrers, referrer_manifest())
    assert (await client_without_referrers.get_manifest(digest_of(referrer_manifest()))).raw == referrer_manifest()
    await push_manifest(client_without_referrers, referrer_manifest())
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest())}


async def test_a_tag_that_does_not_move_is_an_error_in_the_end(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    registry_without_referrers.faults.add(Fault(Status(412), operation="put_manifest", path=r".*/sha256-.*", times=None))
    with pytest.raises(ReferrersError, match="Try again later") as caught:
        await push_manifest(client_without_referrers, referrer_manifest())
    assert (caught.value.subject, caught.value.tag) == (SUBJECT, fallback_tag(SUBJECT))
    assert len([one for one in registry_without_referrers.requests if one.status == 412]) == MAX_RETRIES + 1


@pytest.mark.parametrize("max_retries", [0, 2])
async def test_the_list_is_written_once_and_max_retries_more_times(
    registry_without_referrers: EmbeddedRegistry, client_kind: str, max_retries: int, anyio_backend: str
) -> None:
    fault = Fault(Status(412), operation="put_manifest", path=r".*/sha256-.*", times=None)
    registry_without_referrers.faults.add(fault)
    url = f"{registry_without_referrers.url}/a/b"
    async with connect(client_kind, url, max_retries=max_retries, max_retry_wait=0.01) as client:
        await push_subject(client)
        with pytest.raises(ReferrersError, match=f"written {max_retries + 1} times"):
            await push_manifest(client, referrer_manifest())
    records = [(one.method, one.status) for one in registry_without_referrers.requests if "/sha256-" in one.path]
    assert records == [("GET", 404), ("PUT", 412)] * (max_retries + 1)


async def test_without_retries_each_request_of_a_push_is_sent_once(
    registry_without_referrers: EmbeddedRegistry, client_kind: str, anyio_backend: str
) -> None:
    async with connect(client_kind, f"{registry_without_referrers.url}/a/b", max_retries=0) as client:
        await push_subject(client)
        registry_without_referrers.requests.clear()
        await push_manifest(client, referrer_manifest())
        records = [(one.method, one.status) for one in registry_without_referrers.requests.snapshot()]
        assert records == [("PUT", 201), ("GET", 404), ("PUT", 201)]
        assert await referrer_digests(client) == {digest_of(referrer_manifest())}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"[" * 100_000, b"{}", referrer_manifest().replace(b"sha256:", b"sha999:")],
    ids=["nothing", "list", "broken", "deep", "empty", "digest"],
)
async def test_what_is_no_manifest_is_not_sent(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2, content: bytes
) -> None:
    before = len(registry_without_referrers.requests)
    with pytest.raises((ParseError, InvalidDigestError)):
        await push_manifest(client_without_referrers, content)
    assert len(registry_without_referrers.requests) == before


async def test_what_the_registry_does_not_take_is_not_listed(client_without_referrers: AsyncRegistryClientV2) -> None:
    missing = json.loads(referrer_manifest())
    missing["layers"][0]["digest"] = UNKNOWN
    with pytest.raises((NotFoundError, BadRequestError)):
        await push_manifest(client_without_referrers, json.dumps(missing).encode())
    assert await list_referrers(client_without_referrers) == []
