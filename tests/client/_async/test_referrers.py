"""`put_manifest` and `delete_manifest` of referrers, on registries with and without the referrers API."""

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
    ServerError,
)
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status
from docker_registry_sdk.testing.faults.responses import CapturedResponse
from docker_registry_sdk.testing.profiles.effects import ChangeResponse
from docker_registry_sdk.v2.models import ImageIndex
from tests.support._async.referrers import delete_manifest, list_referrers, push_manifest, push_subject, referrer_digests
from tests.support.images import DOCKER_MANIFEST, digest_of, index_of
from tests.support.referrers_registries import (
    IMAGE,
    SIGNATURE,
    SUBJECT,
    UNKNOWN,
    ReferrersRegistry,
    disable_referrers_api,
    referrer_manifest,
)

pytestmark = pytest.mark.anyio


async def test_a_pushed_referrer_is_listed(
    repository_client: AsyncRegistryClientV2, referrers_registry: ReferrersRegistry
) -> None:
    assert await list_referrers(repository_client) == []
    assert await list_referrers(repository_client, UNKNOWN) == []
    first, second = referrer_manifest(1), referrer_manifest(2, None)
    pushed = await push_manifest(repository_client, first)
    assert (pushed.digest, pushed.subject) == (digest_of(first), SUBJECT if referrers_registry.has_api else None)
    await push_manifest(repository_client, second, "a-tag")
    assert (await repository_client.get_manifest("a-tag")).raw == second
    by_digest = {str(one.digest): one for one in await list_referrers(repository_client)}
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


async def test_a_referrer_may_be_pushed_before_its_subject(
    repository_client: AsyncRegistryClientV2, referrers_registry: ReferrersRegistry
) -> None:
    content = referrer_manifest(subject=UNKNOWN)
    if referrers_registry.requires_subject:
        with pytest.raises(BadRequestError, match=UNKNOWN):
            await push_manifest(repository_client, content)
        return
    await push_manifest(repository_client, content)
    assert [one.digest for one in await list_referrers(repository_client, UNKNOWN)] == [digest_of(content)]


async def test_a_referrer_pushed_twice_is_listed_once(repository_client: AsyncRegistryClientV2) -> None:
    for _ in range(2):
        await push_manifest(repository_client, referrer_manifest())
    assert [one.digest for one in await list_referrers(repository_client)] == [digest_of(referrer_manifest())]


async def test_a_manifest_without_subject_is_pushed_in_one_request(
    repository_client: AsyncRegistryClientV2, referrers_registry: ReferrersRegistry
) -> None:
    before = len(referrers_registry.embedded.requests) if referrers_registry.embedded else 0
    pushed = await push_manifest(repository_client, IMAGE.oci, "v2")
    assert (pushed.digest, pushed.subject) == (SUBJECT, None)
    await push_manifest(repository_client, IMAGE.docker, media_type=DOCKER_MANIFEST)
    if referrers_registry.embedded:
        assert len(referrers_registry.embedded.requests) == before + 2


async def test_a_deleted_referrer_is_not_listed(
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
    if not referrers_registry.has_api:  # the list is empty now, but not deleted
        left = await repository_client.get_manifest(fallback_tag(SUBJECT))
        assert isinstance(left.manifest, ImageIndex)
        assert left.manifest.manifests == []
    await push_manifest(repository_client, contents[0])
    assert await referrer_digests(repository_client) == {digest_of(contents[0])}
    with pytest.raises(NotFoundError):
        await delete_manifest(repository_client, digest_of(contents[1]))


async def test_a_manifest_without_subject_is_deleted(repository_client: AsyncRegistryClientV2) -> None:
    await delete_manifest(repository_client, SUBJECT)
    with pytest.raises(NotFoundError):
        await repository_client.get_manifest("v1")


async def test_tags_are_refused_instead_of_digests(repository_client: AsyncRegistryClientV2) -> None:
    await push_manifest(repository_client, referrer_manifest(), "a-tag")
    with pytest.raises(InvalidDigestError):
        await list_referrers(repository_client, "v1")
    assert await referrer_digests(repository_client) == {digest_of(referrer_manifest())}


def html_response(answer: CapturedResponse) -> None:
    """Return a response with a web page, as for an unknown path."""
    answer.headers["content-type"] = "text/html"
    answer.body = b"<!doctype html><title>Not here</title>"


@pytest.mark.parametrize(
    "answer",
    [Status(400), Status(404), Status(405), Status(406), Status(501), ChangeResponse({200}, html_response)],
    ids=["400", "404", "405", "406", "501", "html"],
)
async def test_responses_that_mean_no_referrers_api(answer: Any) -> None:
    with EmbeddedRegistry(auth="none") as registry:
        disable_referrers_api(registry, answer)
        async with AsyncRegistryClientV2(f"{registry.url}/a/b", max_retries=0) as client:
            await push_subject(client)
            await push_manifest(client, referrer_manifest())
            assert await referrer_digests(client) == {digest_of(referrer_manifest())}
            await delete_manifest(client, digest_of(referrer_manifest()))
            assert await list_referrers(client) == []


@pytest.mark.parametrize(("status", "error"), [(403, ForbiddenError), (500, ServerError), (503, ServerError)])
async def test_temporary_failures_of_the_referrers_api_are_errors(
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


async def test_a_refused_delete_keeps_the_referrer_listed(
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


async def test_a_refused_delete_does_not_add_an_unlisted_referrer(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    await client_without_referrers.put_manifest(referrer_manifest(), media_type=OCI_MANIFEST, referrers="off")
    registry_without_referrers.faults.add(Fault(Status(405), operation="delete_manifest"))
    with pytest.raises(MethodNotAllowedError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await list_referrers(client_without_referrers) == []


async def test_a_referrer_deleted_by_another_client_is_not_listed_again(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest())
    registry_without_referrers.faults.add(Fault(Status(404), operation="delete_manifest"))
    with pytest.raises(NotFoundError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await list_referrers(client_without_referrers) == []


async def test_an_interrupted_delete_can_be_repeated(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest())
    registry_without_referrers.faults.add(Fault(Status(403), operation="put_manifest", path=r".*/sha256-.*"))
    with pytest.raises(ForbiddenError):
        await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest())}
    await delete_manifest(client_without_referrers, digest_of(referrer_manifest()))
    assert await list_referrers(client_without_referrers) == []


async def test_an_interrupted_push_can_be_repeated(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    registry_without_referrers.faults.add(Fault(Status(403), operation="put_manifest", path=r".*/sha256-.*"))
    with pytest.raises(ForbiddenError):
        await push_manifest(client_without_referrers, referrer_manifest())
    assert (await client_without_referrers.get_manifest(digest_of(referrer_manifest()))).raw == referrer_manifest()
    await push_manifest(client_without_referrers, referrer_manifest())
    assert await referrer_digests(client_without_referrers) == {digest_of(referrer_manifest())}


@pytest.mark.parametrize(
    "content",
    [
        b'{"subject": 1}',
        b'{"subject": {}}',
        b'{"schemaVersion": 2, "layers": [], "subject": {}}',
        referrer_manifest().replace(b"sha256:", b"SHA256:"),
    ],
    ids=["number", "empty", "no-config", "digest"],
)
async def test_a_malformed_manifest_with_a_subject_is_not_sent(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2, content: bytes
) -> None:
    before = len(registry_without_referrers.requests)
    with pytest.raises((ParseError, InvalidDigestError)):
        await push_manifest(client_without_referrers, content)
    assert len(registry_without_referrers.requests) == before


async def test_a_rejected_manifest_is_not_listed(client_without_referrers: AsyncRegistryClientV2) -> None:
    missing = json.loads(referrer_manifest())
    missing["layers"][0]["digest"] = UNKNOWN
    with pytest.raises((NotFoundError, BadRequestError)):
        await push_manifest(client_without_referrers, json.dumps(missing).encode())
    assert await list_referrers(client_without_referrers) == []
