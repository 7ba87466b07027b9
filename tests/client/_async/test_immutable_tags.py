"""Registries that do not allow a tag to be moved: the same content is a success, other content one clear error."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, artifacts
from docker_registry_sdk.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    ImmutableTagError,
    PreconditionFailedError,
    StatusError,
)
from docker_registry_sdk.media_types import OCI_EMPTY, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Status
from tests.support.images import descriptor, digest_of
from tests.support.referrers_registries import disable_referrers_api

pytestmark = pytest.mark.anyio

TYPE = "application/vnd.example.report.v1"
UNKNOWN_TYPE = "application/vnd.example.manifest.v9+json"
# The status, and the words of the registry.
REFUSALS = [
    (400, "TAG_INVALID: The image tag 'v1' already exists and cannot be overwritten because the repository is immutable"),
    (400, "BLOB_UPLOAD_INVALID: Repository does not allow updating assets: docker-hosted"),
    (403, "DENIED: not enough permissions to delete/overwrite artifact"),
    (409, "CONFLICT"),
    (412, "PRECONDITION"),
]


def manifest(name: str, **fields: Any) -> bytes:
    """Return a manifest without files, which has a name in its annotations."""
    empty = descriptor(OCI_EMPTY, b"{}")
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": TYPE, "config": empty, "layers": [empty]}
    return json.dumps({**document, **fields, "annotations": {"name": name}}).encode()


ONE, TWO = manifest("one"), manifest("two")
CALLS = ("put_manifest", "tag", "artifacts.push")


@pytest.fixture
async def client(embedded_registry: EmbeddedRegistry) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a repository with two manifests; the first one has the tag `v1`."""
    async with AsyncRegistryClientV2(f"{embedded_registry.url}/a/b") as connected:
        await connected.upload_blob(b"{}")
        for content, tag in ((ONE, "one"), (TWO, "two"), (ONE, "v1")):
            await connected.put_manifest(content, tag, media_type=OCI_MANIFEST)
        embedded_registry.requests.clear()
        yield connected


def refuse(registry: EmbeddedRegistry, status: int, code: str, tag: str = "v1") -> None:
    registry.faults.clear()
    registry.faults.add(Fault(Status(status, code=code), operation="put_manifest", path=f".*/manifests/{tag}", times=None))


def sent(registry: EmbeddedRegistry) -> list[str]:
    """Return the methods and the ends of the paths of the requests for manifests, and clear the log."""
    found = [f"{one.method} {one.path.rpartition('/')[2]}" for one in registry.requests.snapshot() if "/manifests/" in one.path]
    registry.requests.clear()
    return found


async def run(call: str, client: AsyncRegistryClientV2, name: str) -> str:
    """Set the tag `v1` on the manifest with a name, with one of the calls that push, and return the digest."""
    if call == "put_manifest":
        return (await client.put_manifest(manifest(name), "v1", media_type=OCI_MANIFEST)).digest
    if call == "tag":
        return (await client.tag(name, "v1")).digest
    return (await artifacts.async_push(client.ref("v1"), [], artifact_type=TYPE, annotations={"name": name})).digest


@pytest.mark.parametrize("call", CALLS)
async def test_a_tag_that_may_not_be_moved(call: str, client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry) -> None:
    await run(call, client, "one")
    stored = (await client.get_manifest("v1")).digest  # artifacts.push writes its JSON in another form
    for status, code in REFUSALS:
        refuse(embedded_registry, status, code)
        sent(embedded_registry)
        assert await run(call, client, "one") == stored
        assert sent(embedded_registry)[-2:] == ["PUT v1", "GET v1"]
        with pytest.raises(ImmutableTagError) as caught:
            await run(call, client, "two")
        error = caught.value
        assert (error.tag, error.digest, error.status) == ("v1", stored, status)
        assert f"the tag v1 of {embedded_registry.host}/a/b exists with the digest {stored}, and the registry" in error.problem
        assert f"PUT {embedded_registry.url}/v2/a/b/manifests/v1: {status} " in error.problem and code in error.problem
        assert error.hint == ImmutableTagError.hint
        assert isinstance(error.__cause__, StatusError) and error.codes == error.__cause__.codes
    assert (await client.get_manifest("v1")).digest == stored


@pytest.mark.parametrize("status", [401, 403, 405])
async def test_a_tag_that_may_not_be_moved_where_head_is_refused(
    status: int, client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry
) -> None:
    stored = await run("artifacts.push", client, "one")
    refuse(embedded_registry, *REFUSALS[0])
    embedded_registry.faults.add(Fault(Status(status), operation=("head_manifest", "head_blob"), times=None))
    assert await run("artifacts.push", client, "one") == stored
    for call in CALLS:
        with pytest.raises(ImmutableTagError, match=f"exists with the digest {stored}"):
            await run(call, client, "two")


@pytest.mark.parametrize(
    ("status", "error"), [(400, BadRequestError), (403, ForbiddenError), (409, ConflictError), (412, PreconditionFailedError)]
)
async def test_another_refusal_is_the_error_of_the_registry(
    status: int, error: type[StatusError], client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry
) -> None:
    refuse(embedded_registry, status, "MANIFEST_INVALID", tag="new")
    with pytest.raises(error) as caught:
        await client.tag("one", "new")  # the tag does not exist
    assert type(caught.value) is error
    if status in (400, 403):
        refuse(embedded_registry, status, "MANIFEST_INVALID")
        with pytest.raises(error) as caught:
            await client.tag("two", "v1")  # the words are not about the tag
        assert type(caught.value) is error
        assert caught.value.__cause__ is not caught.value


async def test_the_condition_of_the_caller_is_not_a_tag_that_may_not_be_moved(
    client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry
) -> None:
    conditions: list[dict[str, Any]] = [{"if_none_match": "*"}, {"if_match": '"other"'}]
    for options in conditions:
        for content in (ONE, TWO):
            with pytest.raises(PreconditionFailedError):
                await client.put_manifest(content, "v1", media_type=OCI_MANIFEST, **options)
    assert sent(embedded_registry) == ["PUT v1"] * 4
    refuse(embedded_registry, *REFUSALS[0])
    with pytest.raises(BadRequestError):  # the caller must learn that the tag was there before
        await client.put_manifest(ONE, "v1", media_type=OCI_MANIFEST, if_none_match="*")
    with pytest.raises(ImmutableTagError):
        await client.put_manifest(TWO, "v1", media_type=OCI_MANIFEST, if_none_match="*")


async def test_a_push_by_digest_with_tags(client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry) -> None:
    refuse(embedded_registry, *REFUSALS[0], tag="sha256:.*")
    assert (await client.put_manifest(ONE, media_type=OCI_MANIFEST, tags=["one", "v1"])).tags == ("one", "v1")
    with pytest.raises(ImmutableTagError, match="the tag v1 of"):
        await client.put_manifest(TWO, media_type=OCI_MANIFEST, tags=["two", "v1"])
    with pytest.raises(BadRequestError):
        await client.put_manifest(ONE, media_type=OCI_MANIFEST, tags=["one", "new"])
    sent(embedded_registry)
    with pytest.raises(BadRequestError):
        await client.put_manifest(ONE, media_type=OCI_MANIFEST)
    assert sent(embedded_registry) == [f"PUT {digest_of(ONE)}"]


async def test_a_manifest_of_an_unknown_media_type(client: AsyncRegistryClientV2, embedded_registry: EmbeddedRegistry) -> None:
    content = {name: json.dumps({"schemaVersion": 9, "name": name}).encode() for name in ("one", "two")}
    pushed = await client.put_manifest(content["one"], "v1", media_type=UNKNOWN_TYPE)
    refuse(embedded_registry, *REFUSALS[0])
    assert (await client.put_manifest(content["one"], "v1", media_type=UNKNOWN_TYPE)).digest == pushed.digest
    with pytest.raises(ImmutableTagError, match=f"exists with the digest {pushed.digest}"):
        await client.put_manifest(content["two"], "v1", media_type=UNKNOWN_TYPE)


@pytest.mark.parametrize("has_api", [True, False])
async def test_a_referrer_under_a_tag_that_may_not_be_moved_is_listed(has_api: bool) -> None:
    content = manifest("one", subject=descriptor(OCI_MANIFEST, TWO))
    with EmbeddedRegistry() as registry:
        async with AsyncRegistryClientV2(f"{registry.url}/a/b") as client:
            await client.upload_blob(b"{}")
            # Another client was interrupted before it wrote the list.
            await client.put_manifest(content, "v1", media_type=OCI_MANIFEST, referrers="off")
            refuse(registry, *REFUSALS[0])
            if not has_api:
                disable_referrers_api(registry)
            await client.put_manifest(content, "v1", media_type=OCI_MANIFEST)
            assert [one.digest for one in await client.list_referrers(digest_of(TWO))] == [digest_of(content)]
            assert await client.exists(digest_of(TWO).replace(":", "-")) is not has_api
