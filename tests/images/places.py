"""Registries that keep referrers, and registries that do not, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from attrs import frozen

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, SetHeader, Status
from tests.support.awaited import KINDS, connect
from tests.support.docker_registry import run_docker_registry
from tests.support.images import digest_of, make_image

UNKNOWN = "sha256:" + "0" * 64
IMAGE = make_image()
SUBJECT = digest_of(IMAGE.oci)
SIGNATURE = "application/vnd.example.signature"


@frozen
class Place:
    """A registry that keeps referrers, or does not.

    Attributes:
        url: Its address.
        api: Whether it has the referrers API.
        embedded: The embedded registry, when it is that.
    """

    url: str
    api: bool
    embedded: EmbeddedRegistry | None = None


@pytest.fixture(scope="module", params=["api", "no-api", "ghcr", "gitlab", "docker-registry"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Each kind of registry; GitLab's profile has the API, and gets it taken away."""
    if request.param == "docker-registry":
        with run_docker_registry(tmp_path_factory.mktemp("debian")) as debian:
            yield Place(debian.url, api=False)
        return
    with EmbeddedRegistry(profile=request.param if request.param in ("ghcr", "gitlab") else None, auth="none") as embedded:
        if request.param in ("no-api", "gitlab"):
            take_api_away(embedded)
        yield Place(embedded.url, request.param == "api", embedded)


def take_api_away(registry: EmbeddedRegistry, answer: Any = None) -> None:
    """Let a registry keep no referrers."""
    registry.faults.add(Fault(answer or Status(404), operation="list_referrers", times=None))
    registry.faults.add(Fault(SetHeader("oci-subject", None), operation="put_manifest", times=None))


@pytest.fixture
def bare() -> Iterator[EmbeddedRegistry]:
    """An embedded registry without the API, which only this test uses."""
    with EmbeddedRegistry(auth="none") as registry:
        take_api_away(registry)
        yield registry


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
async def client(
    place: Place, kind: str, request: pytest.FixtureRequest, anyio_backend: str
) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of a repository that only this test uses, with the image that is the subject."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower()).strip("-")
    async with connect(kind, f"{place.url}/tests/{'-'.join(filter(None, name.split('-')))}") as connected:
        await push_subject(connected)
        yield connected


@pytest.fixture
async def alone(bare: EmbeddedRegistry, kind: str, anyio_backend: str) -> AsyncIterator[AsyncRegistryClientV2]:
    """A client of the registry that only this test uses, with the image that is the subject."""
    async with connect(kind, f"{bare.url}/a/b", max_retries=0) as connected:
        await push_subject(connected)
        yield connected


async def push_subject(client: AsyncRegistryClientV2) -> None:
    for blob in (IMAGE.config, IMAGE.layer):
        await client.blob_upload(blob)
    await client.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)


def referrer(number: int = 0, artifact_type: str | None = SIGNATURE, subject: str = SUBJECT) -> bytes:
    """Return a manifest with a subject."""
    document = json.loads(IMAGE.oci) | {
        "annotations": {"number": str(number), "org.example.text": "ünïcode \u2028"},
        "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": len(IMAGE.oci)},
    }
    if artifact_type is not None:
        document["artifactType"] = artifact_type
    return json.dumps(document).encode()
