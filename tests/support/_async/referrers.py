"""Clients of repositories with a subject, and functions that push, list and delete its referrers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.client.manifest_results import PutManifestResponse
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v2.models import Descriptor
from tests.support.referrers_registries import IMAGE, MAX_RETRIES, SUBJECT, ReferrersRegistry


@pytest.fixture
async def repository_client(
    referrers_registry: ReferrersRegistry, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a repository for this test only, which has the subject."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower()).strip("-")
    repo_url = f"{referrers_registry.url}/tests/{'-'.join(filter(None, name.split('-')))}"
    async with AsyncRegistryClientV2(repo_url, max_retry_wait=0.01) as connected:
        await push_subject(connected)
        yield connected


@pytest.fixture
async def client_without_referrers(registry_without_referrers: EmbeddedRegistry) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a repository of `registry_without_referrers`, which has the subject."""
    url = f"{registry_without_referrers.url}/a/b"
    async with AsyncRegistryClientV2(url, max_retries=MAX_RETRIES, max_retry_wait=0.01) as connected:
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
    """Push a manifest with `client.put_manifest`."""
    return await client.put_manifest(content, ref, media_type=media_type)


async def delete_manifest(client: AsyncRegistryClientV2, digest: str) -> None:
    """Delete a manifest with `client.delete_manifest`."""
    await client.delete_manifest(digest)


async def list_referrers(
    client: AsyncRegistryClientV2, subject: str = SUBJECT, artifact_type: str | None = None
) -> list[Descriptor]:
    """Return the referrers of a subject."""
    return [one async for one in client.iter_referrers(subject, artifact_type=artifact_type)]


async def referrer_digests(client: AsyncRegistryClientV2) -> set[str]:
    """Return the digests of the referrers of the subject."""
    return {one.digest for one in await list_referrers(client)}
