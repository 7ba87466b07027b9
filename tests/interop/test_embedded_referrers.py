"""Referrers on the embedded registry: subjects, the index of their referrers, its filter and its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.v2.api import delete_manifest, list_referrers, put_manifest
from docker_registry_sdk.v2.models import Descriptor
from tests.interop.test_push_and_pull import upload_blobs
from tests.support.images import OCI_INDEX, OCI_MANIFEST, descriptor, digest_of, make_image
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.validation import Exchanges

pytestmark = pytest.mark.only_on("embedded")

IMAGE = make_image()
SUBJECT = digest_of(IMAGE.oci)
SIGNATURE, SBOM = "application/vnd.example.signature", "application/vnd.example.sbom"


def artifact(artifact_type: str, number: int) -> bytes:
    """Return the manifest of an artifact about IMAGE."""
    document = json.loads(IMAGE.oci)
    about = {"subject": descriptor(OCI_MANIFEST, IMAGE.oci), "annotations": {"number": str(number)}}
    return json.dumps({**document, "artifactType": artifact_type, **about}).encode()


def push_artifact(http: httpx.Client, repo: str, artifact_type: str, number: int = 1) -> str:
    """Push an artifact about IMAGE, and return its digest."""
    content = artifact(artifact_type, number)
    pushed = put_manifest.sync(http, repo, digest_of(content), content, content_type=OCI_MANIFEST)
    assert pushed.oci_subject == SUBJECT
    return digest_of(content)


def digests(manifests: list[Descriptor]) -> set[str]:
    """Return the digests of descriptors."""
    return {each.digest for each in manifests}


def test_a_manifest_without_referrers_has_an_empty_index(http: httpx.Client, repo: str) -> None:
    answer = list_referrers.sync(http, repo, SUBJECT)
    assert (answer.media_type, answer.body.manifests) == (OCI_INDEX, [])
    assert (answer.next_url, answer.oci_filters_applied) == (None, None)


def test_referrers_have_type_and_annotations(http: httpx.Client, repo: str) -> None:
    upload_blobs(http, repo, IMAGE)
    put_manifest.sync(http, repo, "v1", IMAGE.oci, content_type=OCI_MANIFEST)
    signature = push_artifact(http, repo, SIGNATURE)
    sbom = push_artifact(http, repo, SBOM, 2)

    answer = list_referrers.sync(http, repo, SUBJECT)

    found = {str(each.digest): each for each in answer.body.manifests}
    assert found.keys() == {signature, sbom}
    assert (found[sbom].artifact_type, found[sbom].media_type) == (SBOM, OCI_MANIFEST)
    assert found[sbom].annotations == {"number": "2"}
    assert found[sbom].size == len(artifact(SBOM, 2))

    delete_manifest.sync(http, repo, sbom)
    assert digests(list_referrers.sync(http, repo, SUBJECT).body.manifests) == {signature}


def test_the_filter_is_applied_and_named_in_the_header(http: httpx.Client, repo: str) -> None:
    upload_blobs(http, repo, IMAGE)
    signature = push_artifact(http, repo, SIGNATURE)
    push_artifact(http, repo, SBOM)
    answer = list_referrers.sync(http, repo, SUBJECT, artifact_type=SIGNATURE)
    assert answer.oci_filters_applied == ["artifactType"]
    assert digests(answer.body.manifests) == {signature}
    assert list_referrers.sync(http, repo, SUBJECT, artifact_type="application/none").body.manifests == []


@pytest.fixture
def paged(exchanges: Exchanges) -> Iterator[EmbeddedRegistry]:
    """A registry with two referrers per page."""
    with EmbeddedRegistry(settings=RegistrySettings(page_limit=2)) as registry:
        yield registry


def test_referrers_come_in_pages_that_keep_the_filter(paged: EmbeddedRegistry, exchanges: Exchanges) -> None:
    with httpx.Client(base_url=paged.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as http:
        upload_blobs(http, "a/b", IMAGE)
        signatures = {push_artifact(http, "a/b", SIGNATURE, number) for number in range(5)}
        for number in range(3):
            push_artifact(http, "a/b", SBOM, number)

        page = list_referrers.sync(http, "a/b", SUBJECT, artifact_type=SIGNATURE)
        pages = [digests(page.body.manifests)]
        while page.next_url is not None:
            page = list_referrers.sync(http, "a/b", SUBJECT, next_url=page.next_url)
            assert page.oci_filters_applied == ["artifactType"]
            pages.append(digests(page.body.manifests))
    assert [len(each) for each in pages] == [2, 2, 1]
    assert set().union(*pages) == signatures


@pytest.mark.anyio
async def test_referrers_come_in_pages_async(paged: EmbeddedRegistry, exchanges: Exchanges, anyio_backend: str) -> None:
    with httpx.Client(base_url=paged.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges)) as http:
        upload_blobs(http, "a/b", IMAGE)
        pushed = {push_artifact(http, "a/b", SBOM, number) for number in range(3)}
    transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(), exchanges)
    async with httpx.AsyncClient(base_url=paged.url, transport=transport) as client:
        first = await list_referrers.asyncio(client, "a/b", SUBJECT)
        assert first.next_url is not None
        second = await list_referrers.asyncio(client, "a/b", SUBJECT, next_url=first.next_url)
    assert second.next_url is None
    assert digests([*first.body.manifests, *second.body.manifests]) == pushed
