"""Registries with and without the referrers API, and clients of them, for the tests of images and artifacts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from attrs import frozen

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.client.manifests import PutManifestResponse
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, SetHeader, Status
from docker_registry_sdk.v2.models import Descriptor
from tests.support.awaited import KINDS, connect
from tests.support.calls import call
from tests.support.docker_registry import run_docker_registry
from tests.support.images import digest_of, make_image

# The retries of `client_without_referrers`, which bound the updates of the list of referrers, too.
MAX_RETRIES = 9
UNKNOWN = "sha256:" + "0" * 64
IMAGE = make_image()
SUBJECT = digest_of(IMAGE.oci)
SIGNATURE = "application/vnd.example.signature"


@frozen
class ReferrersRegistry:
    """A registry with or without the referrers API.

    Attributes:
        url: The URL of the registry.
        has_api: Whether it has the referrers API.
        embedded: The embedded registry; None for Debian's docker-registry.
    """

    url: str
    has_api: bool
    embedded: EmbeddedRegistry | None = None


@pytest.fixture(scope="module", params=["api", "no-api", "ghcr", "gitlab", "docker-registry"])
def referrers_registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferrersRegistry]:
    """One registry of each kind. GitLab has the referrers API, which is disabled here to test its other differences."""
    if request.param == "docker-registry":
        with run_docker_registry(tmp_path_factory.mktemp("debian")) as debian:
            yield ReferrersRegistry(debian.url, has_api=False)
        return
    with EmbeddedRegistry(profile=request.param if request.param in ("ghcr", "gitlab") else None, auth="none") as embedded:
        if request.param in ("no-api", "gitlab"):
            disable_referrers_api(embedded)
        yield ReferrersRegistry(embedded.url, request.param == "api", embedded)


def disable_referrers_api(registry: EmbeddedRegistry, response: Any = None) -> None:
    """Let a registry respond as one without the referrers API.

    Args:
        registry: The registry.
        response: The response to requests of the referrers API; None for 404.
    """
    registry.faults.add(Fault(response or Status(404), operation="list_referrers", times=None))
    registry.faults.add(Fault(SetHeader("oci-subject", None), operation="put_manifest", times=None))


@pytest.fixture
def registry_without_referrers() -> Iterator[EmbeddedRegistry]:
    """An embedded registry without the referrers API, for this test only."""
    with EmbeddedRegistry(auth="none") as registry:
        disable_referrers_api(registry)
        yield registry


@pytest.fixture(params=KINDS)
def client_kind(request: pytest.FixtureRequest) -> str:
    """`sync` or `async`."""
    kind: str = request.param
    return kind


@pytest.fixture
async def repository_client(
    referrers_registry: ReferrersRegistry, client_kind: str, request: pytest.FixtureRequest, anyio_backend: str
) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a repository for this test only, which has the subject."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower()).strip("-")
    repo_url = f"{referrers_registry.url}/tests/{'-'.join(filter(None, name.split('-')))}"
    async with connect(client_kind, repo_url, max_retry_wait=0.01) as connected:
        await push_subject(connected)
        yield connected


@pytest.fixture
async def client_without_referrers(
    registry_without_referrers: EmbeddedRegistry, client_kind: str, anyio_backend: str
) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a repository of `registry_without_referrers`, which has the subject."""
    url = f"{registry_without_referrers.url}/a/b"
    async with connect(client_kind, url, max_retries=MAX_RETRIES, max_retry_wait=0.01) as connected:
        await push_subject(connected)
        yield connected


async def push_subject(client: AsyncRegistryClientV2) -> None:
    """Push the image that is the subject of referrers."""
    for blob in (IMAGE.config, IMAGE.layer):
        await client.blob_upload(blob)
    await client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)


async def push_manifest(
    client: AsyncRegistryClientV2, content: bytes, ref: str | None = None, media_type: str = OCI_MANIFEST
) -> PutManifestResponse:
    """Push a manifest with `images.push_manifest`."""
    response: PutManifestResponse = await call("images", "push_manifest", client, content, ref, media_type=media_type)
    return response


async def delete_manifest(client: AsyncRegistryClientV2, digest: str) -> None:
    """Delete a manifest with `images.delete_manifest`."""
    await call("images", "delete_manifest", client, digest)


async def list_referrers(
    client: AsyncRegistryClientV2, subject: str = SUBJECT, artifact_type: str | None = None
) -> list[Descriptor]:
    """Return the referrers of a subject."""
    return [one async for one in client.iter_referrers(subject, artifact_type=artifact_type)]


async def referrer_digests(client: AsyncRegistryClientV2) -> set[str]:
    """Return the digests of the referrers of the subject."""
    return {one.digest for one in await list_referrers(client)}


def referrer_manifest(number: int = 0, artifact_type: str | None = SIGNATURE, subject: str = SUBJECT) -> bytes:
    """Return a manifest with a subject."""
    document = json.loads(IMAGE.oci) | {
        "annotations": {"number": str(number), "org.example.text": "ünïcode \u2028"},
        "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": len(IMAGE.oci)},
    }
    if artifact_type is not None:
        document["artifactType"] = artifact_type
    return json.dumps(document).encode()
