"""The list of referrers under the fallback tag: conditions, changes of other clients, and the limits of repetition."""

from __future__ import annotations

import json

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.client.fallback import fallback_tag
from docker_registry_sdk.errors import DeadlineExceededError, ForbiddenError, ReferrersError
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, LoseResponse, SetHeader, Slow, Status
from tests.support._async.referrers import delete_manifest, list_referrers, push_manifest, push_subject, referrer_digests
from tests.support.images import DOCKER_LIST, descriptor, digest_of, index_of
from tests.support.referrers_registries import IMAGE, MAX_RETRIES, SUBJECT, disable_referrers_api, referrer_manifest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("fallback_type", [OCI_MANIFEST, DOCKER_LIST])
async def test_a_fallback_tag_without_index_is_an_error_and_is_kept(
    client_without_referrers: AsyncRegistryClientV2, fallback_type: str
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest(1))
    other = referrer_manifest(2) if fallback_type == OCI_MANIFEST else index_of(DOCKER_LIST, OCI_MANIFEST, {"amd64": IMAGE.oci})
    await client_without_referrers.put_manifest(other, fallback_tag(SUBJECT), media_type=fallback_type, referrers="off")
    with pytest.raises(ReferrersError, match="should be an index") as caught:
        await list_referrers(client_without_referrers)
    assert (caught.value.subject, caught.value.tag) == (SUBJECT, fallback_tag(SUBJECT))
    with pytest.raises(ReferrersError):
        await push_manifest(client_without_referrers, referrer_manifest(3))
    with pytest.raises(ReferrersError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest(1)))
    assert (await client_without_referrers.get_manifest(fallback_tag(SUBJECT))).raw == other
    assert (await client_without_referrers.get_manifest(digest_of(referrer_manifest(1)))).raw == referrer_manifest(1)


async def test_gitlab_returns_the_subject_under_the_fallback_tag() -> None:
    """If the subject is an index, the manifests in it are not referrers."""
    with EmbeddedRegistry(profile="gitlab", auth="none") as gitlab:
        disable_referrers_api(gitlab)
        async with AsyncRegistryClientV2(f"{gitlab.url}/a/b") as client:
            await push_subject(client)
            index = index_of(OCI_INDEX, OCI_MANIFEST, {"amd64": IMAGE.oci})
            await client.put_manifest(index, "all", media_type=OCI_INDEX)
            assert (await client.get_manifest(fallback_tag(digest_of(index)))).raw == index
            assert await list_referrers(client, digest_of(index)) == []
            content = referrer_manifest(subject=digest_of(index))
            await push_manifest(client, content)
            assert [one.digest for one in await list_referrers(client, digest_of(index))] == [digest_of(content)]
            assert (await client.get_manifest("all")).raw == index


async def test_an_unreadable_list_is_an_error(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    registry_without_referrers.faults.add(Fault(Status(403), operation="get_manifest", path=r".*/sha256-.*", times=None))
    with pytest.raises(ForbiddenError):
        await list_referrers(client_without_referrers)
    with pytest.raises(ForbiddenError):
        await push_manifest(client_without_referrers, referrer_manifest())


async def test_entries_of_other_clients_are_kept(client_without_referrers: AsyncRegistryClientV2) -> None:
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


async def test_the_list_is_written_with_a_condition(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    for number in range(2):
        await push_manifest(client_without_referrers, referrer_manifest(number))
    await client_without_referrers.list_tags()  # its response is logged after all requests before it
    writes = [one for one in registry_without_referrers.requests if one.method == "PUT" and "/sha256-" in one.path]
    assert [(one.status, one.header("if-none-match")) for one in writes] == [(201, "*"), (201, None)]
    assert writes[0].header("if-match") is None
    assert (writes[1].header("if-match") or "").startswith('"sha256:')


@pytest.mark.parametrize("etag", [None, 'W/"{}"'])
async def test_a_weak_etag_is_not_sent(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2, etag: str | None
) -> None:
    registry_without_referrers.faults.add(Fault(SetHeader("etag", etag), operation="get_manifest", times=None))
    for number in range(2):
        await push_manifest(client_without_referrers, referrer_manifest(number))
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest(number)) for number in range(2)}
    assert [
        one.header("if-match") for one in registry_without_referrers.requests if one.method == "PUT" and one.header("if-match")
    ] == []


async def test_a_lost_response_to_the_write_is_not_a_failure(registry_without_referrers: EmbeddedRegistry) -> None:
    async with AsyncRegistryClientV2(f"{registry_without_referrers.url}/a/b") as client:
        await push_subject(client)
        await push_manifest(client, referrer_manifest(1))
        registry_without_referrers.faults.add(Fault(LoseResponse(), operation="put_manifest", path=r".*/sha256-.*"))
        await push_manifest(client, referrer_manifest(2))
        assert await referrer_digests(client) == {digest_of(referrer_manifest(1)), digest_of(referrer_manifest(2))}


async def test_a_tag_that_cannot_be_moved_is_an_error(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    registry_without_referrers.faults.add(Fault(Status(412), operation="put_manifest", path=r".*/sha256-.*", times=None))
    with pytest.raises(ReferrersError, match="try again later") as caught:
        await push_manifest(client_without_referrers, referrer_manifest())
    assert (caught.value.subject, caught.value.tag) == (SUBJECT, fallback_tag(SUBJECT))
    assert len([one for one in registry_without_referrers.requests if one.status == 412]) == MAX_RETRIES + 1


@pytest.mark.parametrize("max_retries", [0, 2])
async def test_the_list_is_written_once_and_max_retries_more_times(
    registry_without_referrers: EmbeddedRegistry, max_retries: int
) -> None:
    fault = Fault(Status(412), operation="put_manifest", path=r".*/sha256-.*", times=None)
    registry_without_referrers.faults.add(fault)
    url = f"{registry_without_referrers.url}/a/b"
    async with AsyncRegistryClientV2(url, max_retries=max_retries, max_retry_wait=0.01) as client:
        await push_subject(client)
        with pytest.raises(ReferrersError, match=f"after each of {max_retries + 1} attempts"):
            await push_manifest(client, referrer_manifest())
    records = [(one.method, one.status) for one in registry_without_referrers.requests if "/sha256-" in one.path]
    assert records == [("GET", 404), ("PUT", 412)] * (max_retries + 1)


async def test_without_retries_each_request_of_a_push_is_sent_once(registry_without_referrers: EmbeddedRegistry) -> None:
    async with AsyncRegistryClientV2(f"{registry_without_referrers.url}/a/b", max_retries=0) as client:
        await push_subject(client)
        registry_without_referrers.requests.clear()
        await push_manifest(client, referrer_manifest())
        records = [(one.method, one.status) for one in registry_without_referrers.requests.snapshot()]
        assert records == [("PUT", 201), ("GET", 404), ("PUT", 201)]
        assert await referrer_digests(client) == {digest_of(referrer_manifest())}


async def test_updating_the_list_ends_at_the_deadline(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    content = referrer_manifest()
    await push_manifest(client_without_referrers, content)
    registry_without_referrers.faults.add(Fault(Slow(bytes_per_second=50), operation="get_manifest", times=None))
    with pytest.raises(DeadlineExceededError, match=r"0\.5"):
        await client_without_referrers.put_manifest(content, None, media_type=OCI_MANIFEST, deadline=0.5)
    with pytest.raises(DeadlineExceededError, match=r"0\.5"):
        await client_without_referrers.delete_manifest(digest_of(content), deadline=0.5)
