"""Registries with and without the referrers API, for the tests of clients, images and artifacts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import frozen

from docker_registry_sdk.media_types import OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, SetHeader, Status
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
        requires_subject: Whether it rejects manifests whose subject does not exist.
    """

    url: str
    has_api: bool
    embedded: EmbeddedRegistry | None = None
    requires_subject: bool = False


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
        yield ReferrersRegistry(embedded.url, request.param == "api", embedded, requires_subject=request.param == "gitlab")


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


def referrer_manifest(number: int = 0, artifact_type: str | None = SIGNATURE, subject: str = SUBJECT) -> bytes:
    """Return a manifest with a subject."""
    document = json.loads(IMAGE.oci) | {
        "annotations": {"number": str(number), "org.example.text": "ünïcode \u2028"},
        "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": len(IMAGE.oci)},
    }
    if artifact_type is not None:
        document["artifactType"] = artifact_type
    return json.dumps(document).encode()
