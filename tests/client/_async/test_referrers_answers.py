"""Answers to requests for referrers that mean that the registry has no referrers API, so that the fallback tag is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import ParseError, TransportError
from docker_registry_sdk.media_types import OCI_INDEX, OCI_MANIFEST
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, RedirectTo
from docker_registry_sdk.testing.faults.responses import CapturedResponse
from docker_registry_sdk.testing.profiles.effects import ChangeResponse
from tests.core.wire.loopback import Handler, run_loopback
from tests.support._async.referrers import delete_manifest, list_referrers, push_manifest, referrer_digests
from tests.support.images import digest_of
from tests.support.referrers_registries import SUBJECT, disable_referrers_api, referrer_manifest

pytestmark = pytest.mark.anyio
REFERRER = digest_of(referrer_manifest())
ENTRY = {"mediaType": OCI_MANIFEST, "digest": "sha256:" + "1" * 64, "size": 2}
BODIES = {
    "empty": b"",
    "html": b"<html>login</html>",
    "null": b"null",
    "object": b"{}",
    "list": b"[]",
    "number": b"1",
    "text": b'"manifests"',
    "nested": b"[" * 100_000,
    "errors": b'{"errors": [{"code": "UNSUPPORTED"}]}',
    "ORAS 1.0": b'{"referrers": []}',
    "no manifests": json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX}).encode(),
    "manifests of another kind": b'{"manifests": {"total": 1}}',
    "no version, no entries": b'{"manifests": []}',
    "no version, null": b'{"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": null}',
    "text as manifests": b'{"manifests": "none"}',
    "another media type": json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "manifests": []}).encode(),
    "not UTF-8": b"\xff\xfe{",
}
MALFORMED = b'{"manifests": [{"digest": "sha256:1"}]}'
INDEXES = {
    "index": {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [ENTRY]},
    "without media type": {"schemaVersion": 2, "manifests": [ENTRY]},
    "empty": {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []},
    "null": {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": None},
}


def own_answer(registry: EmbeddedRegistry, body: bytes, status: int = 200, media_type: str = "application/json") -> None:
    """Let the registry itself send a body to requests for referrers."""

    def change(response: CapturedResponse) -> None:
        response.status, response.body = status, body
        response.headers["content-type"], response.headers["content-length"] = media_type, str(len(body))

    registry.faults.clear()
    disable_referrers_api(registry, ChangeResponse({200}, change))


@pytest.mark.parametrize("kind", sorted(BODIES))
async def test_a_success_without_an_index(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2, kind: str
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest())
    for media_type in ("application/json", OCI_INDEX, "text/html"):
        own_answer(registry_without_referrers, BODIES[kind], media_type=media_type)
        assert await referrer_digests(client_without_referrers) == {REFERRER}
    await delete_manifest(client_without_referrers, REFERRER)
    assert await list_referrers(client_without_referrers) == []


@pytest.mark.parametrize("kind", sorted(INDEXES))
async def test_an_index_is_used_with_any_content_type(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2, kind: str
) -> None:
    await push_manifest(client_without_referrers, referrer_manifest())
    document: Any = INDEXES[kind]
    for media_type in ("application/json", OCI_INDEX, "text/plain"):
        own_answer(registry_without_referrers, json.dumps(document).encode(), media_type=media_type)
        found = [one.to_dict() for one in await list_referrers(client_without_referrers)]
        assert found == (document["manifests"] or [])


async def test_a_malformed_index_of_the_registry_is_an_error(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    for body in (MALFORMED, json.dumps({"manifests": [ENTRY]}).encode()):
        own_answer(registry_without_referrers, body)
        with pytest.raises(ParseError):
            await list_referrers(client_without_referrers)


STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 407, 418, 421, 429, 500, 501, 503, 599)
ANSWERS: dict[str, tuple[bytes, dict[str, str]]] = {
    "empty": (b"", {}),
    "html": (BODIES["html"], {"Content_Type": "text/html"}),
    "errors": (BODIES["errors"], {"Content_Type": "application/json"}),
    "no manifests": (BODIES["no manifests"], {"Content_Type": OCI_INDEX}),
    "malformed index": (MALFORMED, {"Content_Type": OCI_INDEX}),
    "large": (bytes(5_000_000), {}),
    "Basic": (b"", {"WWW_Authenticate": 'Basic realm="x"'}),
    "Bearer": (b"", {"WWW_Authenticate": 'Bearer realm="{other}/token",service="x"'}),
    "not gzip": (b"<html>", {"Content_Encoding": "gzip"}),
    "Retry-After": (b"", {"Retry_After": "3600"}),
    "redirects without end": (b"", {"Location": "{other}/again"}),
    "a redirect that is no URL": (b"", {"Location": "http://"}),
}


@pytest.mark.parametrize("status", STATUSES)
async def test_whatever_another_host_answers_the_fallback_tag_is_read(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2, status: int
) -> None:
    """GHCR answers with 303 to its web pages, which may answer anything."""
    await push_manifest(client_without_referrers, referrer_manifest())
    client = client_without_referrers.with_options(max_retries=0)
    body, headers = ANSWERS["html"]

    def send(handler: Handler) -> None:
        handler.reply(
            status, b"" if status == 204 else body, **{name: value.format(other=other.url) for name, value in headers.items()}
        )

    with run_loopback(send) as other:
        for moved in (301, 302, 303, 307, 308):
            registry_without_referrers.faults.clear()
            disable_referrers_api(registry_without_referrers, RedirectTo(other.url, status=moved))
            assert await referrer_digests(client) == {REFERRER}
        for name, (body, headers) in ANSWERS.items():  # noqa: B007 - the server sends them
            assert await referrer_digests(client) == {REFERRER}, name
        assert len(other.seen) >= 4 + len(ANSWERS)  # a 303 is not followed
        await delete_manifest(client_without_referrers, REFERRER)
        assert await list_referrers(client) == []


async def test_an_index_of_another_host_is_used(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    """Some registries redirect all reads to another registry."""
    await push_manifest(client_without_referrers, referrer_manifest())
    registry_without_referrers.faults.clear()
    with run_loopback(lambda handler: handler.reply(200, json.dumps(INDEXES["index"]).encode())) as other:
        disable_referrers_api(registry_without_referrers, RedirectTo(other.url))
        assert [one.digest for one in await list_referrers(client_without_referrers, SUBJECT)] == [ENTRY["digest"]]


async def test_another_host_that_does_not_answer_is_an_error(
    registry_without_referrers: EmbeddedRegistry, client_without_referrers: AsyncRegistryClientV2
) -> None:
    """The registry may have the API, and the network may be down."""
    await push_manifest(client_without_referrers, referrer_manifest())
    with run_loopback(lambda handler: handler.cut(b"")) as other:
        registry_without_referrers.faults.clear()
        registry_without_referrers.faults.add(Fault(RedirectTo(other.url), operation="list_referrers", times=None))
        with pytest.raises(TransportError):
            await list_referrers(client_without_referrers.with_options(max_retries=0))
